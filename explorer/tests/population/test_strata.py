import numpy as np

from leap_explorer.population.strata import drawn_evenly, strata_of


def test_a_stratum_is_subset_class_and_density():
    subsets, truths = ["a", "a", "a", "b", "b"], ["x", "x", "y", None, None]
    found = strata_of(subsets, truths, np.full(5, np.nan))
    assert found[0] == found[1]
    assert found[3] == found[4]
    assert len(set(found.tolist())) == 3
    by_density = strata_of(["a"] * 10, ["x"] * 10, np.arange(10.0))
    assert by_density.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_a_score_that_is_unknown_is_a_density_of_its_own():
    assert strata_of(["a"] * 3, ["x"] * 3, np.array([1.0, np.nan, 1.0])).tolist() == [0, 1, 0]


def test_a_ground_truth_of_very_many_values_divides_nothing():
    assert len(set(strata_of(["a"] * 1_001, range(1_001), np.full(1_001, np.nan)).tolist())) == 1


def test_of_each_stratum_the_same_share_is_drawn():
    strata = np.repeat([0, 1, 2], [1_000, 100, 900])
    drawn = drawn_evenly(strata, 200, seed=1)
    assert len(set(drawn.tolist())) == 200
    assert (np.diff(drawn) > 0).all()
    assert np.abs(np.bincount(strata[drawn]) - [100, 10, 90]).max() <= 1
    assert (drawn == drawn_evenly(strata, 200, seed=1)).all()
    assert (drawn != drawn_evenly(strata, 200, seed=2)).any()
