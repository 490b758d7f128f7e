"""The status of insights, their exports, and their evidence in words."""

import io
import json
from pathlib import Path

import pandas as pd
import pytest

from leap_explorer.dashboard.views.insights import status as review
from leap_explorer.dashboard.views.insights.evidence import (
    chance_in_words,
    effect_in_words,
    evidence_in_words,
    side_value,
    sides,
)
from leap_explorer.errors import ExplorerError
from leap_explorer.insights import Check, Condition, Insight, load_checks
from leap_explorer.runs.run import Run

FILTER = (Condition("subset", "==", "validation"),)


def _insight(name, kind="low_performance", subkind=None, test=None, **evidence):
    return Insight(name, kind, f"Title of {name}", 0.2, 5, 50, evidence, FILTER, subkind, [], test)


def _run(fingerprint="f00d", name="run"):
    info = {"columns": {}, "fingerprint": fingerprint} if fingerprint else {"columns": {}}
    return Run(Path("runs") / name, info)


TEST = Check("a", FILTER, "metric_accuracy", "mean", ">=", 0.91234)
COUNT = Check("b", FILTER, None, "count", "<=", 7.0)


def test_a_status_is_kept_by_run_and_insight(tmp_path):
    folder = tmp_path / "new"
    assert review.read_statuses(folder, _run()) == {}
    review.set_status(folder, _run(), "a", "approved")
    review.set_status(folder, _run(), "b", "archived")
    review.set_status(folder, _run("beef"), "a", "in review")
    assert review.read_statuses(folder, _run()) == {"a": "approved", "b": "archived"}
    assert review.read_statuses(folder, _run("beef")) == {"a": "in review"}
    review.set_status(folder, _run(), "a", "open")
    assert review.read_statuses(folder, _run())["a"] == "open"
    assert [path.name for path in folder.iterdir()] == [review.FILE]


def test_a_run_without_a_fingerprint_goes_by_name(tmp_path):
    review.set_status(tmp_path, _run(None, "dense"), "a", "approved")
    assert json.loads((tmp_path / review.FILE).read_text(encoding="utf-8")) == {"dense": {"a": "approved"}}


def test_what_is_no_status_is_refused_and_passed_over(tmp_path):
    with pytest.raises(ValueError, match="great"):
        review.set_status(tmp_path, _run(), "a", "great")
    (tmp_path / review.FILE).write_text('{"f00d": {"a": "great", "b": "approved"}}', encoding="utf-8")
    assert review.read_statuses(tmp_path, _run()) == {"b": "approved"}


def test_a_broken_file_is_named(tmp_path):
    (tmp_path / review.FILE).write_text("{", encoding="utf-8")
    with pytest.raises(ExplorerError, match=review.FILE):
        review.read_statuses(tmp_path, _run())


def test_insights_are_chosen_by_kind_and_status():
    first, second, third = _insight("a"), _insight("b", "duplication"), _insight("c", subkind="over_fitting")
    every, statuses = [first, second, third], {"b": "archived", "c": "approved"}
    assert review.chosen(every, statuses, "all", "all") == every
    assert review.chosen(every, statuses, "all", "current") == [first, third]
    assert review.chosen(every, statuses, "all", "open") == [first]
    assert review.chosen(every, statuses, "all", "archived") == [second]
    assert review.chosen(every, statuses, "over fitting", "all") == [third]
    assert review.chosen(every, statuses, "low performance", "approved") == []


def test_the_csv_has_statuses_and_tests():
    text = review.insights_csv([_insight("a", test=TEST), _insight("b", test=COUNT), _insight("c")], {"b": "approved"})
    table = pd.read_csv(io.StringIO(text), keep_default_na=False)
    assert table["status"].tolist() == ["open", "approved", "open"]
    assert table["test"].tolist() == [
        "mean accuracy of its samples at least 0.9123",
        "count of its samples at most 7",
        "",
    ]
    assert review.insights_csv([], {}).startswith("rank,id,kind,severity")


def test_the_json_is_what_the_command_reads(tmp_path):
    path = tmp_path / "tests.json"
    path.write_text(review.tests_json([_insight("a", test=TEST), _insight("c"), _insight("b", test=COUNT)]))
    assert load_checks(path) == [TEST, COUNT]
    path.write_text(review.tests_json([]))
    assert load_checks(path) == []


