"""What an evaluation makes of some tasks; `tests/browser/test_kinds.py` has a toy of each kind."""

import numpy as np
import pytest

from leap_explorer.errors import ExplorerError
from leap_explorer.evaluation.evaluate import evaluate
from leap_explorer.evaluation.plan import Options
from leap_explorer.runs.figures import figures
from task_toys import write_task_toy

OPTIONS = {"projection": "pca", "workers": 1}
pytestmark = pytest.mark.slow


def evaluated(folder, x, y, weights, outputs, changes=(), **options):
    model = write_task_toy(folder / "toy", x, y, weights, outputs, changes)
    return evaluate(folder / "toy", model, folder / "run", Options(**OPTIONS, **options))


def test_there_is_no_such_output(tmp_path):
    labels = np.arange(40) % 2
    outputs = {"size": ["size"], "kind": ["no", "yes"]}
    with pytest.raises(ExplorerError, match="There is no output shape; there are: size, kind"):
        evaluated(
            tmp_path, np.eye(2)[labels] + 0.1, np.eye(2)[labels], [[[1.0], [2.0]], np.eye(2)], outputs, output="shape"
        )


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
