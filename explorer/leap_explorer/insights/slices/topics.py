"""What samples are about, from their words alone: small topics, numbered so that neighbours are alike."""

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.cluster.hierarchy import leaves_list, linkage

from leap_explorer.insights.slices.word_index import WordIndex

Floats = npt.NDArray[np.float64]

#: How many topics each column has: broad ones and narrow ones.
TOPICS = {"topic": 24, "subtopic": 64}
#: Dimensions of the space they are found in, words that span it, samples that it is fitted to.
_DIMENSIONS, _WORDS, _FITTED = 96, 4_000, 10_000
_ROWS_PER_TOPIC, _ROUNDS = 50, 15
_BLOCK = 32_768  # samples at a time


def topic_numbers(words: WordIndex, seed: int = 0) -> dict[str, Floats]:
    """The broad and the narrow topic of each sample, 0 upwards, by the column's name; NaN where no word is shown.

    k-means on the samples' directions in a latent semantic space (Deerwester et al. 1990: truncated SVD of the words'
    TF-IDF). Topics are numbered along a dendrogram of their centres (average linkage of cosine distances, leaves in
    optimal order), so that a range of numbers is a broader topic. Empty where too few samples show text.
    """
    rows = np.flatnonzero(words.has_text)
    if len(rows) < 2 * _ROWS_PER_TOPIC or len(words.terms) < 2:
        return {}
    vectors = _directions(words, rows, seed)
    some = np.linalg.norm(vectors, axis=1) > 0.5  # a sample without any of the words has no direction
    rows, vectors = rows[some], vectors[some]
    counts = {name: min(count, len(rows) // _ROWS_PER_TOPIC) for name, count in TOPICS.items()}
    if min(counts.values()) < 2:
        return {}
    fitted = np.random.default_rng(seed).permutation(len(rows))[:_FITTED]
    found = {}
    for name, count in counts.items():
        found[name] = np.full(len(words), np.nan)
        found[name][rows] = _clusters(vectors, fitted, count, seed)
    return found


def _directions(words: WordIndex, rows: npt.NDArray[np.intp], seed: int) -> npt.NDArray[np.float32]:
    """Unit vectors (rows, dimensions) in the latent semantic space."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.preprocessing import normalize

    kept = [position for position, term in enumerate(words.terms) if " " not in term][:_WORDS]
    kept = kept if len(kept) > 1 else list(range(len(words.terms)))
    weights = np.log(len(rows) / np.maximum(np.diff(words.by_term.indptr)[kept], 1)).astype(np.float32)

    def table(some: npt.NDArray[np.intp]) -> sparse.csr_matrix:
        shown = words.shown[some][:, kept].astype(np.float32)
        return normalize(sparse.csr_matrix(shown @ sparse.diags_array(weights)))

    dimensions = min(_DIMENSIONS, len(kept) - 1)
    fitted = table(rows[:: max(1, len(rows) // _FITTED)])
    svd = TruncatedSVD(dimensions, n_iter=2, random_state=seed).fit(fitted)
    blocks = [rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK)]
    return np.concatenate([np.asarray(normalize(svd.transform(table(one))), dtype=np.float32) for one in blocks])


def _clusters(
    vectors: npt.NDArray[np.float32], fitted: npt.NDArray[np.intp], count: int, seed: int
) -> npt.NDArray[np.intp]:
    """The number of each vector's nearest centre: k-means by cosine (Dhillon and Modha 2001), fitted to some rows."""
    some = vectors[fitted]
    centres = np.random.default_rng(seed).choice(some, count, replace=False)
    for _ in range(_ROUNDS):
        nearest = (some @ centres.T).argmax(axis=1)
        members = sparse.csr_array(
            (np.ones(len(some), np.float32), (nearest, np.arange(len(some)))), (count, len(some))
        )
        sums = members @ some
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.where(lengths > 0, sums / np.maximum(lengths, 1e-12), centres)
    order = leaves_list(linkage(centres, "average", metric="cosine", optimal_ordering=True))
    place = np.empty(count, dtype=np.intp)
    place[order] = np.arange(count)
    return np.asarray(place[(vectors @ centres.T).argmax(axis=1)])
