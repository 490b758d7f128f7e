"""What is read of an integration. Code-loader keeps one integration a process, so each is opened in its own."""

import json
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from code_loader.contract.datasetclasses import ConfusionMatrixElement, PreprocessResponse
from code_loader.contract.enums import ConfusionMatrixValue, DataStateEnum, DataStateType

from leap_explorer.contract.integration import Integration
from leap_explorer.contract.wiring import Output, Source, Tensors, WiredFunction
from leap_explorer.errors import ExplorerError
from toys import environment, write_onnx_toy

FACTS = """
import json, sys
from pathlib import Path
from leap_explorer.contract.integration import Integration

integration = Integration(Path(sys.argv[1]))
metrics = {metric.name: metric for metric in integration.metrics}
facts = {
    "subsets": {name: [len(ids), ids[0]] for name, ids in integration.subsets.items()},
    "inputs": integration.model_inputs,
    "losses": [loss.name for loss in integration.losses],
    "metrics": list(metrics),
    "arguments": {key: [source.kind, source.key] for key, source in metrics["fussy"].arguments.items()},
    "visualizers": [visualizer.name for visualizer in integration.visualizers],
    "text": integration.text_visualizer.name,
    "outputs": [[output.name, list(output.labels), output.channel_dim] for output in integration.outputs],
    "truths": integration.truths_of(0),
    "metadata": integration.metadata_types,
    "descriptions": {name: [one.title, one.meaning] for name, one in integration.descriptions.items()},
    "latent_spaces": list(integration.latent_spaces),
    "accuracy": integration.metric_facts(metrics["accuracy"], "accuracy"),
    "absolute": integration.metric_facts(metrics["errors"], "errors_absolute"),
    "truth": integration.metric_facts(metrics["errors"], "errors_truth"),
    "unlabelled": list(integration.ground_truths("unlabeled", "unlabeled-0000")),
    "truth_of_first": integration.ground_truths("training", "training-0000")["truth"].tolist(),
    "words": integration.words(integration.sample("training", "training-0002")),
    "sha256": integration.code_sha256(),
}
print("FACTS" + json.dumps(facts))
"""


OPEN = """
import sys
from pathlib import Path
from leap_explorer.contract.integration import ExplorerError, Integration

try:
    Integration(Path(sys.argv[1]))
except ExplorerError as error:
    print("SAID", error)
"""


def read_facts(folder):
    result = subprocess.run(
        [sys.executable, "-c", FACTS, str(folder)], env=environment(), capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.partition("FACTS")[2].splitlines()[0])


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("contract")
    write_onnx_toy(folder)
    return folder, read_facts(folder)


@pytest.mark.slow
class TestFacts:
    def test_samples(self, toy):
        folder, facts = toy
        counts = {"training": [160, "training-0000"], "validation": [160, "validation-0000"]}
        assert facts["subsets"] == {**counts, "unlabeled": [20, "unlabeled-0000"]}
        samples = {sample["id"]: sample for sample in json.loads((folder / "samples.json").read_text())}
        assert facts["words"] == samples["training-0002"]["words"]
        assert facts["truth_of_first"] == np.eye(2)[samples["training-0000"]["label"]].tolist()
        assert facts["unlabelled"] == []

    def test_wiring(self, toy):
        _, facts = toy
        assert facts["inputs"] == ["tokens", "attention_mask"]
        assert facts["losses"] == ["cross_entropy"]
        assert facts["metrics"] == ["accuracy", "errors", "confusion", "fussy", "filled"]
        assert facts["arguments"] == {"tokens": ["input", "tokens"], "prediction": ["prediction", 0]}
        assert facts["visualizers"] == ["first", "words", "bars"]
        assert facts["truths"] == ["truth"]
        assert facts["outputs"] == [["sentiment", ["negative", "positive"], -1]]
        assert facts["latent_spaces"] == ["counts"]

    def test_text_is_what_shows_most_words(self, toy):
        assert toy[1]["text"] == "words"

    def test_types_and_directions(self, toy):
        _, facts = toy
        assert facts["metadata"] == {
            "length": "int",
            "stars": "int",
            "good_share": "float",
            "twisted": "bool",
            "first_word": "string",
            "set_distinct": "int",
            "set_repetition": "float",
            "set_repeats": "bool",
            "set_longest": "string",
        }
        assert facts["descriptions"]["accuracy"] == ["", "Share of right predictions."]
        assert facts["descriptions"]["length"] == ["", "Words."]
        assert facts["descriptions"]["set_distinct"] == ["distinct words", "How many there are."]
        assert facts["descriptions"]["set_repeats"] == ["", "Whether any occurs twice."]
        assert facts["accuracy"] == ["up", True]
        assert facts["absolute"] == ["down", True]
        assert facts["truth"] == ["up", False]

    def test_hash_is_of_what_is_pushed(self, toy):
        folder, facts = toy
        (folder / "notes.txt").write_text("not in the bundle")
        assert read_facts(folder)["sha256"] == facts["sha256"]
        (folder / "helper.py").write_text("# in it\n")
        assert read_facts(folder)["sha256"] != facts["sha256"]


