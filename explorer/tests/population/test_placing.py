import numpy as np
import pytest

from leap_explorer.population.placing import between_neighbours


def test_the_nearer_of_the_neighbours_weigh_more():
    fitted = np.array([[0.0], [4.0]], dtype=np.float32)
    places = np.array([[0, 0], [8, 4]], dtype=np.float32)
    found = between_neighbours(fitted, places, np.array([[1.0], [2.0], [4.0]], dtype=np.float32), seed=0)
    # 1 is 1 and 3 away: weights 3/4 and 1/4
    assert found == pytest.approx(np.array([[2, 1], [4, 2], [8, 4]]), abs=1e-4)


def test_only_the_nearest_five_count():
    fitted = np.array([[0.0], [0.1], [0.2], [0.3], [0.4], [9.0]], dtype=np.float32)
    places = np.array([[0, 0]] * 5 + [[100, 100]], dtype=np.float32)
    assert (between_neighbours(fitted, places, np.array([[1.0]], dtype=np.float32), seed=0) == 0).all()
