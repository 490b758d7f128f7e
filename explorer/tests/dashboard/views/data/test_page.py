"""The pure parts of the data view: which columns come first, groups, bars and points."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leap_explorer.dashboard.plots import profile_plots as plots
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.state import State
from leap_explorer.dashboard.views.data.look import (
    Look,
    axis_of,
    column_order,
    groups_of,
    look_of,
    metric_order,
    split_columns,
)
from leap_explorer.dashboard.views.data.page import covered, marked
from leap_explorer.errors import ExplorerError
from leap_explorer.runs.run import Run

ROLES = {"subset": "subset", "ground_truth": "ground_truth", "prediction": "prediction", "loss": "loss"}


def _data(frame):
    def role(name):
        return ROLES.get(name) or name.partition("_")[0]

    columns = {name: {"role": role(name)} for name in frame}
    run = Run(Path("nowhere"), {"columns": columns, "labels": ["no", "yes"]})
    run.__dict__["samples"] = frame
    run.__dict__["clusters"] = [{"cluster": 0, "name": "calm"}, {"cluster": 1, "name": "loud"}]
    return RunData(run, "run")


@pytest.fixture
def data():
    return _data(
        pd.DataFrame(
            {
                "id": list("abcdef"),
                "subset": ["training"] * 3 + ["validation"] * 3,
                "ground_truth": ["no", "yes", "no", "yes", None, "no"],
                "prediction": ["no", "no", "no", "yes", "yes", "no"],
                "loss": [0.1, 0.9, 0.2, 0.3, np.nan, 0.4],
                "metadata_length": [1, 2, 3, 4, 5, 6],
                "metadata_polarity_disagrees": [True, False, True, False, True, False],
                "metadata_genre": ["x", "y", "x", "x", "y", None],
                "metadata_oov_count": [0.0, 1.0, np.inf, 2.0, 5.0, np.nan],
                "metadata_share": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
                "cluster": pd.array([0, 1, 0, 1, 0, 1], dtype="Int16"),
                "error": pd.array([None] * 6, dtype="string"),
            }
        )
    )


EVERY = np.ones(6, dtype=bool)


def test_unknown_words_and_polarity_come_first(data):
    assert column_order(data)[:4] == [
        "metadata_oov_count",
        "metadata_polarity_disagrees",
        "metadata_length",
        "metadata_genre",
    ]
    assert {"loss", "cluster", "correctness"} <= set(column_order(data))
    assert len(column_order(data)) == len(set(column_order(data)))
    assert metric_order(data) == ["loss"]
    assert split_columns(data) == ["ground_truth", "subset", "correctness"]


def test_settings_that_the_run_does_not_have_are_replaced(data):
    default = Look("metadata_oov_count", "loss", "none", "ranges", "strength")
    assert look_of(data, State()) == default
    gone = {"data.column": "metadata_gone", "data.metric": "gone", "data.by": "id", "data.show": "?", "data.sort": "?"}
    assert look_of(data, State(extra=tuple(gone.items()))) == default
    wanted = {"data.column": "cluster", "data.by": "subset", "data.show": "samples", "data.sort": "n"}
    assert look_of(data, State(extra=tuple(wanted.items()))) == Look("cluster", "loss", "subset", "samples", "n")


def test_a_run_with_nothing_to_compare_says_so():
    with pytest.raises(ExplorerError, match="nothing to compare"):
        look_of(_data(pd.DataFrame({"id": ["a"], "error": [None]})), State())


def test_only_samples_with_both_values_are_drawn(data):
    [group] = groups_of(data, Look("metadata_oov_count", "loss", "none", "ranges", "strength"), EVERY, False)
    np.testing.assert_allclose(group.x, [0, 1, 2])  # one has no loss, one no value, one an infinite one
    np.testing.assert_allclose(group.y, [0.1, 0.9, 0.3])
    assert group.keys.tolist() == ["training/a", "training/b", "validation/d"]
    assert group.profile["n"] == 3


def test_groups_take_each_sample_once_and_empty_ones_are_left_out(data):
    look = Look("metadata_length", "loss", "ground_truth", "ranges", "strength")
    groups = groups_of(data, look, EVERY, False)
    assert [(group.name, group.profile["n"]) for group in groups] == [("no", 3), ("yes", 2)]
    assert len({group.color for group in groups}) == 2
    [only] = groups_of(data, look, np.array([True, False, True, False, False, False]), False)
    assert only.name == "no"
    assert groups_of(data, look, ~EVERY, False) == []


def test_clusters_are_values_with_names(data):
    [group] = groups_of(data, Look("cluster", "loss", "none", "ranges", "strength"), EVERY, False)
    assert {one["label"]: one["n"] for one in group.profile["bins"]} == {"1: loud": 3, "0: calm": 2}
    assert [one["value"] for one in group.profile["bins"]] == ["1: loud", "0: calm"]


def test_groups_share_their_ranges(data):
    groups = groups_of(data, Look("metadata_length", "loss", "ground_truth"), EVERY, False)
    edges = [[(one["low"], one["high"]) for one in group.profile["bins"]] for group in groups]
    assert edges == [[(1, 1), (3, 3), (6, 6)], [(2, 2), (4, 4)]]


def box(low, high):
    return {"points": [], "range": {"x": [low, high], "y": [0, 9]}}


@pytest.mark.parametrize(
    ("column", "selected", "condition"),
    [
        ("metadata_length", box(4.4, 1.6), ("between", (2.0, 4.0))),
        ("metadata_length", box(2.2, 2.8), None),
        ("metadata_share", box(0.15, 0.4571), ("between", (0.15, 0.457))),
        ("metadata_genre", box(-0.5, 0.4), ("==", "x")),
        ("metadata_genre", box(-0.5, 1.4), ("in", ("x", "y"))),
        ("metadata_genre", box(0.2, 0.8), None),
        ("metadata_polarity_disagrees", box(-0.5, 0.5), ("==", False)),
        ("cluster", box(-0.5, 0.5), ("==", 1)),
        ("metadata_length", None, None),
        ("metadata_length", {"points": []}, None),
    ],
)
def test_a_box_on_the_plot_is_a_condition(data, column, selected, condition):
    found = covered(data, Look(column, "loss"), EVERY, selected)
    assert (found and (found.operator, found.value)) == condition
    assert found is None or found.column == column


def test_a_box_on_bands_is_in_the_column_s_numbers(skewed):
    look = Look("metadata_words", "loss")
    rows = np.ones(skewed.n, dtype=bool)
    axis = axis_of(skewed, look, rows)
    low, high = axis.places(np.array([40.0, 2000.0]))
    assert axis.knots is not None
    assert covered(skewed, look, rows, box(low, high)).value == (40.0, 2000.0)


@pytest.fixture
def skewed():
    words = np.append(np.arange(99), 5000)
    frame = pd.DataFrame({"id": words.astype(str), "subset": "test", "loss": words / 100, "metadata_words": words})
    return _data(frame.assign(ground_truth="no", prediction="no"))


def test_a_far_value_does_not_fill_the_plot(skewed):
    look = Look("metadata_words", "loss")
    rows = np.ones(skewed.n, dtype=bool)
    axis = axis_of(skewed, look, rows)
    figure = plots.number_figure(groups_of(skewed, look, rows, False), ("words", "loss"), False, False, axis)
    bars, means = figure["data"]
    assert bars["y"].sum() == 100
    np.testing.assert_allclose(np.diff(bars["x"]), 1)  # bands of one width
    np.testing.assert_allclose(bars["width"], 0.94)
    assert len(means["x"]) == len(bars["x"]) == 10
    assert (np.diff(means["x"]) > 0.5).all()
    assert "not to scale" in figure["layout"]["xaxis"]["title"]["text"]
    assert figure["layout"]["xaxis"]["ticktext"][-1] == "90-5000"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], [0, 1]),
        ([2.0, 2.0], [1.5, 2.5]),
        ([0.5, 0.5], [0.0, 1.0]),
        ([0.0, 1.0, 3.0], [-0.5, 0.5, 1.5, 2.5, 3.5]),
    ],
)
def test_edges_of_few_values(values, expected):
    np.testing.assert_allclose(plots.histogram_edges(np.array(values)), expected)


@pytest.mark.parametrize("values", [np.arange(1000.0), np.linspace(-3, 3, 777), np.array([1.0, 1e6])])
def test_bars_are_few_of_one_width_and_hold_every_sample(values):
    edges = plots.histogram_edges(values)
    assert len(edges) - 1 <= plots.MOST_BARS
    np.testing.assert_allclose(np.diff(edges), np.diff(edges)[0])
    assert np.histogram(values, edges)[0].sum() == len(values)


def test_many_samples_are_a_density_that_counts_them_all():
    n = plots.MOST_POINTS + 1
    x, y = np.arange(n, dtype=np.float64), np.arange(n, dtype=np.float64) % 7
    keys = np.array([f"t/{number}" for number in range(n)], dtype=object)
    many = plots.Group("", "#000000", {"bins": []}, x, y, keys)
    few = plots.Group("", "#000000", {"bins": []}, x[:-1], y[:-1], keys[:-1])
    density = plots.number_figure([many], ("x", "y"), True, False)["data"]
    assert [trace["type"] for trace in density] == ["bar", "heatmap"]
    assert density[1]["customdata"].sum() == n
    assert np.isnan(density[1]["z"][density[1]["customdata"] == 0]).all()
    assert [trace["type"] for trace in plots.number_figure([few], ("x", "y"), True, False)["data"]] == [
        "bar",
        "scattergl",
    ]


def test_values_keep_their_place_in_every_group():
    def group(name, *bins):
        rows = [
            {"label": label, "low": None, "high": None, "n": n, "mean": mean, "mean_low": None, "mean_high": None}
            for label, n, mean in bins
        ]
        return plots.Group(name, "#000000", {"bins": rows}, np.empty(0), np.empty(0), np.empty(0, dtype=object))

    groups = [group("first", ("x", 5, 0.1), ("y", 2, 0.2)), group("second", ("z", 1, 0.3), ("x", 4, 0.4))]
    figure = plots.category_figure(groups, ("genre", "loss"), False)
    assert figure["layout"]["xaxis"]["ticktext"] == ["x", "y", "z"]
    bars, dots = figure["data"][:2], figure["data"][2:]
    assert [trace["x"] for trace in bars] == [[0, 1], [2, 0]]
    assert [trace["x"] for trace in dots] == [[-0.125, 0.875], [2.125, 0.125]]
    assert dots[1]["error_y"]["array"] == [0, 0]  # a lone sample has no interval
    assert dots[1]["text"][0] == "z: mean 0.300 (—), 1 samples"


def test_a_bin_in_words():
    one = {"label": "3 to 5", "n": 1200, "mean": 0.21, "mean_low": 0.19, "mean_high": 0.24}
    assert plots.bin_in_words(one, 3) == "3 to 5: mean 0.210 (0.190 to 0.240), 1,200 samples"


@pytest.mark.parametrize("by", ["none", "ground_truth"])
@pytest.mark.parametrize("column", ["metadata_length", "metadata_share", "metadata_genre", "cluster"])
def test_each_bar_chooses_the_samples_that_it_counts_and_an_empty_one_none(data, column, by):
    look = Look(column, "loss", by)
    groups = groups_of(data, look, EVERY, is_dark=False)
    is_number = data.kind(column) == "number"
    makes = plots.number_figure if is_number else plots.category_figure
    more = (False, False, axis_of(data, look, EVERY)) if is_number else (False,)
    bars = makes(groups, (column, "loss"), *more)["data"][: len(groups)]
    known = np.isfinite(data.numbers("loss"))
    for curve, trace in enumerate(bars):
        for place, count in enumerate(trace["y"]):
            found = marked(data, look, EVERY, {"curveNumber": curve, "pointNumber": place})
            assert bool(found) == bool(count)
            assert not found or (data.meets(found) & known).sum() == count


def test_a_mark_of_another_kind_chooses_nothing(data):
    look = Look("metadata_length", "loss")
    assert marked(data, look, EVERY, {"curveNumber": 2, "pointNumber": 0}) == ()
    assert marked(data, look, EVERY, {"curveNumber": 0, "pointNumber": [1, 2]}) == ()
    assert marked(data, look, EVERY, {}) == ()
