"""The error rates of a slice, and of the others, by model."""

import json

import pandas as pd
import plotly

from dashboard_data import made_context, made_data, made_frame
from leap_explorer.dashboard.state import State
from leap_explorer.dashboard.views.insights.slice_figures import slice_figures
from leap_explorer.insights import Condition, Insight

SLICE = Insight("a", "low_performance", "Title.", 0.2, 2, 5, {}, (Condition("metadata_words", ">=", 7),))


def _held_out(**predictions):
    frame = made_frame().assign(subset="test", id=["a1", "b2", "c3", "d4", "e5"])
    frame["loss"] = pd.array([0.1, 0.9, 0.2, None, 0.1], dtype="Float32")
    return frame.assign(**predictions)


def _rows(content):
    """The table's rows, as text: model, side, what the bar says, rate, samples."""
    parts = json.loads(json.dumps(content[1], cls=plotly.utils.PlotlyJSONEncoder))
    body = parts["props"]["children"]["props"]["children"][1]["props"]["children"]
    cells = [[cell["props"]["children"] for cell in row["props"]["children"]] for row in body]
    return [[one if isinstance(one, str) else one["props"]["aria-label"] for one in row] for row in cells]


def test_each_model_has_its_own_rates_on_the_same_samples():
    other = pd.array(["yes", "yes", "yes", None, "no"], dtype="string")
    context = made_context(made_data(_held_out()), made_data(_held_out(prediction=other), name="other"))
    rows = _rows(slice_figures(context, State(), SLICE))
    assert [[row[0], row[1], row[3], row[4]] for row in rows] == [
        ["toy", "this slice", "50.0 %", "2"],
        ["toy", "the others", "0.0 %", "1"],
        ["other", "this slice", "50.0 %", "2"],
        ["other", "the others", "100.0 %", "1"],
    ]
    assert rows[0][2].startswith("50.0 % wrong, interval 9.5 % to 90.5 %")


def test_nothing_for_other_kinds_and_other_columns():
    context = made_context(made_data(_held_out()))
    assert slice_figures(context, State(), Insight("a", "duplication", "T.", 0.2, 2, 5, {}, SLICE.filter)) == []
    absent = Insight("a", "low_performance", "T.", 0.2, 2, 5, {}, (Condition("metadata_absent", "==", 1),))
    assert slice_figures(context, State(), absent) == []


def test_nothing_where_nothing_is_right_or_wrong():
    regression = _held_out(ground_truth=[1.0] * 5, prediction=[0.5] * 5)
    assert slice_figures(made_context(made_data(regression, labels=())), State(), SLICE) == []
