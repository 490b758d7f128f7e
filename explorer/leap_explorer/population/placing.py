"""Rows placed on a map that was drawn of others."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Neighbours = tuple[npt.NDArray[np.integer], npt.NDArray[np.floating]]

_NEIGHBOURS = 5
_SEARCHED = 4_096  # rows up to which all distances are looked at, as in UMAP itself
_BLOCK = 16_384  # rows at a time


def between_neighbours(
    fitted: Vectors, places: Vectors, rows: Vectors, seed: int, searched: int = _SEARCHED
) -> Vectors:
    """The place [n, 2] of each row: the mean of those of its 5 nearest neighbours among the fitted.

    The nearer weigh more, by the inverse of the distance; a row that is one of the fitted has that one's place. Of more
    than `searched` fitted rows the neighbours are found by nearest-neighbour descent (Dong et al. 2011), which misses a
    few.

    Args:
        fitted: [m, d], different rows.
        places: [m, 2]
        rows: [n, d]
    """
    count = min(_NEIGHBOURS, len(fitted))
    found = np.empty((len(rows), 2), dtype=np.float32)
    query = _all_distances(fitted, count) if len(fitted) <= searched else _descent(fitted, count, seed)
    for start in range(0, len(rows), _BLOCK):
        neighbours, distances = query(np.ascontiguousarray(rows[start : start + _BLOCK]))
        weights = 1 / np.maximum(distances, 1e-9 * (distances.max() or 1))
        weights /= weights.sum(axis=1, keepdims=True)
        found[start : start + _BLOCK] = (weights[:, :, None] * places[neighbours]).sum(axis=1)
    return found


def _all_distances(fitted: Vectors, count: int) -> Callable[[Vectors], Neighbours]:
    from sklearn.neighbors import NearestNeighbors

    model = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(fitted)
    return lambda rows: model.kneighbors(rows)[::-1]


def _descent(fitted: Vectors, count: int, seed: int) -> Callable[[Vectors], Neighbours]:
    from pynndescent import NNDescent

    index = NNDescent(fitted, random_state=seed, n_jobs=1)
    return lambda rows: index.query(rows, k=count)
