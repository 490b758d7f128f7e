"""What the map gets: a scene, and what of it is chosen."""

from base64 import b64decode

import numpy as np
import pytest

from dashboard_data import made_context, made_data
from leap_explorer.dashboard.app import create_app
from leap_explorer.dashboard.plots.population_map import bits, chosen, cluster_names, scene
from leap_explorer.dashboard.state import Selection, State

AREA = Selection("map", ((-1, -1), (1.5, -1), (1.5, 2), (-1, 2)))


@pytest.fixture
def data():
    data = made_data(clusters=[{"cluster": 0, "name": "dull"}, {"cluster": 1, "name": None}])
    create_app(made_context(data))  # addresses need an app's prefix
    return data


def test_a_scene_names_its_arrays_and_holds_no_sample(data):
    found = scene(data, State(color="loss", size="loss"))
    assert found["places"] == "/_map/places?run=toy&map=map"
    assert found["colors"] == "/_map/colors?run=toy&column=loss"
    assert found["sizes"] == "/_map/sizes?run=toy&column=loss"
    assert found["worst"] == "/_map/worst?run=toy"
    assert found["is_scale"]
    assert len(found["palette"]) == 256


def test_dots_all_alike(data):
    found = scene(data, State(size="none"))
    assert found["sizes"] is None
    assert len(set(found["diameters"])) == 1
    assert not found["is_scale"]


def test_the_opened_sample_is_told_by_its_row(data):
    assert scene(data, State())["opened"] is None
    assert scene(data, State(sample="training/b2"))["opened"] == 1


def test_a_mask_is_a_bit_a_row():
    mask = np.zeros(12, dtype=bool)
    mask[[0, 3, 9]] = True
    assert b64decode(bits(mask)) == bytes([0b1001, 0b10])
    assert bits(np.ones(3, dtype=bool)) is None


def test_what_is_chosen_and_the_drawn_area(data):
    assert chosen(made_context(data), State()) == {"bits": None, "outline": ()}
    found = chosen(made_context(data), State(selection=AREA))
    assert b64decode(found["bits"]) == bytes([0b11])
    assert found["outline"] == AREA.polygon
    elsewhere = Selection("pca", AREA.polygon)
    assert chosen(made_context(data), State(selection=elsewhere))["outline"] == ()


def test_names_stand_at_a_sample_of_their_cluster_the_largest_first(data):
    assert cluster_names(data, "map") == [
        {"name": "dull", "x": 1.0, "y": 1.0, "n": 2},
        {"name": "Cluster 1", "x": 0.0, "y": 0.0, "n": 2},
    ]
