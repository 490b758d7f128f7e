"""Scores of words, added up over samples."""

import numpy as np
import pytest

from leap_explorer.explain.alignment import Span
from leap_explorer.explain.pushing_words import push_of, pushing_words, word_scores


def test_a_words_scores_in_a_text_are_added_up():
    text = "Bad, so bad! Unread."
    spans = [Span(0, 3, 1.0, True), Span(3, 4, 0.5, True), Span(8, 11, 0.5, True), Span(13, 19, None, False)]
    assert word_scores(text, spans) == {"bad": 1.5}


def test_the_score_is_per_sample_and_0_where_the_word_is_not():
    found = push_of("bad", [{"bad": 1.0}, {"bad": 2.0}, {}, {"good": -1.0}])
    assert (found.n, found.push.value) == (2, 0.75)
    assert 0 <= found.push.low < 0.75 < found.push.high <= 2


def test_words_that_push_are_listed_and_those_of_chance_are_not():
    generator = np.random.default_rng(0)
    samples = [{"never": 0.5 + generator.random(), "film": generator.normal(), "good": -1.0} for _ in range(60)]
    samples[0]["once"] = samples[1]["once"] = 9.0
    (found,) = pushing_words(samples)
    assert (found.word, found.n) == ("never", 60)
    assert found.push.value == pytest.approx(1.0, abs=0.15)
    assert pushing_words([]) == []
