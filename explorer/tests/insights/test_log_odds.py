import math

import numpy as np
import pytest

from leap_explorer.insights.log_odds import distinctive, words_apart
from leap_explorer.runs.words import ShownWords
from leap_explorer.word_odds import log_odds


def test_by_hand() -> None:
    # a = 2, 2; inside 8 + 2 = 10 of 14, outside 2 + 2 = 4 of 14
    value, error = log_odds([8, 2], [2, 8], prior=[1, 1], strength=4)
    assert value[0] == pytest.approx(math.log(10 / 4) - math.log(4 / 10))
    assert value[1] == pytest.approx(-value[0])
    assert error[0] == pytest.approx(math.sqrt(1 / 10 + 1 / 4))


def test_a_strong_prior_draws_the_ratio_to_zero() -> None:
    weak, _ = log_odds([8, 2], [2, 8], strength=1)
    strong, _ = log_odds([8, 2], [2, 8], strength=10_000)
    assert weak[0] > 2
    assert abs(strong[0]) < 0.01


def test_a_rare_word_is_less_sure_than_a_frequent_one_of_the_same_ratio() -> None:
    value, error = log_odds([10, 1000, 9000], [5, 500, 9500], strength=10)
    assert error[0] > error[1]
    assert value[1] / error[1] > value[0] / error[0]


def test_distinctive_terms_lie_surely_above_zero_and_the_surest_comes_first() -> None:
    found = distinctive(["zombie", "gore", "the", "absent"], [400, 60, 5000, 0], [100, 30, 5000, 0])
    assert [one.term for one in found] == ["zombie", "gore"]
    assert all(one.is_sure and one.low < one.value < one.high for one in found)
    assert (found[0].inside, found[0].outside) == (400, 100)


@pytest.mark.parametrize(("inside", "outside", "prior"), [([1], [1, 2], None), ([-1], [2], None), ([0], [0], None)])
def test_counts_that_cannot_be(inside: list[int], outside: list[int], prior: list[int] | None) -> None:
    with pytest.raises(ValueError, match="count"):
        log_odds(inside, outside, prior)


def test_words_apart_leave_out_what_few_samples_show() -> None:
    """The first half shows "often", nine of it "seldom"; all show "film"."""
    shown = [np.arange(100), np.arange(9), np.arange(200)]
    starts = np.cumsum([0, 100, 9, 200])
    words = ShownWords(("often", "seldom", "film"), starts, np.concatenate(shown).astype(np.int32), np.ones(200, bool))
    inside = np.arange(200) < 100
    (alone,), (of_many,) = (words_apart(words, inside, ~inside, families=families) for families in (1, 100))
    assert (alone.term, alone.inside, alone.outside) == ("often", 100, 0)
    assert of_many.value == alone.value
    assert of_many.low < alone.low


def test_a_single_term_is_no_list() -> None:
    assert distinctive(["film"], [5], [1]) == []
