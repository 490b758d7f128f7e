from inspect import cleandoc

import pytest

from leap_explorer.contract.docstrings import Description, descriptions_of

KEYS = cleandoc(
    """
    Words outside the vocabulary.

    - `count`: unknown words (out of vocabulary). Number of words
      that the model cannot tell apart.
    - `rate`: their share of all words, 0-1.
    - `grade`: Linsear Write grade. US school grade; higher is harder. Never below 0.

    Args:
        ids: of the words.
    """
)


@pytest.mark.parametrize(
    ("docstring", "title", "meaning"),
    [
        ("Star rating. 1-10; None where it is unknown.", "star rating", "1-10; None where it is unknown."),
        ("Star rating.\n1-10.\n\nMore.", "star rating", "1-10."),
        ("TextBlob polarity. from -1 to 1.", "TextBlob polarity", "From -1 to 1."),
        ("OOV words. Their number.", "OOV words", "Their number."),
        ("Share of right predictions.", "", "Share of right predictions."),
        ("Words.", "", "Words."),
        (f"{'Long ' * 10}title. Meaning.", "", f"{'Long ' * 10}title. Meaning."),
    ],
)
def test_a_title_is_a_short_first_sentence_that_a_meaning_follows(docstring, title, meaning):
    assert descriptions_of("rating", docstring) == {"rating": Description(title, meaning)}


def test_each_key_has_a_line():
    assert descriptions_of("oov", KEYS) == {
        "oov": Description("", "Words outside the vocabulary."),
        "oov_count": Description(
            "unknown words (out of vocabulary)", "Number of words that the model cannot tell apart."
        ),
        "oov_rate": Description("", "Their share of all words, 0-1."),
        "oov_grade": Description("Linsear Write grade", "US school grade; higher is harder. Never below 0."),
    }


def test_without_a_docstring_nothing_is_said():
    assert descriptions_of("x", "") == {}
