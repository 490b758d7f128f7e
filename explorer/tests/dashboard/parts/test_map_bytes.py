"""The map's arrays, and who gets them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dashboard_data import made_context, made_data, made_frame
from leap_explorer.dashboard.app import create_app
from leap_explorer.dashboard.parts.map_bytes import NOWHERE, STEPS, place_bytes, worst_rows
from leap_explorer.dashboard.plots.color_encoding import size_levels


@pytest.fixture
def client():
    return create_app(made_context(made_data())).server.test_client()


def read_places(content):
    """Bounds, x and y as the page reads them, NaN for nowhere."""
    bounds = np.frombuffer(content[:32], "<f8")
    steps = np.frombuffer(content[32:], "<u2").reshape(2, -1).astype(float)
    steps[steps == NOWHERE] = np.nan
    low, high = bounds[::2, None], bounds[1::2, None]
    return low + steps / STEPS * (high - low)


def test_places_are_those_of_the_run_to_a_step_and_failed_samples_have_none():
    data = made_data()
    found = read_places(place_bytes(data, "map"))
    assert found == pytest.approx(np.stack(data.points("map")), abs=4 / STEPS, nan_ok=True)


def test_a_map_of_failed_samples_alone():
    frame = made_frame().assign(map_x=None, map_y=None).astype({"map_x": "Float32", "map_y": "Float32"})
    assert np.isnan(read_places(place_bytes(made_data(frame), "map"))).all()


def test_four_bytes_a_sample_and_one_a_colour(client):
    assert len(client.get("/_map/places?run=toy&map=map").data) == 32 + 4 * 5
    assert len(client.get("/_map/colors?run=toy&column=loss").data) == 5
    assert len(client.get("/_map/sizes?run=toy&column=loss").data) == 5
    assert np.frombuffer(client.get("/_map/worst?run=toy").data, "<u4").tolist() == [0, 4, 1]


@pytest.mark.parametrize(
    "address", ["places?run=other&map=map", "places?run=toy&map=../x", "colors?run=toy&column=no", "nothing?run=toy"]
)
def test_what_is_not_there_is_said(client, address):
    assert client.get(f"/_map/{address}").status_code == 404


def test_the_worst_are_the_highest_losses():
    losses = np.array([0.5, np.nan, 3.0, 1.0, 2.0])
    assert worst_rows(losses, most=2).tolist() == [4, 2]


@given(arrays(np.float64, st.integers(1, 40), elements=st.floats(-1e6, 1e6)))
def test_a_higher_value_is_never_a_smaller_dot(values):
    levels = size_levels(values)[np.argsort(values)].astype(int)
    assert (np.diff(levels) >= 0).all()
