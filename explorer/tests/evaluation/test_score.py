"""Rows from made-up samples, with an integration and a model of a few lines."""

from pathlib import Path

import numpy as np
import pytest

from leap_explorer.contract.docstrings import Description
from leap_explorer.contract.metric_values import MetricValues
from leap_explorer.contract.wiring import Output, Source, WiredFunction
from leap_explorer.errors import ExplorerError
from leap_explorer.evaluation.encode import EncodedSample
from leap_explorer.evaluation.schema import find_schema
from leap_explorer.evaluation.score import score
from leap_explorer.runs.task import Task

TRUTH, PREDICTION = Source("ground_truth", "y"), Source("prediction", 0)


class Linear:
    """Outputs are x times 2; latent vectors are x. Refuses samples that hold a 13."""

    format, input_names, n_outputs = "onnx", ("x",), 1

    def latent_source(self, output=0):
        return "x"

    def predict(self, inputs, output=0):
        (x,) = inputs
        if (x == 13).any():
            raise RuntimeError("no 13")
        return [2 * x], x.astype(np.float32)


class Toy:
    """An integration as far as scoring needs it."""

    folder = Path("there")
    losses = (WiredFunction("squared", "squared", {"truth": TRUTH, "prediction": PREDICTION}),)
    metrics = (WiredFunction("gap", "gap", {"truth": TRUTH, "prediction": PREDICTION}),)
    metadata_types = {"size": "int"}  # noqa: RUF012 - as the real one's, it is not changed
    descriptions = {"gap": Description("distance", "How far off.")}  # noqa: RUF012
    text_visualizer = None
    latent_spaces = {}  # noqa: RUF012
    model_spaces = ()
    elements = element_metrics = ()

    def __init__(self, labels=("a", "b"), samples=()):
        self.outputs = [Output("out", tuple(labels or ()))]
        self.by_key = {(sample.subset, sample.id): sample for sample in samples}

    def inputs_of(self, model):
        return ["x"]

    def output_index(self, name):
        return 0

    def truths_of(self, output):
        return ["y"]

    def metric_facts(self, metric, column):
        return "down", True

    def run_loss(self, loss, ids, subset, arguments):
        return ((arguments["truth"] - arguments["prediction"]) ** 2).reshape(len(ids), -1).sum(axis=1)

    def run_metric(self, metric, ids, subset, arguments):
        if "odd" in ids:
            raise ValueError("odd")
        gap = np.abs(arguments["truth"] - arguments["prediction"]).reshape(len(ids), -1).max(axis=1)
        return MetricValues({"gap": gap}, {})


def sample(sample_id, x, y=None, subset="training", **facts):
    truths = {} if y is None else {"y": np.asarray(y, dtype=np.float32)}
    metadata = {"size": facts.pop("size", None)}
    return EncodedSample(subset, sample_id, {"x": np.asarray(x, dtype=np.float32)}, truths, metadata, **facts)


def schema_of(toy, samples):
    return find_schema(toy, Linear(), samples, "model")


def rows(samples, toy=None):
    toy = toy or Toy()
    good = [sample("p1", [1, 0], [1, 0], size=1), sample("p2", [0, 1], [0, 1], size=2)]
    table = score(toy, Linear(), schema_of(toy, good), samples)
    return table.to_pylist()


class TestScore:
    def test_values(self):
        (row,) = rows([sample("s", [1, 0.5], [0, 1], size=7, input_hash=2**64 - 1)])
        assert (row["id"], row["subset"], row["error"], row["metadata_size"]) == ("s", "training", None, 7)
        assert (row["ground_truth"], row["prediction"]) == ("b", "a")
        assert row["loss"] == 4.0  # (0 - 2)^2 + (1 - 1)^2
        assert row["metric_gap"] == 2.0
        assert row["probability_a"] == pytest.approx(np.exp(2) / (np.exp(2) + np.exp(1)), rel=1e-6)
        assert row["probability_a"] + row["probability_b"] == pytest.approx(1)
        assert row["latent"] == [1.0, 0.5]
        assert row["input_hash"] == 2**64 - 1

    def test_class_number_as_truth(self, monkeypatch):
        monkeypatch.setattr(
            Toy, "losses", (WiredFunction("squared", "squared", {"truth": TRUTH, "prediction": TRUTH}),)
        )
        monkeypatch.setattr(Toy, "metrics", ())
        found = rows([sample("s", [1, 0], [1]), sample("t", [1, 0], [5]), sample("u", [1, 0], [])])
        assert [row["ground_truth"] for row in found] == ["b", None, None]

    def test_unlabelled(self):
        (row,) = rows([sample("s", [1, 0], subset="unlabeled")])
        assert (row["ground_truth"], row["loss"], row["metric_gap"], row["error"]) == (None, None, None, None)
        assert row["prediction"] == "a"

    def test_labelled_and_not_in_one_chunk(self):
        found = rows([sample("s", [1, 0]), sample("t", [0, 1], [0, 1])])
        assert [row["loss"] for row in found] == [None, 1.0]
        assert [row["prediction"] for row in found] == ["a", "b"]

    def test_encoder_failed(self):
        found = rows([EncodedSample("training", "bad", error="OSError: x"), sample("t", [0, 1], [0, 1])])
        assert_failed(found[0], "OSError: x")
        assert found[1]["loss"] == 1.0

    def test_all_failed(self):
        (row,) = rows([EncodedSample("training", "bad", error="OSError: x")])
        assert_failed(row, "OSError: x")

    def test_metric_fails_for_one(self):
        found = rows([sample("s", [0, 1], [0, 1]), sample("odd", [0, 1], [0, 1]), sample("t", [1, 0], [1, 0])])
        assert_failed(found[1], "gap: ValueError: odd")
        assert [found[0]["metric_gap"], found[2]["metric_gap"]] == [1.0, 1.0]

    def test_model_fails_for_one(self):
        found = rows([sample("s", [0, 1], [0, 1]), sample("bad", [13, 1], [0, 1]), sample("t", [3, 0], [1, 0])])
        assert_failed(found[1], "The model: RuntimeError: no 13")
        assert [found[0]["loss"], found[2]["loss"]] == [1.0, 25.0]
        assert found[2]["latent"] == [3.0, 0.0]

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_output_that_is_not_finite(self, value):
        found = rows([sample("s", [0, 1], [0, 1]), sample("bad", [value, 1], [0, 1])])
        assert_failed(found[1], f"Not finite: the model's output out is {value}")
        assert (found[0]["loss"], found[0]["error"]) == (1.0, None)

    def test_loss_that_is_not_finite(self):
        found = rows([sample("s", [0, 1], [0, 1]), sample("bad", [0, 1], [np.nan, 1])])
        assert_failed(found[1], "Not finite: the loss squared is nan")
        assert found[0]["error"] is None

    @pytest.mark.parametrize("place", [0, 1])
    def test_another_shape(self, place):
        samples = [sample("s", [0, 1], [0, 1]), sample("t", [1, 0], [1, 0])]
        samples.insert(place, sample("bad", [1, 2, 3], [0, 1]))
        found = rows(samples)
        assert_failed(found.pop(place), "The input x has the shape (3,), not (2,)")
        assert [row["error"] for row in found] == [None, None]


