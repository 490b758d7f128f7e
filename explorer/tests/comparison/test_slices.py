import numpy as np
import pytest

from compared_runs import a_slice, run_of
from insight_runs import make_run
from leap_explorer.comparison.slices import Runs, everything, found_slices, label_slices
from leap_explorer.errors import ExplorerError


@pytest.fixture
def base():
    hard = np.tile([True, False], 200)
    return make_run(400, hard=hard)


def test_the_same_samples_are_compared_one_by_one(base):
    new = base.iloc[::-1].reset_index(drop=True)
    runs = Runs.of(run_of(base, [a_slice(base)]), run_of(new))
    assert runs.pairs.is_paired
    (found,) = found_slices(runs, "base")
    assert found.name == "hard: yes"
    first, second = found.rows
    assert len(first) == 100
    assert base["id"].iloc[first].tolist() == new["id"].iloc[second].tolist()
    change = runs.pairs.change("loss", found.rows)
    assert (change.value, change.p) == (0.0, 1.0)


def test_different_samples_are_compared_as_groups(base):
    new = make_run(300, training=100, seed=1, hard=np.tile([True, False], 150)).assign(
        id=lambda one: "new-" + one["id"], input_hash=lambda one: one["input_hash"] + 10_000
    )
    runs = Runs.of(run_of(base, [a_slice(base)]), run_of(new))
    assert not runs.pairs.is_paired
    (found,) = found_slices(runs, "base")
    assert [len(rows) for rows in found.rows] == [100, 100]
    assert [len(rows) for rows in everything(runs).rows] == [200, 200]
    assert runs.pairs.change("error", found.rows).p > 0


def test_relabelled_samples_are_left_out(base):
    new = base.copy()
    row = base.index[base["subset"] == "validation"][0]
    new.loc[row, "ground_truth"] = "positive" if base.loc[row, "ground_truth"] == "negative" else "negative"
    runs = Runs.of(run_of(base), run_of(new))
    assert len(everything(runs).rows[0]) == 199
    assert [one.name for one in label_slices(runs)] == ["label: negative", "label: positive"]


def test_what_a_run_cannot_tell_is_left_out(base):
    other = base.drop(columns="metadata_hard").assign(id="x" + base["id"], input_hash=base["input_hash"] + 10_000)
    runs = Runs.of(run_of(base, [a_slice(base)]), run_of(other))
    assert found_slices(runs, "base") == []


def test_of_no_classifier_there_is_no_error(base):
    numbers = base.assign(ground_truth=1.0, prediction=1.5)
    runs = Runs.of(run_of(numbers), run_of(numbers))
    assert label_slices(runs) == []
    with pytest.raises(ExplorerError, match="compare the loss"):
        runs.pairs.change("error", runs.pairs.rows)
