import numpy as np
import pytest

from leap_explorer.errors import ExplorerError
from leap_explorer.insights.filters import Condition, describe, select
from leap_explorer.insights.slices.word_index import index_words

TEXTS = ["A red Zombie!", None, "the zombie"] * 40 + ["a green film, isn't it"] * 300


def test_words_and_phrases_by_sample() -> None:
    index = index_words(TEXTS)
    assert set(index.terms) == {"red", "zombie", "the", "a red", "red zombie", "the zombie"}
    assert index.has("red zombie").tolist() == [True, False, False] * 40 + [False] * 300
    assert index.lacks("zombie").tolist() == [False, False, False] * 40 + [True] * 300


@pytest.mark.parametrize("block", [1, 7, 419, 420])
def test_however_many_texts_are_looked_at_together(block) -> None:
    index, found = index_words(TEXTS), index_words(TEXTS, block=block)
    assert found.terms == index.terms
    assert found.has_text.tolist() == index.has_text.tolist()
    assert (found.shown != index.shown).nnz == 0


def test_words_given_one_by_one_are_those_of_the_text() -> None:
    split = [None if text is None else text.replace("!", "").replace(",", "").split() for text in TEXTS]
    index, same = index_words(TEXTS), index_words(split)
    assert index.terms == same.terms
    assert (index.shown != same.shown).nnz == 0


def test_punctuation_among_given_words_is_passed_over() -> None:
    index = index_words([["so", "good", ".", "Really"]] * 40 + [["bad", "!"]] * 100)
    assert set(index.terms) == {"so", "good", "really", "so good", "good really"}


def test_most_terms_keeps_words_before_phrases() -> None:
    assert all(" " not in term for term in index_words(TEXTS, most_terms=3).terms)


def test_an_unknown_word_is_an_error() -> None:
    with pytest.raises(ExplorerError, match="unheard"):
        index_words(TEXTS).has("unheard")


def test_conditions_on_words_are_filters(samples_with_words) -> None:
    samples, index = samples_with_words
    has, lacks = Condition("words", "has", "zombie"), Condition("words", "lacks", "red")
    assert select(samples, [has, lacks], index).tolist() == [False, False, True] * 40 + [False] * 300
    assert describe([has]) == "words has zombie"
    assert Condition.from_dict(has.to_dict()) == has
    with pytest.raises(ExplorerError, match="words"):
        select(samples, [has])
    with pytest.raises(ExplorerError, match="'has' asks for a word"):
        Condition("metadata_x", "has", "zombie")


@pytest.fixture
def samples_with_words():
    import pandas as pd

    return pd.DataFrame({"metadata_x": np.arange(len(TEXTS))}), index_words(TEXTS)
