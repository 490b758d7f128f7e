"""Histograms of columns: what their bars hold, what they choose, and which column comes first."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dashboard_data import made_data, made_frame
from leap_explorer.dashboard.parts.histograms import EQUAL_COUNTS, LOGARITHMIC, bins_of, histogram_card, histograms
from leap_explorer.dashboard.state import State

EVERY = np.ones(5, dtype=bool)


def of_numbers(values):
    frame = pd.concat([made_frame().iloc[[0]]] * len(values), ignore_index=True)
    return made_data(frame.assign(metadata_words=pd.array(values, dtype="Float64")))


@given(arrays(np.float64, st.integers(1, 60), elements=st.floats(-1e6, 1e6)))
def test_each_bar_chooses_exactly_the_samples_that_it_counts(values):
    data = of_numbers(values)
    bins = bins_of(data, "metadata_words")
    assert (bins.codes >= 0).all()
    for code, condition in enumerate(bins.conditions):
        assert (data.meets((condition,)) == (bins.codes == code)).all()


def test_few_far_values_do_not_crush_the_rest_and_it_is_said():
    data = of_numbers([*np.linspace(0, 1, 200), 1e4])
    bins = bins_of(data, "metadata_words")
    assert bins.scale == EQUAL_COUNTS
    assert np.bincount(bins.codes).max() < 30
    assert "not to scale" in str(histogram_card(data, np.ones(201, bool), np.arange(201) < 9, State()))
    assert not bins_of(of_numbers(np.linspace(0, 1, 200)), "metadata_words").scale


def test_numbers_of_many_magnitudes_stand_on_a_log_scale():
    values = np.geomspace(1e-4, 1e4, 96)
    data = of_numbers(values)
    bins = bins_of(data, "metadata_words")
    assert bins.scale == LOGARITHMIC
    assert np.bincount(bins.codes).tolist() == [8] * 12
    assert "log scale" in str(histogram_card(data, np.ones(96, bool), np.arange(96) < 9, State()))


def test_the_column_that_differs_most_comes_first():
    data = made_data()
    selected = (data.frame["prediction"] == "no").to_numpy(dtype=bool, na_value=False)
    found = histograms(data, data.is_evaluated, selected)
    assert found[0].column in ("prediction", "probability_no")
    assert found[0].difference == 1
    by_name = {one.column: one for one in found}
    truth = by_name["ground_truth"]
    assert truth.bins.names == ["yes", "no"]
    assert truth.selected.tolist() == [1, 1]
    assert truth.others.tolist() == [1, 0]
    assert truth.difference == pytest.approx(0.5)


def test_without_a_selection_nothing_differs():
    found = histograms(made_data(), EVERY, EVERY)
    assert {one.difference for one in found} == {0}
