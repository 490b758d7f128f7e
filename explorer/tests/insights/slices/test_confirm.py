"""How the significance is shared among what is put to the test."""

import numpy as np
import pytest

from leap_explorer.insights.slices.confirm import SURE, shares


def test_sure_ones_share_one_half_evenly_whatever_their_scores():
    parts = shares([500.0, SURE, 1.0, 0.0])
    assert parts[:2] == pytest.approx([0.25, 0.25])
    assert parts[2] / parts[3] == pytest.approx(np.e)
    assert parts.sum() == pytest.approx(1)


@pytest.mark.parametrize("scores", [[9.0, 8.0, 7.0], [1.0, 1.0, 1.0], [-800.0, -900.0, -1e9]])
def test_without_others_the_whole_is_theirs(scores: list[float]):
    assert shares(scores) == pytest.approx([1 / 3] * 3)


def test_nothing_has_no_shares():
    assert len(shares([])) == 0
