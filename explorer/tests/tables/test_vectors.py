import numpy as np
import pytest

from leap_explorer.errors import ExplorerError
from leap_explorer.tables.vectors import DIMENSIONS, checked_vectors, vectors_of_texts, words_of


def test_words():
    assert words_of("It's <br />the 2nd\u2019s naïve <b>film</b>! a<b") == [
        "It's", "the", "2nd\u2019s", "naïve", "film", "a", "b"
    ]  # fmt: skip


class TestVectorsOfTexts:
    def test_texts_of_like_words_are_near(self):
        found = vectors_of_texts(["tiger lion", "Tiger, LION!", "bread cheese", "bread cheese wine"], seed=0)
        assert found.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, rtol=1e-5)
        cosines = found @ found.T
        assert cosines[0, 1] == pytest.approx(1.0, abs=1e-5)
        assert cosines[2, 3] > 0.5 > abs(cosines[0, 2])

    def test_text_without_words(self):
        found = vectors_of_texts(["tiger lion", "!", ""], seed=0)
        assert np.isfinite(found).all()
        np.testing.assert_allclose(found[1:], 0, atol=1e-12)

    def test_dimensions(self):
        generator = np.random.default_rng(0)
        texts = [" ".join(f"w{word}" for word in generator.integers(0, 300, 20)) for _ in range(200)]
        assert vectors_of_texts(texts, seed=0).shape == (200, DIMENSIONS)
        np.testing.assert_array_equal(vectors_of_texts(texts, seed=0), vectors_of_texts(texts, seed=0))

    @pytest.mark.parametrize("texts", [["", "!"], [f"unique{row}" for row in range(60)]])
    def test_no_words(self, texts):
        with pytest.raises(ExplorerError, match="share no words from which a map can be drawn"):
            vectors_of_texts(texts, seed=0)


class TestCheckedVectors:
    def test_numbers(self):
        found = checked_vectors([[1, 2], [3, 4]], 2)
        assert (found.dtype, found.tolist()) == (np.float32, [[1, 2], [3, 4]])

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            (np.zeros(3), "must be a matrix of numbers, a row a sample; here is float64, 3."),
            (np.zeros((3, 0)), "here is float64, 3 x 0."),
            (np.array([["a"]] * 3), "must be a matrix of numbers"),
            (np.zeros((2, 4)), "There are 2 vectors for 3 rows of the table"),
            (np.array([[0.0], [np.nan], [0.0]]), "Row 2 of the vectors holds a value that is NaN or infinite."),
            (np.array([[0.0], [0.0], [1e39]]), "Row 3 of the vectors holds a value that is NaN or infinite."),
        ],
    )
    def test_bad(self, given, message):
        with pytest.raises(ExplorerError) as error:
            checked_vectors(given, 3)
        assert message in str(error.value)