def test_sides_are_named_by_what_is_compared():
    assert sides(_insight("a")) == ("these samples", "the others")
    assert sides(_insight("a", subkind="over_fitting")) == ("held-out samples", "training samples")
    assert sides(_insight("a", "domain_gap", by="subset")) == ("this subset", "training samples")
    assert sides(_insight("a", "domain_gap", by="metadata_genre")) == ("these samples", "the others")


def test_no_evidence_gives_no_words():
    assert evidence_in_words(_insight("a")) == []
    assert evidence_in_words(_insight("a", excess_loss_share=0.0, unknown=3)) == []


def test_loss_and_errors_in_words():
    rate = {"errors": 5, "n": 50, "share": 0.1, "low": 0.043, "high": 0.214}
    words = dict(
        evidence_in_words(
            _insight(
                "a",
                loss_inside=0.5,
                loss_outside=0.75,
                difference={"value": -0.25, "low": -0.5, "high": 0.125},
                errors_inside=rate,
                errors_outside=None,
                p_value=0.04,
            )
        )
    )
    assert words["Loss"] == (
        "The mean is 0.5 for these samples and 0.75 for the others: 0.25 lower "
        "(95 % interval of the difference -0.5 to +0.125)."
    )
    assert words["Wrong predictions"] == "10.0 % (5 of 50; 95 % interval 4.3 to 21.4 %) of these samples."
    assert (
        words["Chance alone"] == "If nothing were behind it, so large a result would come up in about 4.0 % of cases."
    )


def test_a_difference_without_an_interval_is_called_uncertain():
    difference = {"value": 0.1, "low": None, "high": None}
    words = dict(evidence_in_words(_insight("a", loss_inside=0.5, loss_outside=0.4, difference=difference)))
    assert words["Loss"].endswith("there are too few to say how certain the difference is.")


def test_copies_labels_outliers_and_shifts_in_words():
    copies = dict(
        evidence_in_words(
            _insight(
                "a",
                "data_leakage",
                groups=1200,
                identical_groups=3,
                training_twins=9,
                different_ground_truths=2,
                near_identical_searched=True,
                near_identical_threshold=0.8,
            )
        )
    )
    assert copies["Groups"].startswith("1,200 groups of samples that repeat each other; in 3 of them")
    assert copies["In training"].startswith("9 training samples")
    assert copies["Contradictions"].startswith("2 groups")
    assert "80 %" in copies["What counts"]
    share = {"value": 0.05, "low": 0.02, "high": 0.1}
    labels = dict(evidence_in_words(_insight("a", "mislabeled", flips=5, ambiguous=2, share=share)))
    assert "5.0 % of the labels looked at (95 % interval 2.0 to 10.0 %); 2 more" in labels["Doubtful labels"]
    far = dict(
        evidence_in_words(
            _insight(
                "a",
                limit=1.5,
                share=share,
                expected_share=0.01,
                by_subset={"test": {"beyond": 5, "n": 100}},
                p_value=1e-9,
            )
        )
    )
    assert "above 1.5" in far["How many"]
    assert far["In test"] == "5 of 100 samples."
    assert "fewer than 1 of 10,000" in far["Chance alone"]
    row = {"column": "metadata_genre", "value": "drama", "distance": 0.25, "loss_share": 0.1}
    shifts = dict(evidence_in_words(_insight("a", "domain_gap", shifted=[row])))
    assert shifts["Genre is drama"].startswith("Distance of the two distributions 0.25")
    assert "10.0 % of the loss" in shifts["Genre is drama"]


def test_effects_have_a_size_and_a_direction():
    def words(value):
        return effect_in_words({"value": value, "low": value - 0.05, "high": value + 0.05})

    assert words(0.1).startswith("hardly any: 0.10 standard deviations higher (0.05 to 0.15)")
    assert words(-0.3).startswith("small: 0.30 standard deviations lower (0.25 to 0.35)")
    assert words(0.6).startswith("medium")
    assert words(-2.0).startswith("large")


def test_chance_is_a_frequency():
    assert chance_in_words(0.0312) == "in about 3.1 % of cases"
    assert chance_in_words(0.0) == "in fewer than 1 of 10,000 cases"


def test_shares_and_means_of_both_sides():
    assert side_value({"value": "drama", "inside": 0.25}, "inside") == "25.0 %"
    assert side_value({"value": None, "inside": 12.34567}, "inside") == "12.35"
    assert side_value({"value": None, "inside": 3.0}, "inside") == "3"