def assert_failed(row, message):
    """The error stands there, and nothing else but what the sample is."""
    assert row["error"] == message
    known = {name for name, value in row.items() if value is not None and name not in ("input_hash", "latent")}
    assert known == {"id", "subset", "error"}
    assert np.isnan(row["latent"]).all()


class TestSchema:
    def test_classifier(self):
        schema = schema_of(Toy(), [sample("s", [1, 0], [1, 0])])
        assert schema.labels == ("a", "b")
        assert schema.task == Task("single-label", ("a", "b"), "logits", "out", 0, "y")
        assert (schema.dimensions, schema.latent_source, schema.has_text) == (2, "x", False)
        columns = schema.columns()
        assert columns["metric_gap"] == {
            "title": "distance",
            "role": "metric",
            "type": "float",
            "direction": "down",
            "computes_insights": True,
            "description": "How far off.",
        }
        assert columns["loss"]["direction"] == "down"
        assert columns["metadata_size"]["type"] == "int"
        assert "title" not in columns["metadata_size"]
        assert not {"map_x", "cluster", "outlier_score"} & set(schema.scored)
        assert set(schema.scored) < set(columns)

    def test_probabilities(self):
        assert schema_of(Toy(), [sample("s", [0.1, 0.4], [1, 0])]).task.activation == "probabilities"

    def test_regression(self):
        toy = Toy(labels=None)
        samples = [sample("s", [1], [3]), sample("t", [2], [4])]
        schema = schema_of(toy, samples)
        assert schema.labels is None
        assert schema.task.kind == "regression"
        found = score(toy, Linear(), schema, samples).to_pylist()
        assert [(row["ground_truth"], row["prediction"], row["loss"]) for row in found] == [
            (3.0, 2.0, 1.0),
            (4.0, 4.0, 0.0),
        ]

    def test_confusion_counts_have_no_direction(self, monkeypatch):
        kinds = ("true_positives", "false_positives", "true_negatives", "false_negatives")
        monkeypatch.setattr(
            Toy, "run_metric", lambda *_: MetricValues({f"gap_{kind}": np.zeros(1) for kind in kinds}, {})
        )
        columns = schema_of(Toy(), [sample("s", [1, 0], [1, 0])]).columns()
        assert {columns[f"metric_gap_{kind}"]["role"] for kind in kinds} == {"confusion"}
        assert {columns[f"metric_gap_{kind}"]["direction"] for kind in kinds} == {None}

    def test_samples_of_several_shapes(self):
        samples = [sample("s", [1, 2, 3], [1, 0]), sample("t", [1, 0], [1, 0]), sample("u", [0, 1], [1, 0])]
        assert schema_of(Toy(), samples).input_shapes == {"x": (2,)}

    @pytest.mark.parametrize(
        ("samples", "message"),
        [
            ([EncodedSample("training", "s", error="OSError: gone")], "No sample can be read; the first says: OSError"),
            ([sample("s", [13, 0], [1, 0])], r"does not take the integration's inputs \(x \(2,\)\): no 13"),
            ([sample("odd", [1, 0], [1, 0])], "The metric gap fails for every sample tried: odd"),
        ],
    )
    def test_errors(self, samples, message):
        with pytest.raises(ExplorerError, match=message):
            schema_of(Toy(), samples)

    def test_no_loss(self, monkeypatch):
        monkeypatch.setattr(Toy, "losses", ())
        with pytest.raises(ExplorerError, match="calls no loss"):
            schema_of(Toy(), [sample("s", [1, 0], [1, 0])])
