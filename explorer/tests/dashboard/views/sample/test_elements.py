"""The table of a sample's elements, and the file of all."""

import numpy as np
import pandas as pd
import pytest

from dashboard_data import made_data
from leap_explorer.dashboard.report.static_html import to_html
from leap_explorer.dashboard.views.sample.elements import elements_card, elements_csv

COLUMNS = {
    "id": {"role": "id", "type": "string"},
    "name": {"role": "name", "type": "string"},
    "share": {"role": "share", "type": "float"},
    "is_false_positive": {"role": "false_positive", "type": "bool"},
    "metric_iou": {"role": "metric", "type": "float", "direction": "up", "description": "Overlap."},
    "metadata_size": {"role": "metadata", "type": "int"},
}


@pytest.fixture
def data():
    found = made_data()
    elements = pd.DataFrame(
        {
            "row": [1, 1, 2],
            "id": ["b2_0", "b2_1", "c3_fp0"],
            "name": ["<b>car</b>", "=1+1", "ghost"],
            "share": [0.25, 0.5, 1.0],
            "is_false_positive": [False, False, True],
            "metric_iou": [0.7, np.nan, 0.0],
            "metadata_size": [3.0, np.nan, np.nan],
        }
    )
    found.run.__dict__["elements"] = elements
    found.run.info["elements"] = COLUMNS
    return found


def shown(data, row):
    card = elements_card(data, row)
    return to_html(card, card)


def test_a_row_for_each_element_with_its_numbers_alike(data):
    page = shown(data, 1)
    assert [cell in page for cell in ("b2_0", "0.250", "0.500", "0.700", "3", "—", "no")] == [True] * 7
    assert "&lt;b&gt;car" in page
    assert "<b>car" not in page
    assert "Overlap. Higher is better." in page
    assert "ghost" not in page


def test_what_the_model_found_wrongly_is_told(data):
    assert "yes" in shown(data, 2)


def test_a_sample_without_elements_and_a_run_without(data):
    assert "It has none." in shown(data, 0)
    data.run.__dict__["elements"] = None
    assert elements_card(data, 1) == []


def test_the_file_holds_those_of_the_chosen_samples(data):
    lines = elements_csv(data, np.array([False, True, False, False, False])).splitlines()
    assert lines[0].startswith("sample_id,subset,id,name,share,")
    assert len(lines) == 3
    assert lines[1].startswith("b2,training,b2_0,<b>car</b>,0.25,False,0.7,3")
    assert "'=1+1" in lines[2]
