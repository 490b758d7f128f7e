import numpy as np
import pandas as pd
import pytest

from compared_runs import a_slice, run_of
from insight_runs import make_run
from leap_explorer.errors import ExplorerError
from leap_explorer.gate.judge import judge
from leap_explorer.gate.tests_file import GateTests, NoSliceWorse
from leap_explorer.insights.checks import Check
from leap_explorer.insights.filters import Condition

NOTHING = GateTests(())


@pytest.fixture
def base():
    samples = make_run(1_000, training=0, hard=np.tile([True, False], 500))
    return run_of(samples, [a_slice(samples)])


def worsened(run, share):
    """The same run with a share of the right predictions in the slice made wrong."""
    samples = run.samples.copy()
    right = np.flatnonzero(samples["metadata_hard"] & (samples["prediction"] == samples["ground_truth"]))
    chosen = right[: int(share * len(right))]
    other = samples["ground_truth"].map({"negative": "positive", "positive": "negative"})
    samples.loc[chosen, "prediction"] = other[chosen]
    return run_of(samples), samples["id"].iloc[chosen].tolist()


def test_a_run_is_no_worse_than_itself(base):
    verdicts = judge(base, NOTHING, base)
    assert [one.name.removeprefix("not worse than base: ") for one in verdicts] == [
        "all held-out samples",
        "label: negative",
        "label: positive",
        "hard: yes",
    ]
    assert all(one.outcome == "passed" for one in verdicts)


def test_a_worse_slice_fails_and_names_its_samples(base):
    new, ids = worsened(base, 0.3)
    failed = {one.name: one for one in judge(new, NOTHING, base) if one.outcome == "failed"}
    found = failed["not worse than base: hard: yes"]
    assert set(found.examples) <= set(ids)
    assert len(found.examples) == 5
    assert "in base: +2" in found.message
    assert "and +2.0 % is allowed, over the same 500 samples" in found.message


def test_what_chance_explains_fails_only_if_strict(base):
    new, _ = worsened(base, 0.04)
    limit = GateTests((), NoSliceWorse(0.02))
    assert all(one.outcome == "passed" for one in judge(new, limit, base))
    failed = [one.name for one in judge(new, limit, base, strict=True) if one.outcome == "failed"]
    assert failed[-1] == "not worse than base: hard: yes"


def test_the_limit_is_the_files(base):
    new, _ = worsened(base, 0.3)
    assert all(one.outcome == "passed" for one in judge(new, GateTests((), NoSliceWorse(0.5)), base))


def test_by_the_loss(base):
    new = run_of(base.samples.assign(loss=base.samples["loss"] + 0.5))
    verdicts = judge(new, GateTests((), NoSliceWorse(0.1, "loss")), base)
    assert all(one.outcome == "failed" for one in verdicts)
    assert "mean loss is 0.9" in verdicts[0].message


def test_other_samples_are_compared_as_groups(base):
    other = make_run(800, training=0, seed=1, hard=np.tile([True, False], 400))
    other = other.assign(id="x" + other["id"], input_hash=other["input_hash"] + 10_000)
    assert all(one.outcome == "passed" for one in judge(run_of(other), NOTHING, base))
    new, _ = worsened(run_of(other), 0.5)
    failed = [one for one in judge(new, NOTHING, base) if one.outcome == "failed"]
    assert "over 400 samples (500 in base)" in failed[-1].message
    assert len(failed[-1].examples) == 5


def test_failed_tests_name_samples(base):
    check = Check("hard", (Condition("metadata_hard", "==", True),), "loss", "mean", "<=", 0.1)
    (found,) = judge(base, GateTests((check,)))
    assert (found.group, found.name, found.outcome) == ("tests", "hard", "failed")
    worst = base.samples[base.samples["metadata_hard"]].nlargest(5, "loss")["id"]
    assert list(found.examples) == worst.tolist()


def test_listed_samples_that_are_gone(base):
    """A run of samples drawn anew has none of them; that nothing at all could be tested is no pass."""
    gone = Check("gone", (Condition("id", "in", ("x", "y")),), "loss", "mean", "<=", 0.1)
    kept = Check("kept", (Condition("id", "in", ("x", "s1")),), "loss", "mean", "<=", 100.0)
    tests = GateTests((gone, kept))
    assert [one.outcome for one in judge(base, tests)] == ["skipped", "passed"]
    assert [one.outcome for one in judge(base, tests, strict=True)] == ["failed", "passed"]
    with pytest.raises(ExplorerError, match="no test of this run's samples"):
        judge(base, GateTests((gone,)))


def test_the_level_is_of_all_tests_together(base):
    """Bonferroni: one test of 50 is at 99.9 %."""
    check = Check("a", (), "loss", "mean", "<=", 0.1)
    assert "(99.9 % interval" in judge(base, GateTests((check,) * 50))[0].message


def test_what_a_change_may_cost(base):
    new, ids = worsened(base, 0.5)
    made = new.samples.assign(id=new.samples["id"] + "~typos:rate=0.5", subset="additional")
    run = run_of(pd.concat([base.samples, made]).reset_index(drop=True))
    (found,) = judge(run, GateTests((), costs_at_most=0.05))
    assert (found.group, found.name, found.outcome) == ("robustness", "typos:rate=0.5", "failed")
    assert set(found.examples) <= set(ids)
    assert [one.outcome for one in judge(run, GateTests((), costs_at_most=0.4))] == ["passed"]
    with pytest.raises(ExplorerError, match="holds no test"):
        judge(base, GateTests((), costs_at_most=0.4))


def test_nothing_to_judge(base):
    with pytest.raises(ExplorerError, match="holds no test"):
        judge(base, NOTHING)
