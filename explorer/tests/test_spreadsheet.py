"""Tables for people: no cell is a formula, and what is read back is what was written."""

import csv
import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard_data import made_data
from leap_explorer.explain.texts import RunTexts
from leap_explorer.insights import Insight, write_csvs
from leap_explorer.runs.run import Run
from leap_explorer.spreadsheet import MARK, is_formula, to_csv, unquoted
from leap_explorer.tables.files import read_table

SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d")
FORMULAS = [f"{sign}cmd|' /C calc'!A0" for sign in SIGNS]
CELLS = st.text(st.sampled_from("=+-@\t\r\n',\"a1.\u00e9\uff0d "), max_size=6)


def cells_of(content):
    return [cell for row in csv.reader(io.StringIO(content, newline="")) for cell in row]


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_is_a_formula(formula):
    content = to_csv(pd.DataFrame({"id": ["a", formula], "text": [formula, "'quoted' already"], "loss": [-0.5, 2.0]}))
    assert not any(map(is_formula, cells_of(content)))


@pytest.mark.parametrize("harmless", ["-1", "+1.5", "-.5e-3", "a=b", "", "1-2", "'"])
def test_what_is_harmless_stays(harmless):
    content = to_csv(pd.DataFrame({"label": [harmless], "loss": [-0.5]}))
    assert cells_of(content) == ["label", "loss", harmless, "-0.5"]


def test_the_file_says_in_which_rows_apostrophes_were_added():
    content = to_csv(pd.DataFrame({"id": ["=1", "'2", None]}))
    assert cells_of(content) == ["id", MARK, "'=1", "yes", "'2", "", "", ""]


def test_somebody_elses_apostrophes_stay():
    theirs = pd.DataFrame({"text": ["'=1", "'tis"]})
    assert unquoted(theirs) is theirs


@given(st.lists(st.tuples(CELLS, CELLS), max_size=5))
def test_any_cells_come_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    path.write_text(to_csv(pd.DataFrame(rows, columns=["a", "b"])), encoding="utf-8", newline="")
    assert read_table(path).to_numpy().tolist() == [list(row) for row in rows]


def test_insights_and_labels_are_written_so(tmp_path):
    samples = pd.DataFrame({"id": FORMULAS, "subset": "test", "ground_truth": "=1+1", "loss": -1.0})
    filtered = [{"column": "subset", "operator": "==", "value": "test"}]
    facts = {"kind": "low_performance", "severity": 0.1, "n_samples": 8, "n_total": 8, "evidence": {}}
    insight = Insight.from_dict({"id": "one", "title": "@SUM(A1)", "filter": filtered, **facts})
    for path in write_csvs([insight], samples, tmp_path / "csv"):
        assert not any(map(is_formula, cells_of(path.read_text(encoding="utf-8"))))
    (tmp_path / "run").mkdir()
    run = Run(tmp_path / "run", made_data().run.info)
    vars(run)["samples"] = samples
    pd.DataFrame({"id": FORMULAS, "text": FORMULAS}).to_parquet(tmp_path / "run" / "texts.parquet")
    content = RunTexts([run]).label_csv([])
    assert not any(map(is_formula, cells_of(content)))
    (tmp_path / "corrected.csv").write_text(content, encoding="utf-8", newline="")
    assert read_table(tmp_path / "corrected.csv")["text"].tolist() == FORMULAS
