import pytest

from leap_explorer.insights.filters import Condition
from leap_explorer.insights.wording import capitalised, column_title, conditions_phrase

COLUMNS = {
    "metadata_oov_count": {"type": "int", "title": "unknown words"},
    "metadata_polarity": {"type": "float", "title": "word sentiment"},
    "metadata_cut": {"type": "bool", "title": "review is cut off"},
    "metadata_genre_name": {"type": "string"},
}


@pytest.mark.parametrize(
    ("conditions", "phrase"),
    [
        ([("metadata_polarity", ">=", 0.072), ("metadata_polarity", "<", 0.144)], "word sentiment 0.07-0.14"),
        ([("metadata_polarity", ">=", -0.031), ("metadata_polarity", "<", 0.028)], "word sentiment -0.03 to 0.03"),
        ([("metadata_polarity", "between", [0.1, 0.4])], "word sentiment 0.1-0.4"),
        ([("metadata_polarity", ">=", 1234.5), ("metadata_polarity", "<", 1300)], "word sentiment 1234-1300"),
        ([("metadata_polarity", ">=", 0.25)], "word sentiment 0.25 or more"),
        ([("metadata_polarity", ">", 0.25)], "word sentiment above 0.25"),
        ([("metadata_polarity", "<", 0.25)], "word sentiment below 0.25"),
        ([("metadata_polarity", ">", 0.1), ("metadata_polarity", ">=", 0.2)], "word sentiment 0.2 or more"),
        ([("metadata_oov_count", ">=", 15.0), ("metadata_oov_count", "<", 41.0)], "unknown words 15-40"),
        ([("metadata_oov_count", ">=", 3.0), ("metadata_oov_count", "<", 4.0)], "unknown words 3"),
        ([("metadata_oov_count", "<", 2.0)], "unknown words up to 1"),
        ([("metadata_oov_count", ">", 2)], "unknown words 3 or more"),
        ([("metadata_oov_count", "==", 0)], "unknown words 0"),
        ([("metadata_cut", "==", True)], "review is cut off: yes"),
        ([("metadata_cut", "!=", True)], "review is cut off: no"),
        ([("metadata_genre_name", "==", "drama")], "genre name: drama"),
        ([("metadata_genre_name", "!=", "drama")], "genre name: not drama"),
        ([("metadata_genre_name", "in", ["a", "b"])], "genre name: a or b"),
        ([("metadata_genre_name", "in", list("abcd"))], "genre name: one of 4"),
        ([("metadata_genre_name", "==", None)], "genre name unknown"),
        ([("cluster", "==", 3), ("metadata_oov_count", ">", 4)], "cluster 3 and unknown words 5 or more"),
        ([], "every sample"),
    ],
)
def test_conditions_in_one_phrase(conditions, phrase):
    assert conditions_phrase([Condition(*one) for one in conditions], COLUMNS) == phrase


def test_a_column_without_a_title_has_its_readable_name():
    assert column_title("metadata_oov_count", COLUMNS) == "unknown words"
    assert column_title("metadata_genre_name", COLUMNS) == "genre name"
    assert column_title("metric_brier_score", {}) == "brier score"


def test_only_the_first_letter_is_capitalised():
    assert [capitalised(text) for text in ("linsear Write", "", "OOV")] == ["Linsear Write", "", "OOV"]
