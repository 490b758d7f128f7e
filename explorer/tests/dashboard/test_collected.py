"""Collections are kept, merged and subtracted as sets of samples, and choose them in any run of the same data."""

import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard_data import made_context, made_data, made_frame
from leap_explorer.dashboard import collected
from leap_explorer.dashboard.state import State, from_params, to_params, with_condition
from leap_explorer.errors import ExplorerError
from leap_explorer.insights.filters import Condition

DATA = made_data()


def mask_of(*rows):
    return np.isin(np.arange(DATA.n), rows)


def chosen(folder, *conditions):
    context = replace(made_context(DATA), state_folder=folder)
    return np.flatnonzero(context.filtered(State(filter=conditions))).tolist()


def only(name):
    return Condition("collection", "==", name)


def test_a_selection_is_kept_with_its_note_and_is_a_filter(tmp_path):
    assert collected.keep(tmp_path, "  hard   ones ", " ask Ada\n", DATA, mask_of(1, 4)) == "hard ones"
    kept = collected.collections(tmp_path)["hard ones"]
    assert (kept.note, kept.n, kept.samples) == ("ask Ada", 2, {"training": ["b2"], "test": ["a1"]})
    assert chosen(tmp_path, only("hard ones")) == [1, 4]  # not row 0, whose id is that of row 4 in another subset
    assert chosen(tmp_path, Condition("collection", "!=", "hard ones")) == [0, 2, 3]
    assert chosen(tmp_path, only("hard ones"), Condition("subset", "==", "test")) == [4]


@pytest.mark.parametrize(
    ("first", "second"), [({0, 1}, {2, 4}), ({0, 1, 4}, {1, 2}), ({0, 2, 4}, {2}), ({1}, {0, 1}), ({0, 4}, {0, 4})]
)
def test_merging_and_subtracting_are_those_of_sets(tmp_path, first, second):
    folder = tmp_path
    for name, rows in (("a", first), ("b", second)):
        collected.keep(folder, name, "", DATA, mask_of(*rows))
    a, b = only("a"), only("b")
    assert chosen(folder, a, b) == sorted(first & second)
    assert chosen(folder, a, Condition("collection", "!=", "b")) == sorted(first - second)
    assert chosen(folder, Condition("collection", "in", ("a", "b"))) == sorted(first | second)
    collected.merge(folder, "a", collected.ids(DATA, mask_of(*second)))
    assert chosen(folder, a) == sorted(first | second)
    assert collected.collections(folder)["a"].n == len(first | second)
    collected.subtract(folder, "a", collected.ids(DATA, mask_of(*second)))
    assert chosen(folder, a) == sorted(first - second)
    collected.forget(folder, "a")
    assert list(collected.collections(folder)) == ["b"]


def test_several_collections_combine_in_the_filter_and_survive_the_address():
    a, b = only("a"), Condition("collection", "!=", "b")
    both = with_condition((a,), b)
    assert both == (a, b)
    assert with_condition(both, only("b")) == (a, only("b"))
    assert from_params(to_params(State(filter=both))).filter == both


def test_a_collection_that_is_gone_chooses_nothing_away_and_does_not_fit(tmp_path):
    context = replace(made_context(DATA), state_folder=tmp_path)
    assert not context.fits(DATA, only("gone"))
    assert chosen(tmp_path, only("gone")) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "\ud800", "a\x00b"])
def test_no_name_is_told(tmp_path, name):
    with pytest.raises(ExplorerError, match="name"):
        collected.keep(tmp_path, name, "", DATA, mask_of(1))
    assert not (tmp_path / collected.FILE).exists()


def test_a_taken_name_an_empty_selection_and_a_lost_collection_are_told(tmp_path):
    collected.keep(tmp_path, "a", "", DATA, mask_of(1))
    with pytest.raises(ExplorerError, match="already"):
        collected.keep(tmp_path, "a", "", DATA, mask_of(2))
    with pytest.raises(ExplorerError, match="nothing to keep"):
        collected.keep(tmp_path, "b", "", DATA, mask_of())
    with pytest.raises(ExplorerError, match="any more"):
        collected.merge(tmp_path, "b", {})
    assert chosen(tmp_path, only("a")) == [1]


def test_what_is_no_collection_is_passed_over_and_kept(tmp_path):
    strange = {"a": 3, "b": {"note": 1}, "c": {"note": "", "made": "", "samples": {"test": [1]}}}
    (tmp_path / collected.FILE).write_text(json.dumps(strange))
    assert collected.collections(tmp_path) == {}
    collected.keep(tmp_path, "d", "", DATA, mask_of(1))
    assert list(json.loads((tmp_path / collected.FILE).read_text())) == ["a", "b", "c", "d"]


def test_exports_hold_every_sample_and_no_formula(tmp_path):
    frame = made_frame().assign(id=pd.array(["=1+1", "b2", "c3", "d4", "a1"], dtype="string"))
    data = made_data(frame)
    collected.keep(tmp_path, "=cmd|' /c calc'!A0", "<script>", data, mask_of(0, 4))
    collected.merge(tmp_path, "=cmd|' /c calc'!A0", {"elsewhere": ["z9"]})
    one = collected.collections(tmp_path)["=cmd|' /c calc'!A0"]
    table = pd.read_csv(io.StringIO(collected.as_csv(data, one)))
    assert table["id"].tolist() == ["'=1+1", "a1", "z9"]
    assert table["loss"].round(3).tolist()[:2] == [0.1, 0.1]
    assert pd.isna(table["loss"][2])
    told = json.loads(collected.as_json(one))
    assert told["samples"] == {"training": ["=1+1"], "test": ["a1"], "elsewhere": ["z9"]}
    assert told["note"] == "<script>"


KEEPS = """
import sys
from pathlib import Path
from leap_explorer.dashboard import collected
for number in range(20):
    collected.merge(Path(sys.argv[1]), "a", {"test": [f"{sys.argv[2]}-{number}"]})
"""


def test_two_processes_lose_no_sample(tmp_path):
    collected.keep(tmp_path, "a", "", DATA, mask_of(1))
    others = [subprocess.Popen([sys.executable, "-c", KEEPS, str(tmp_path), name]) for name in "xy"]
    assert [one.wait() for one in others] == [0, 0]
    assert collected.collections(Path(tmp_path))["a"].n == 41