class TestSettings:
    @pytest.mark.parametrize(
        ("leap_yaml", "message"),
        [
            (None, "is no Tensorleap integration"),
            ("entryFile: [", "is not valid YAML"),
            ("entryFile: !!python/object/apply:os.mkdir [harm]", "is not valid YAML"),
            ("- a\n- b\n", "names no entryFile"),
            ("projectId: x\n", "names no entryFile"),
            ("entryFile: [[leap.py]]\n", "names no entryFile"),
            ("entryFile: gone.py\n", "names the entryFile gone.py, which is not there"),
        ],
    )
    def test_errors(self, tmp_path, leap_yaml, message):
        if leap_yaml is not None:
            (tmp_path / "leap.yaml").write_text(leap_yaml)
        with pytest.raises(ExplorerError, match=message):
            Integration(tmp_path)

    def test_no_folder(self, tmp_path):
        with pytest.raises(ExplorerError, match="is no Tensorleap integration"):
            Integration(tmp_path / "nowhere")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda code: code.partition("@tensorleap_integration_test()\n")[0],
            "declares no @tensorleap_integration_test",
        ),
        (lambda code: code + "\ndef broken(:\n", "is not valid"),
        (lambda code: code.replace('json.loads((HERE / "samples.json")', "json.loads((HERE / 'no.json')"), "no.json"),
    ],
    ids=["no integration test", "syntax error", "preprocess raises"],
)
def test_invalid_integration(tmp_path, change, message):
    write_onnx_toy(tmp_path)
    entry = tmp_path / "integration.py"
    entry.write_text(change(entry.read_text()))
    result = subprocess.run(
        [sys.executable, "-c", OPEN, str(tmp_path)], env=environment(), capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    said = result.stdout.partition("SAID")[2]
    assert message in said
    assert "Stacktrace" not in said


class TestTensors:
    function = WiredFunction(
        "f", "f", {"a": Source("input", "x"), "b": Source("ground_truth", "y"), "c": Source("prediction", 1)}
    )
    x, y, first, second = (np.full(2, value) for value in range(4))

    def test_by_source(self):
        found = Tensors({"x": self.x}, {"y": self.y}, [self.first, self.second]).of(self.function)
        assert found is not None
        assert found["a"] is self.x
        assert found["b"] is self.y
        assert found["c"] is self.second

    def test_missing(self):
        assert Tensors({"x": self.x}, {}, [self.first, self.second]).of(self.function) is None
        assert Tensors({"x": self.x}, {"y": self.y}, [self.first]).of(self.function) is None


class TestNames:
    """Without an integration."""

    def of(self, outputs=(), responses=()):
        integration = object.__new__(Integration)
        integration.__dict__["outputs"] = list(outputs)
        integration.loader = SimpleNamespace(_preprocess_result=lambda: dict(responses))
        return integration

    def test_output(self):
        integration = self.of([Output("size"), Output("kind", ("a", "b"))])
        assert [integration.output_index(name) for name in (None, "size", "kind", "1")] == [0, 0, 1, 1]
        with pytest.raises(ExplorerError, match="There is no output 2; there are: size, kind"):
            integration.output_index("2")

    def test_two_labels_of_one_name(self):
        with pytest.raises(ExplorerError, match="names the label 'same' more than once"):
            self.of([Output("kind", ("same", "same"))]).output_index(None)

    def test_elements_are_no_samples(self):
        response = PreprocessResponse(sample_ids=["a", "b"], state=DataStateType.training)
        response.sample_ids = ["a", "b", "a_0", "a_1"]
        response.instance_to_sample_ids_mappings = {"a_0": "a", "a_1": "a"}
        assert self.of(responses={DataStateEnum.training: response}).subsets == {"training": ["a", "b"]}

    def test_groups_are_taken_apart(self):
        response = PreprocessResponse(sample_ids=[["a", "b"], ["c"]], state=DataStateType.training)
        assert self.of(responses={DataStateEnum.training: response}).subsets == {"training": ["a", "b", "c"]}

    @pytest.mark.parametrize(
        ("entry", "names", "order"),
        [
            ("model.run(None, {'ids': tokens, 'seen': mask})", ["seen", "ids"], ["mask", "tokens"]),
            ("model(tokens, mask)", ["mask", "tokens"], ["mask", "tokens"]),
            ("model(tokens, mask)", ["a", "b"], ["tokens", "mask"]),
        ],
    )
    def test_inputs_are_matched_by_name(self, tmp_path, entry, names, order):
        (tmp_path / "entry.py").write_text(entry)
        integration = self.of()
        integration.folder, integration.entry = tmp_path, "entry.py"
        integration.__dict__["model_inputs"] = ["tokens", "mask"]
        assert integration.inputs_of(SimpleNamespace(format="onnx", input_names=names)) == order
        assert integration.inputs_of(SimpleNamespace(format="keras", input_names=names)) == ["tokens", "mask"]
        with pytest.raises(ExplorerError, match="The model has 1 inputs; the integration feeds it 2"):
            integration.inputs_of(SimpleNamespace(format="onnx", input_names=["a"]))

    def test_inputs_of_another_model(self, tmp_path):
        (tmp_path / "entry.py").write_text("model.run(None, {'ids': tokens})")
        integration = self.of()
        integration.folder, integration.entry = tmp_path, "entry.py"
        integration.__dict__["model_inputs"] = ["tokens"]
        with pytest.raises(ExplorerError, match="feeds the inputs ids; those of the model are x"):
            integration.inputs_of(SimpleNamespace(format="onnx", input_names=["x"]))

    def test_two_samples_of_one_id(self):
        response = PreprocessResponse(sample_ids=["a", "b", "a"], state=DataStateType.training)
        with pytest.raises(ExplorerError, match="training has the id 'a' more than once"):
            _ = self.of(responses={DataStateEnum.training: response}).subsets


class TestMetricValues:
    def values(self, result, count=2):
        """What `run_metric` makes of a metric's result, without an integration."""
        integration = object.__new__(Integration)
        integration.loader = SimpleNamespace(run_metric=lambda *arguments: result)
        metric = WiredFunction("m", "m", {})
        found = Integration.run_metric(integration, metric, np.arange(count), "training", {})
        return {name: values.tolist() for name, values in found.columns.items()}

    def test_array(self):
        assert self.values(np.array([0.5, 1.0])) == {"m": [0.5, 1.0]}

    def test_list_with_none(self):
        found = self.values([0.5, None])["m"]
        assert found[0] == 0.5
        assert np.isnan(found[1])

    def test_dict(self):
        assert self.values({"a": np.ones(2), "b": [0.0, 2.0]}) == {"m_a": [1.0, 1.0], "m_b": [0.0, 2.0]}

    def test_confusion(self):
        positive, negative = ConfusionMatrixValue.Positive, ConfusionMatrixValue.Negative
        rows = [
            [ConfusionMatrixElement("a", positive, 0.9), ConfusionMatrixElement("b", negative, 0.1)],
            [ConfusionMatrixElement("a", positive, 0.5), ConfusionMatrixElement("b", negative, 0.6)],
        ]
        counts = {"true_positives": [1, 0], "true_negatives": [1, 0], "false_negatives": [0, 1]}
        counts["false_positives"] = [0, 1]
        assert self.values(rows) == {f"m_{kind}": values for kind, values in counts.items()}
        named = self.values({"c": rows})
        assert named["m_c_false_positives"] == [0, 1]

    def test_wrong_shape(self):
        with pytest.raises(ValueError, match=r"m gives an array of shape \(3,\) for 2 samples"):
            self.values(np.zeros(3))
