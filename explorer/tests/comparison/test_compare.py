import json

import numpy as np
import pytest

from compared_runs import a_slice, run_of
from insight_runs import make_run
from leap_explorer.comparison.compare import compare, who_is_right
from leap_explorer.comparison.pairs import Pairs
from leap_explorer.comparison.report import (
    changed_samples,
    comparison_json,
    comparison_markdown,
    slice_rows,
)
from leap_explorer.comparison.sentences import sentences
from leap_explorer.errors import ExplorerError

OTHER = {"negative": "positive", "positive": "negative"}


@pytest.fixture
def base():
    hard = np.tile([True, False], 500)
    return make_run(1_000, training=200, hard=hard, source=np.where(np.arange(1_000) < 600, "a", "b"))


def mended(samples, share=1.0):
    """The wrong predictions of the hard ones made right, and three right ones of the others wrong."""
    new = samples.copy()
    held = new["subset"] == "validation"
    is_wrong = new["prediction"] != new["ground_truth"]
    fixed = np.flatnonzero(held & is_wrong & new["metadata_hard"])
    fixed = fixed[: int(share * len(fixed))]
    broken = np.flatnonzero(held & ~is_wrong & ~new["metadata_hard"])[:3]
    new.loc[fixed, "prediction"] = new["ground_truth"][fixed]
    new.loc[fixed, "loss"] = np.float32(0.1)
    new.loc[broken, "prediction"] = new["ground_truth"].map(OTHER)[broken]
    new.loc[broken, "loss"] = np.float32(3.0)
    return new, set(new["id"].iloc[fixed]), set(new["id"].iloc[broken])


def test_every_sample_that_changed_is_told(base):
    new, fixed, broken = mended(base)
    found = compare(run_of(base), run_of(new))
    table = changed_samples(found)
    by_outcome = {name: set(rows["id"]) for name, rows in table.groupby("outcome")}
    is_wrong = (base["prediction"] != base["ground_truth"]) & (base["subset"] == "validation")
    assert by_outcome == {"fixed": fixed, "broken": broken, "still wrong": set(base["id"][is_wrong]) - fixed}
    assert table["outcome"].drop_duplicates().tolist() == ["fixed", "broken", "still wrong"]
    of_fixed = table[table["outcome"] == "fixed"]
    assert (of_fixed["loss_base"] - of_fixed["loss_new"]).is_monotonic_decreasing
    assert found.outcomes.both_right + len(table) == 800
    assert found.error.value == pytest.approx((len(broken) - len(fixed)) / 800)


def test_the_slice_that_changed_is_sure_and_no_other(base):
    new, fixed, _ = mended(base)
    found = compare(run_of(base), run_of(new))
    first = found.slices[0]
    assert first.slice.name == "hard: yes"
    assert (first.is_sure, len(first.slice.rows[0])) == (True, 400)
    assert first.change.value == pytest.approx(-len(fixed) / 400)
    assert first in found.sure(is_worse=False)
    assert found.sure(is_worse=True) == []


def test_nothing_is_sure_where_nothing_changed(base):
    found = compare(run_of(base), run_of(base))
    assert [one.p for one in found.slices] == [1.0] * len(found.slices)
    assert changed_samples(found)["outcome"].unique().tolist() == ["still wrong"]
    assert found.calibration[2].value == 0.0


def test_a_slice_under_two_names_is_looked_at_once(base):
    twice = base.assign(metadata_again=base["metadata_hard"])
    count = len(compare(run_of(base), run_of(base)).slices)
    assert len(compare(run_of(twice, [a_slice(twice)]), run_of(twice)).slices) == count


def test_by_chance_no_slice_is_sure():
    """Of 40 pairs of equally good models, on ten columns of noise each, at most two have a sure slice (5 %: 2)."""
    alarms = 0
    for seed in range(40):
        generator = np.random.default_rng(seed)
        noise = {f"n{number}": generator.normal(size=400) for number in range(10)}
        first, second = make_run(400, training=0, seed=seed, **noise), make_run(400, training=0, seed=seed, **noise)
        flipped = generator.random(400) < 0.1
        for samples, mask in ((first, flipped), (second, generator.permutation(flipped))):
            samples.loc[mask, "prediction"] = samples["prediction"].map(OTHER)[mask]
        alarms += any(one.is_sure for one in compare(run_of(first), run_of(second)).slices)
    assert alarms <= 4


