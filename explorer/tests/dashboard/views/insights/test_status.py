"""The status of insights, and their exports."""

import io
import json
from pathlib import Path

import pandas as pd
import pytest

from leap_explorer.dashboard.views.insights import status as review
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
    assert sorted(path.name for path in folder.iterdir()) == [f".{review.FILE}.lock", review.FILE]


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


def test_the_csv_has_statuses_and_guards():
    text = review.insights_csv([_insight("a", test=TEST), _insight("b", test=COUNT), _insight("c")], {"b": "approved"})
    table = pd.read_csv(io.StringIO(text), keep_default_na=False)
    assert table["status"].tolist() == ["open", "approved", "open"]
    assert table["guard"].tolist() == [
        "mean accuracy of its samples at least 0.9123",
        "count of its samples at most 7",
        "",
    ]
    assert review.insights_csv([], {}).startswith("rank,id,kind,severity")


def test_the_json_is_what_the_command_reads(tmp_path):
    path = tmp_path / "tests.json"
    path.write_text(review.guards_json([_insight("a", test=TEST), _insight("c"), _insight("b", test=COUNT)]))
    assert load_checks(path) == [TEST, COUNT]
    path.write_text(review.guards_json([]))
    assert load_checks(path) == []
