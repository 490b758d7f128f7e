"""The legend of a scale of numbers."""

import numpy as np
import pandas as pd

from dashboard_data import made_data, made_frame
from leap_explorer.dashboard.parts.legend import scale_entries
from leap_explorer.dashboard.plots.color_encoding import encode_colors


def test_the_scale_stands_under_a_histogram_of_its_samples():
    frame = pd.concat([made_frame().iloc[[0]]] * 101, ignore_index=True)
    losses = np.array([0.0] * 80 + [1.0] * 20 + [np.nan])
    data = made_data(frame.assign(loss=pd.array(losses, dtype="Float64")))
    [entry] = scale_entries(encode_colors(data, "loss", is_dark=False))
    bars = entry.children[1].children[0].children
    heights = [int(bar.style["height"].rstrip("%")) for bar in bars]
    assert heights[0] == 100
    assert heights[-1] == 25
    assert set(heights[1:-1]) == {0}
    assert len({bar.style["background"] for bar in bars}) == len(bars)


def test_categories_have_no_scale():
    assert scale_entries(encode_colors(made_data(), "ground_truth", is_dark=False)) == []
