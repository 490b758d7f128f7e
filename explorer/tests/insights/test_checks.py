import json

import numpy as np
import pandas as pd
import pytest

from insight_runs import make_run
from leap_explorer.errors import ExplorerError
from leap_explorer.insights.checks import Check, example_ids, load_checks, run_check, status_quo
from leap_explorer.insights.export import write_checks
from leap_explorer.insights.filters import Condition, select

LOSSES = [9.0, 9.0, 1.0, 2.0, 3.0, np.nan]
VALIDATION = (Condition("subset", "==", "validation"),)


@pytest.fixture
def samples():
    samples = make_run(6, training=2, loss=LOSSES)
    samples["cluster"] = [0, 0, 0, 1, 1, 1]
    return samples


def check(metric="loss", statistic="mean", operator="<=", value=2.0, conditions=VALIDATION):
    return Check("name", conditions, metric, statistic, operator, value)


@pytest.mark.parametrize(
    ("operator", "value", "passed"),
    [("<=", 2.0, True), ("<", 2.0, False), (">=", 2.0, True), (">", 2.0, False), ("<=", 1.99, False), (">", 1.9, True)],
)
def test_mean_of_the_known_values(samples, operator, value, passed):
    result = run_check(samples, check(operator=operator, value=value))
    assert (result.passed, result.measured, result.n) == (passed, 2.0, 3)
    assert result.message == (
        f"mean loss is 2 over 3 samples (subset is validation), and must be {operator} {f'{value:g}'}"
    )


def test_count_and_share(samples):
    count = run_check(samples, check(None, "count", "<=", 3))
    assert (count.passed, count.measured, count.n) == (False, 4.0, 4)
    share = run_check(samples, check(None, "share", "<=", 0.7))
    assert (share.passed, share.measured) == (True, pytest.approx(4 / 6))


@pytest.mark.parametrize("statistic", ["mean", "share"])
def test_no_sample_fails(samples, statistic):
    nobody = (Condition("subset", "==", "test"),)
    result = run_check(samples, check("loss" if statistic == "mean" else None, statistic, conditions=nobody))
    assert not result.passed
    assert result.measured is None
    assert "meets the filter (subset is test), so nothing was checked" in result.message


def test_no_known_value_fails(samples):
    result = run_check(samples, check(conditions=(Condition("id", "in", ("s5",)),)))
    assert not result.passed
    assert "No sample of this run with a known loss" in result.message


def test_samples_that_are_gone_are_counted_as_none(samples):
    result = run_check(samples, check(None, "count", "<=", 2, (Condition("id", "in", ("x", "y")),)))
    assert (result.passed, result.measured) == (True, 0.0)
    assert "0 of the 2 listed samples" in result.message


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"metric": "metric_none"}, "no column 'metric_none'"),
        ({"metric": "prediction"}, "values are strings"),
        ({"conditions": (Condition("metadata_none", ">", 1),)}, "no column 'metadata_none'"),
    ],
)
def test_a_run_without_the_column_fails(samples, changed, message):
    result = run_check(samples, check(**changed))
    assert not result.passed
    assert message in result.message


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"statistic": "median"}, "Unknown statistic 'median'"),
        ({"operator": "=="}, "Unknown operator '=='"),
        ({"value": "2"}, "is a number, not '2'"),
        ({"value": float("nan")}, "is a number"),
        ({"metric": None}, "needs a metric"),
        ({"statistic": "count"}, "needs a metric for a mean, and none"),
    ],
)
def test_no_check(changed, message):
    with pytest.raises(ExplorerError, match=message):
        check(**changed)


class TestBeyondChance:
    """With a level, a check fails only where its interval breaks the bound."""

    def test_few_samples_say_little(self, samples):
        strict, honest = (run_check(samples, check(value=1.9), level=level) for level in (None, 0.95))
        assert (strict.passed, honest.passed) == (False, True)
        # Student's interval of 1, 2 and 3: 2 -+ 4.303 / sqrt 3
        assert honest.message.endswith("; which chance could explain (95 % interval -0.4841 to 4.484)")

    def test_many_say_more(self):
        samples = make_run(2_000, training=0)
        found = run_check(samples, check(value=0.3), level=0.95)
        assert not found.passed
        assert "which is beyond chance (95 % interval 0.3" in found.message

    def test_from_below(self, samples):
        assert run_check(samples, check(operator=">=", value=4.0), level=0.95).passed
        assert not run_check(samples, check(operator=">=", value=5.0), level=0.95).passed

    def test_a_share_of_right_ones_has_wilsons_interval(self, samples):
        right = samples.assign(metric_accuracy=0.0)
        passed = [
            run_check(right, check("metric_accuracy", operator=">=", value=value), level=0.95).passed
            for value in (0.4, 0.6)
        ]
        assert passed == [True, False]  # none of four: up to 49 %

    def test_a_single_sample_says_nothing(self, samples):
        found = run_check(samples, check(value=0.5, conditions=(Condition("id", "in", ("s3",)),)), level=0.95)
        assert found.passed
        assert found.message.endswith("; a single sample says nothing")

    def test_a_share_has_an_interval_and_a_count_none(self, samples):
        assert run_check(samples, check(None, "share", "<=", 0.5), level=0.95).passed
        assert not run_check(samples, check(None, "share", "<=", 0.1), level=0.95).passed
        counted = run_check(samples, check(None, "count", "<=", 3), level=0.95)
        assert not counted.passed
        assert counted.message.endswith("must be <= 3")