def test_sentences(base):
    new, fixed, broken = mended(base)
    who, counts, loss, better, worse = sentences(compare(run_of(base), run_of(new)))
    assert who.startswith("new is wrong on ")
    assert "of the 800 held-out samples of both" in who
    still = ((base["prediction"] != base["ground_truth"]) & (base["subset"] == "validation")).sum() - len(fixed)
    assert (
        counts == f"new fixes {len(fixed)} errors of base and breaks {len(broken)} others; {still} are wrong in both."
    )
    assert loss.startswith("The mean loss changes by -0.")
    assert "the calibration error by" in loss
    assert "surely better in" in better
    assert "hard: yes (error rate -" in better
    assert "In none of" in worse


def test_different_samples(base):
    other = make_run(700, training=100, seed=1, hard=np.tile([True, False], 350), source=["a", "b"] * 350)
    other = other.assign(id="x" + other["id"], input_hash=other["input_hash"] + 10_000)
    found = compare(run_of(base), run_of(other))
    assert (found.outcomes, found.calibration) == (None, None)
    assert len(changed_samples(found)) == 0
    told = sentences(found)
    assert "of its 600 held-out samples (other ones)" in told[0]
    assert "McNemar" not in told[0]
    assert len(told) == 4


def test_a_regression_is_compared_by_its_loss(base):
    numbers = base.assign(ground_truth=1.0, prediction=1.5).drop(
        columns=["probability_negative", "probability_positive"]
    )
    worse = numbers.assign(loss=numbers["loss"] + numbers["metadata_hard"] * np.float32(0.5))
    found = compare(run_of(numbers), run_of(worse))
    assert found.error is None
    assert found.sure(is_worse=True)[0].slice.name == "hard: yes"
    assert sentences(found)[0].startswith("new has a mean loss of ")
    assert slice_rows(found)[0][0] == "hard: yes"


def test_other_tasks_are_refused(base):
    other = run_of(base)
    other.info["labels"] = ["a", "b"]
    with pytest.raises(ExplorerError, match="different tasks"):
        compare(run_of(base), other)


def test_nothing_held_out(base):
    training = base.assign(subset="training")
    with pytest.raises(ExplorerError, match="no labelled sample"):
        compare(run_of(training), run_of(training))


def test_training_data(base):
    new = base[10:].copy()
    row = new.index[new["subset"] == "training"][0]
    new.loc[row, "ground_truth"] = OTHER[new.loc[row, "ground_truth"]]
    runs = run_of(base), run_of(new)
    runs[0].info["data_sha256"], runs[1].info["data_sha256"] = "a", "b"
    found = compare(*runs).training_data
    assert (found.added, found.removed, found.relabelled, found.shared) == (0, 10, (new["id"][row],), 190)
    assert found.sentence() == (
        "Of the training samples 0 were added, 10 removed and 1 relabelled; 189 are as they were."
    )
    runs[1].info["data_sha256"] = "a"
    assert compare(*runs).training_data is None


def test_json_and_markdown(base):
    hostile = base.assign(id=base["id"] + "|<b>")
    new, fixed, _ = mended(hostile)
    found = compare(run_of(hostile), run_of(new))
    data = json.loads(json.dumps(comparison_json(found), allow_nan=False))
    assert data["outcomes"]["fixed"] == len(fixed)
    assert data["matched"] == {
        "by_id": 1000, "by_input_hash": 0, "only_base": 0, "only_new": 0, "held_out": [800, 800], "paired": True,
    }  # fmt: skip
    assert {one["id"] for one in data["samples"] if one["outcome"] == "fixed"} == fixed
    assert data["slices"][0]["found_in"] == "metadata"
    text = comparison_markdown(found)
    assert "| hard: yes | 400 |" in text
    assert "\\|\\<b\\>" in text
    assert "|<b>" not in text


def test_what_has_no_label_or_failed_is_neither_fixed_nor_broken(base):
    new, fixed, broken = mended(base)
    new.loc[new["id"].isin([*list(fixed)[:1], *list(broken)[:1]]), "prediction"] = None
    pairs = Pairs.of(base, new)
    every = who_is_right(pairs, (pairs.matching.base, pairs.matching.new))
    assert (len(every.fixed), len(every.broken)) == (len(fixed) - 1, len(broken) - 1)
    few = who_is_right(pairs, (pairs.matching.base[:200], pairs.matching.new[:200]))
    assert len(few.fixed) + len(few.broken) == 0
