"""Integrations of several kinds of task, evaluated without a special case; the figures by hand."""

import numpy as np
import pytest

from leap_explorer.errors import ExplorerError
from leap_explorer.evaluation.evaluate import Options, evaluate
from leap_explorer.runs.figures import figures
from task_toys import write_task_toy

OPTIONS = {"projection": "pca", "workers": 1}
pytestmark = pytest.mark.slow


def evaluated(folder, x, y, weights, outputs, changes=(), **options):
    model = write_task_toy(folder / "toy", x, y, weights, outputs, changes)
    return evaluate(folder / "toy", model, folder / "run", Options(**OPTIONS, **options))


def test_tokens_and_elements(tmp_path):
    """Three classes a token, of which the model tells two; a metric counts boxes by label."""
    generator = np.random.default_rng(0)
    y = generator.integers(0, 3, (40, 5))
    weights = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0]])  # the third is taken for the second
    run = evaluated(tmp_path, np.eye(3)[y], y, [weights], {"tags": ["o", "b", "i"]})
    assert (run.task.kind, run.task.labels, run.task.ground_truth) == ("positions", ("o", "b", "i"), "y")
    (right,) = figures(run.task, run.samples)
    assert right.estimate.value == pytest.approx((y != 2).mean())
    counts = run.confusions.groupby(["matrix", "truth", "prediction"])["count"].sum()
    assert counts["positions", "i", "b"] == (y == 2).sum()
    assert ("positions", "i", "i") not in counts
    car = (y[:, 0] == 0).sum()  # its probability is 1 there
    assert counts["boxes", "car", "true_positives"] == car
    assert counts["boxes", "car", "false_negatives"] == 40 - car
    assert counts["boxes", "dog", "false_positives"] == 40
    assert run.info["labels"] is None


def test_of_two_outputs_one_is_chosen(tmp_path):
    """A number first and a classifier second; its truth is that of the second."""
    labels = np.arange(40) % 2
    x = np.eye(2)[labels] + 0.1
    outputs = {"size": ["size"], "kind": ["no", "yes"]}
    run = evaluated(tmp_path, x, np.eye(2)[labels], [[[1.0], [2.0]], np.eye(2)], outputs, output="kind")
    assert (run.task.kind, run.task.output, run.task.output_index) == ("single-label", "kind", 1)
    assert figures(run.task, run.samples)[0].estimate.value == 1.0
    toy = tmp_path / "toy"
    with pytest.raises(ExplorerError, match="There is no output shape; there are: size, kind"):
        evaluate(toy, toy / "model.onnx", tmp_path / "other", Options(**OPTIONS, output="shape"))


def test_multi_label_and_what_is_not_finite(tmp_path):
    generator = np.random.default_rng(0)
    y = generator.integers(0, 2, (40, 3))
    x = 0.2 + 0.6 * y
    x[7] = np.nan
    run = evaluated(tmp_path, x, y, [np.eye(3)], {"labels": ["a", "b", "c"]})
    assert run.task.kind == "multi-label"
    assert run.samples["error"].notna().sum() == 1
    assert run.samples["error"][7] == "Not finite: the model's output labels is nan"
    assert figures(run.task, run.samples)[0].estimate.value == 1.0
    assert "mislabeled" in run.skipped_insights


def test_a_model_of_nan_finishes(tmp_path):
    run = evaluated(tmp_path, np.full((12, 2), np.nan), np.eye(2)[np.arange(12) % 2], [np.eye(2)], {"kind": ["a", "b"]})
    assert run.samples["error"].notna().all()
    assert figures(run.task, run.samples) == []
