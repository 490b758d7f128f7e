"""The map as plotly gets it."""

import pytest

from dashboard_data import made_context, made_data, made_frame
from leap_explorer.dashboard.plots.color_encoding import encode_colors
from leap_explorer.dashboard.plots.population_map import dot_colors, dot_places, map_figure
from leap_explorer.dashboard.state import Selection, State


@pytest.fixture
def data():
    return made_data()


def figure_of(data, **state):
    return map_figure(made_context(data), data, State(**state))


def test_a_color_each_dot(data):
    encoding = encode_colors(data, "ground_truth", is_dark=False)
    colors = dot_colors(encoding)
    by_name = {name: color for _, name, color in encoding.entries}
    assert [colors[row] for row in (0, 1, 2)] == [by_name["no"], by_name["yes"], encoding.colors[0]]


def test_places_are_rounded_to_a_millionth_of_the_largest():
    frame = made_frame().assign(map_x=[0.1, 123.456789, -1.0, None, 0.0], map_y=[1e-7, 2e-7, 0.0, None, 3e-7])
    x, y = dot_places(made_data(frame.astype({"map_x": "Float32", "map_y": "Float32"})), State())
    assert x == [0.1, 123.457, -1.0, None, 0.0]
    assert y == [
        pytest.approx(1e-7, abs=1e-12),
        pytest.approx(2e-7, abs=1e-12),
        0,
        None,
        pytest.approx(3e-7, abs=1e-12),
    ]


def test_a_map_of_failed_samples_alone():
    frame = made_frame().assign(map_x=None, map_y=None).astype({"map_x": "Float32", "map_y": "Float32"})
    assert dot_places(made_data(frame), State()) == ([None] * 5, [None] * 5)


def test_what_is_not_highlighted_is_dimmed(data):
    assert figure_of(data)["data"][0]["selectedpoints"] is None
    area = Selection("map", ((-1, -1), (1.5, -1), (1.5, 2), (-1, 2)))
    figure = figure_of(data, selection=area)
    assert figure["data"][0]["selectedpoints"] == [0, 1]
    assert figure["layout"]["shapes"][0]["path"] == "M-1,-1L1.5,-1L1.5,2L-1,2Z"


def test_the_opened_sample_has_a_ring(data):
    assert figure_of(data)["data"][1]["x"] == []
    assert figure_of(data, sample="training/b2")["data"][1]["x"] == [1.0]


def test_no_template_as_it_would_make_plotly_compute_all_dots_anew(data):
    layout = figure_of(data, is_dark=True)["layout"]
    assert "template" not in layout
    assert layout["font"]["color"] == "#E6EAF0"
