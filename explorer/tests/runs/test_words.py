import numpy as np
import pyarrow.parquet as pq
import pytest

from leap_explorer.errors import ExplorerError
from leap_explorer.runs.words import ShownWords, read_words, write_words


@pytest.fixture
def words():
    """Of five samples; the last shows no text."""
    return ShownWords(
        ("film", "not good", "rare"),
        np.array([0, 3, 5, 5]),
        np.array([0, 1, 3, 0, 2], dtype=np.int32),
        np.array([True, True, True, True, False]),
    )


def test_has_and_lacks(words):
    assert words.has("Not Good").tolist() == [True, False, True, False, False]
    assert words.lacks("not good").tolist() == [False, True, False, True, False]
    assert not words.has("rare").any()
    with pytest.raises(ExplorerError, match="'unheard'"):
        words.has("unheard")


def test_counts_of_some_samples(words):
    assert words.counts(np.array([True, False, True, True, True])).tolist() == [2, 2, 0]
    assert words.counts(np.zeros(5, dtype=bool)).tolist() == [0, 0, 0]


def test_are_read_as_they_were_written(words, tmp_path):
    write_words(tmp_path / "words.parquet", words)
    again = read_words(tmp_path / "words.parquet", 5)
    assert again.terms == words.terms
    assert again.starts.tolist() == words.starts.tolist()
    assert again.rows.tolist() == words.rows.tolist()
    assert again.has_text.tolist() == words.has_text.tolist()


def test_written_in_groups_they_are_the_same(words, tmp_path):
    write_words(tmp_path / "words.parquet", words, together=3)
    assert pq.read_metadata(tmp_path / "words.parquet").num_row_groups == 2
    again = read_words(tmp_path / "words.parquet", 5)
    assert again.terms == words.terms
    assert again.starts.tolist() == words.starts.tolist()
    assert again.rows.tolist() == words.rows.tolist()
    assert again.has_text.tolist() == words.has_text.tolist()


def test_groups_hold_as_many_samples_as_they_may_but_at_least_one_term(words):
    assert [starts.tolist() for starts in words.groups(2)] == [[0, 3], [3, 5, 5]]
    assert [starts.tolist() for starts in words.groups(5)] == [[0, 3, 5, 5]]


def test_of_some_samples(words):
    some = words.of(np.array([1, 2, 4]))
    assert some.starts.tolist() == [0, 1, 2, 2]
    assert some.rows.tolist() == [0, 1]
    assert some.has_text.tolist() == [True, True, False]


def test_without_any_term(tmp_path):
    none = ShownWords((), np.array([0]), np.array([], dtype=np.int32), np.array([False, True]))
    write_words(tmp_path / "words.parquet", none)
    assert read_words(tmp_path / "words.parquet", 2).has_text.tolist() == [False, True]


def test_damage_and_other_runs_are_told(words, tmp_path):
    path = tmp_path / "words.parquet"
    write_words(path, words)
    with pytest.raises(ExplorerError, match="another run"):
        read_words(path, 4)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ExplorerError, match=r"words.parquet cannot be read"):
        read_words(path, 5)