class TestExamples:
    def test_the_worst_first(self, samples):
        assert example_ids(samples, check()) == ["s4", "s3", "s2", "s5"]
        assert example_ids(samples, check(operator=">=")) == ["s2", "s3", "s4", "s5"]
        assert example_ids(samples, check(None, "count")) == ["s2", "s3", "s4", "s5"]

    def test_no_more_than_five(self):
        assert len(example_ids(make_run(20, training=0), check())) == 5

    @pytest.mark.parametrize("changed", [{"metric": "metric_none"}, {"metric": "prediction"}])
    def test_of_what_the_run_lacks(self, samples, changed):
        assert example_ids(samples, check(**changed)) == []


class TestNotFinite:
    def test_it_fails_whatever_the_mean_of_the_others_is(self, samples):
        error = pd.array([None] * len(samples), dtype="string")
        error[int(np.flatnonzero(select(samples, VALIDATION))[0])] = "Not finite: the loss cross_entropy is nan"
        known = (*VALIDATION, Condition("error", "==", None))
        found = run_check(samples.assign(error=error), check("loss", "mean", "<=", 1e9, conditions=known))
        assert not found.passed
        assert "1 of these samples have a value that is not finite" in found.message

    def test_of_other_samples_it_does_not_matter(self, samples):
        error = pd.array([None] * len(samples), dtype="string")
        error[int(np.flatnonzero(~select(samples, VALIDATION))[0])] = "Not finite: the loss cross_entropy is nan"
        assert run_check(samples.assign(error=error), check("loss", "mean", "<=", 1e9, conditions=VALIDATION)).passed

    def test_infinite_values_of_earlier_versions(self, samples):
        worse = samples.assign(loss=samples["loss"].astype(float).where(~select(samples, VALIDATION), np.inf))
        assert not run_check(worse, check("loss", "mean", ">=", 0.0, conditions=VALIDATION)).passed


class TestStatusQuo:
    def test_holds_now_and_not_once_worse(self, samples):
        found = status_quo(samples, "name", VALIDATION)
        assert found.filter == VALIDATION
        assert 2.0 < found.value <= 3.0
        assert run_check(samples, found).passed
        assert not run_check(samples.assign(loss=samples["loss"] * 2), found).passed

    def test_from_below(self, samples):
        found = status_quo(samples, "name", VALIDATION, highest=False)
        assert found.operator == ">="
        assert 1.0 <= found.value < 2.0
        assert not run_check(samples.assign(loss=samples["loss"] / 3), found).passed

    def test_of_one_sample_is_its_value(self, samples):
        assert status_quo(samples, "name", (Condition("id", "in", ("s3",)),)).value == 2.0

    @pytest.mark.parametrize(
        "condition",
        [Condition("cluster", "==", 1), Condition("loss", ">", 1.5), Condition("probability_negative", ">", 0.5)],
    )
    def test_what_the_model_made_is_replaced_by_ids(self, samples, condition):
        found = status_quo(samples, "name", (*VALIDATION, condition))
        assert [one.column for one in found.filter] == ["subset", "id"]
        chosen = select(samples, (*VALIDATION, condition))
        assert select(samples, found.filter).tolist() == chosen.tolist()
        assert chosen.any()

    def test_that_the_loss_is_known_is_no_matter_of_the_model(self, samples):
        conditions = (*VALIDATION, Condition("loss", "!=", None))
        assert status_quo(samples, "name", conditions).filter == conditions


class TestFile:
    def test_round_trip(self, tmp_path):
        checks = [check(), check(None, "count", conditions=(Condition("id", "in", ["a", "é"]),))]
        assert load_checks(write_checks(checks, tmp_path / "checks.json")) == checks

    def test_of_insights(self, tmp_path):
        path = tmp_path / "insights.json"
        path.write_text(json.dumps([{"id": "x", "test": check().to_dict()}, {"id": "y", "test": None}]))
        assert load_checks(path) == [check()]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("{", "cannot be read"),
            ("{}", "no list of insights or checks"),
            ("[1]", "no list of insights or checks"),
            ('[{"id": "x"}]', "A check has the fields name, filter"),
            ('[{"test": {"name": 1}}]', "A check has the fields name, filter"),
        ],
    )
    def test_of_something_else(self, tmp_path, text, message):
        path = tmp_path / "insights.json"
        path.write_text(text)
        with pytest.raises(ExplorerError, match=message):
            load_checks(path)

    def test_with_a_filter_that_is_none(self, tmp_path):
        path = tmp_path / "insights.json"
        path.write_text(json.dumps([{**check().to_dict(), "filter": "everything"}]))
        with pytest.raises(ExplorerError, match="no list of conditions"):
            load_checks(path)

    def test_missing(self, tmp_path):
        with pytest.raises(ExplorerError, match="cannot be read"):
            load_checks(tmp_path / "insights.json")
