"""The search box's language."""

import pytest

from leap_explorer.dashboard.search import Corpus, Query, QueryError, normalised, parse


def finds(query, text):
    return parse(query).matches(normalised(text))


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("favourite appreciated", "I Appreciated it; my FAVOURITE film."),
        ("act", "a great actor"),
        ("amour", "L'amour"),
        ('"one two"', "one<br /><br />two"),
        ("café", "the CAFE scene"),
        ("cafe", "the Café scene"),
        ("don't", "I don\u2019t know"),
        ("STRASSE", "die Straße"),
        ("dull OR boring", "so boring"),
        ("plot dull OR boring", "a dull plot"),
        ("dull AND plot", "plot: dull"),
        ('"not good"', "not, good"),
        ('"not good"', "It is NOT\n\ngood."),
        ('"waste of time"', "a waste of time"),
        ("“not good”", "not good"),
        ("film -dull", "a film"),
        ('film -"not good"', "a good film, not long"),
        ("-dull", "a film"),
        ("good OR -film", "a story"),
        ("10/10", "I give it 10/10!"),
        ('"OR"', "one or two"),
        ("or", "one or two"),
        ("well-made", "a well-made film"),
        ("", "anything"),
        ("  ", "anything"),
    ],
)
def test_a_text_is_found(query, text):
    assert finds(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("favourite appreciated", "my favourite film"),
        ("act", "a fact"),
        ("it's", "it starts"),
        ("br", "one<br />two"),
        ("plot dull OR boring", "a dull film"),
        ("plot dull OR boring", "a plot"),
        ('"not good"', "good, not bad"),
        ('"not good"', "not goodness"),
        ('"fine"', "finely made"),
        ("film -dull", "a dull film"),
        ("film -dull", "a dullish film"),
        ('film -"not good"', "a film that is not good"),
        ("good OR -film", "a film"),
        ("a.c", "abc"),
    ],
)
def test_a_text_is_not_found(query, text):
    assert not finds(query, text)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ('"not good', "not closed"),
        ('film -"not good', "not closed"),
        ("OR dull", "OR stands between two words"),
        ("dull OR", "OR stands between two words"),
        ("dull OR OR film", "OR stands between two words"),
        ("-", "no letter or digit"),
        ("film ...", "no letter or digit"),
        ('""', "no letter or digit"),
    ],
)
def test_a_query_that_cannot_be_understood(query, message):
    with pytest.raises(QueryError, match=message):
        parse(query)


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("fav app", "My FAVourite, appreciated", ["FAVourite", "appreciated"]),
        ('"not good"', "not - GOOD, not goods", ["not - GOOD"]),
        ("cafe", "🎬 Café, cafe\u0301!", ["Café", "cafe"]),
        ("strasse", "die Straße!", ["Straße"]),
        ("good -film", "good film", ["good"]),
        ("good go", "good", ["good"]),
        ("-film", "good film", []),
        ("", "good", []),
    ],
)
def test_where_it_stands(query, text, found):
    assert [text[start:end] for start, end in parse(query).places(text)] == found


def test_nothing_asked_is_met_by_every_text():
    assert parse("") == Query()


TEXTS = {
    "train-neg-00010": "rated 10 of 10",
    "train-pos-00100": "a train",
    "s-7": None,
    "other": "100 films, number 7",
}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("TRAIN-neg-00010", ["train-neg-00010"]),
        ("neg-00010", ["train-neg-00010"]),
        ("00100", ["train-pos-00100"]),
        ("10", ["train-neg-00010", "other"]),  # the start of words, and of no id
        ("train", ["train-pos-00100"]),
        ("7", ["s-7", "other"]),
        ("other", ["other"]),
        (" ", list(TEXTS)),
        ("-train", ["train-neg-00010", "s-7", "other"]),
    ],
)
def test_samples_are_found_by_id_and_text(query, expected):
    assert Corpus(TEXTS, TEXTS.get).search(query) == set(expected)


def test_texts_are_read_once():
    read = []
    corpus = Corpus(TEXTS, lambda sample_id: read.append(sample_id) or TEXTS[sample_id])
    corpus.prepare()
    assert corpus.search("train") == corpus.search("tra") == {"train-pos-00100"}
    assert read == list(TEXTS)


def test_a_whole_id_needs_no_language():
    corpus = Corpus(['a "b'], lambda _: "x")
    assert corpus.search('a "b') == {'a "b'}
    assert corpus.sought('a "b') == Query()
    with pytest.raises(QueryError):
        corpus.sought('a "c')


def test_a_corpus_without_samples():
    assert Corpus([], TEXTS.get).search("film") == set()
