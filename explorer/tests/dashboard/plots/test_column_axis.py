import numpy as np
import pytest

from leap_explorer.dashboard.plots.column_axis import ColumnAxis, column_axis
from leap_explorer.insights.bins import quantile_edges


def axis_of(values):
    values = np.array(values, dtype=np.float64)
    return column_axis(values, quantile_edges(values, 10))


def test_even_values_stand_to_scale():
    axis = axis_of(np.linspace(0, 1, 200))
    assert axis == ColumnAxis()
    np.testing.assert_array_equal(axis.places(np.array([0.2, 7.0])), [0.2, 7.0])
    assert axis.layout("share") == {"title": {"text": "share"}, "zeroline": False}


@pytest.mark.parametrize("values", [[], [3.0] * 20, [0.0] * 99 + [1.0]], ids=["none", "a constant", "two values"])
def test_few_values_stand_to_scale(values):
    assert axis_of(values).knots is None


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(0).lognormal(0, 2, 500),
        np.append(np.arange(300) % 20, 400),
        np.append(-np.random.default_rng(0).exponential(1, 300), -900),
        np.append(np.repeat([0.0, 0.1, 0.2], 40), [9.0] * 60),
    ],
    ids=["lognormal", "counts", "below", "a far value that is frequent"],
)
def test_skewed_values_stand_in_bands_of_one_width(values):
    axis = axis_of(values)
    assert axis.knots is not None
    assert (np.diff(axis.knots) > 0).all()
    places = axis.places(np.sort(values.astype(float)))
    assert (np.diff(places) >= 0).all()
    assert 0 <= places[0] <= places[-1] <= len(axis.knots) - 1
    np.testing.assert_allclose(axis.values(axis.places(values.astype(float))), values)
    in_bands = np.histogram(values, axis.knots)[0]
    assert in_bands.sum() == len(values)
    assert in_bands.min() > 0


def test_bands_of_whole_numbers_are_named_by_their_first_and_last():
    layout = axis_of([0] * 30 + [1] * 30 + [2] * 30 + [5, 6, 7, 8] * 8 + [77]).layout("words")
    assert layout["ticktext"][:3] == ["0", "1", "2-5"]
    assert layout["ticktext"][-1].endswith("-77")
    assert layout["tickvals"][:3] == [0.5, 1.5, 2.5]
    assert layout["title"]["text"].endswith("not to scale")
