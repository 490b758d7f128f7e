"""The table of words that set samples apart: links to more of them, without what the filter asks for."""

import numpy as np
import pytest

from leap_explorer.dashboard.parts.word_odds import word_table
from leap_explorer.dashboard.state import State
from leap_explorer.insights.filters import Condition
from leap_explorer.runs.words import ShownWords


@pytest.fixture
def words():
    """Of 200 samples, the first half shows "dull" and "slow", all show "film"."""
    rows = np.concatenate([np.arange(100), np.arange(100), np.arange(200)]).astype(np.int32)
    return ShownWords(("dull", "slow", "film"), np.array([0, 100, 200, 400]), rows, np.ones(200, dtype=bool))


def _table(words, *conditions):
    inside = np.arange(200) < 100
    return str(word_table(words, inside, ~inside, ("These", "Others"), State(filter=conditions)))


def test_words_with_their_shares_and_links(words):
    text = _table(words)
    assert '["words","has","dull"]' in text.replace("\\", "")
    assert '["words","has","slow"]' in text.replace("\\", "")
    assert "film" not in text
    assert ("100.0 %" in text, "0.0 %" in text) == (True, True)


def test_what_the_filter_asks_for_is_left_out(words):
    text = _table(words, Condition("words", "has", "Dull"))
    assert "slow" in text
    assert "children='dull'" not in text


def test_nothing_stands_out_of_the_same(words):
    none = np.zeros(200, dtype=bool)
    assert "beyond chance" in str(word_table(words, none, none, ("These", "Others"), State()))
