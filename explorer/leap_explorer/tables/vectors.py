"""A latent space without a model: the texts' words, or vectors that the user has."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from leap_explorer.errors import BadRows, ExplorerError

Vectors = npt.NDArray[np.float32]

DIMENSIONS = 64

_WORD = re.compile(r"\w+(?:['\u2019]\w+)*")
_MARKUP = re.compile(r"<[^<>]{0,100}>")
_MANY = 50  # texts, from which a word must stand in two of them, and in no more than half


def words_of(text: str) -> list[str]:
    """A text's words as they are written; HTML's tags are none."""
    return _WORD.findall(_MARKUP.sub(" ", text))


def vectors_of_texts(texts: Sequence[str], seed: int) -> Vectors:
    """[n, d] latent semantic analysis (Deerwester et al. 1990): TF-IDF of the words, 64 dimensions of its SVD at most.

    Rows have length 1, so that Euclidean distance follows the cosine, or 0 where no word counts. Words that stand in
    one text only, or in more than half of them, do not count where there are 50 texts or more.

    Raises:
        ExplorerError: no word counts.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    limits: dict[str, Any] = {"min_df": 2, "max_df": 0.5} if len(texts) >= _MANY else {}
    vectorizer = TfidfVectorizer(analyzer=_lowered_words, sublinear_tf=True, dtype=np.float32, **limits)
    try:
        weights = vectorizer.fit_transform(texts)
    except ValueError as error:  # an empty vocabulary
        raise ExplorerError("The texts share no words from which a map can be drawn. Give vectors of them.") from error
    svd = TruncatedSVD(min(DIMENSIONS, *weights.shape), random_state=seed)
    return np.asarray(normalize(svd.fit_transform(weights)), dtype=np.float32)


def checked_vectors(given: Any, count: int, rows: Sequence[int] | slice = slice(None)) -> Vectors:
    """Vectors that the user has, [n, d], of those `rows` of the table's `count` that are asked for.

    Raises:
        ExplorerError: they are no matrix of numbers, or are not as many as the table's rows.
        BadRows: some are not finite.
    """
    vectors = np.asarray(given)
    if vectors.dtype.kind not in "iuf" or vectors.ndim != 2 or not vectors.shape[1]:
        shape = " x ".join(map(str, vectors.shape))
        raise ExplorerError(
            f"The vectors must be a matrix of numbers, a row a sample; here is {vectors.dtype}, {shape}."
        )
    if len(vectors) != count:
        raise ExplorerError(f"There are {len(vectors):,} vectors for {count:,} rows of the table; give one a row.")
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused
        vectors = vectors[rows].astype(np.float32)
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(bad):
        said = "holds a value that is NaN or infinite"
        reasons = {int(row): f"its vector {said}" for row in bad}
        raise BadRows(f"Row {bad[0] + 1} of the vectors {said}.", reasons)
    return vectors


def _lowered_words(text: str) -> list[str]:
    return words_of(text.lower())
