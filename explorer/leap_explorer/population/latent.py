"""The population in latent space: where samples lie, which belong together, which are alike, which lie apart.

Everywhere `latent` is [n, d], one row a sample; a row with a value that is not finite (a sample that failed) takes no
part and its result is NaN, or -1 for a cluster. Distances are Euclidean in the latent space as it is: its dimensions
are activations of one layer and share a unit, so that standardising them would blow up the ones that hardly vary.

Where there are more rows than `FITTED` or `BATCHED`, a part of them stands for all in what takes more than linear time,
and `latent` may be memory-mapped: it is read in blocks, and copied only if a row of it is not finite.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leap_explorer.population.placing import between_neighbours
from leap_explorer.population.strata import drawn_evenly
from leap_explorer.silent_imports import import_umap

Array = npt.NDArray[np.floating]
Coordinates = npt.NDArray[np.float32]

FITTED = 50_000  #: rows that UMAP is fitted to at most
BATCHED = 100_000  #: rows above which components and clusters are found batch by batch

_UMAP_COLUMNS = 50
_UMAP_NEIGHBOURS = 15
_SILHOUETTE_ROWS = 5_000
_REFERENCE_ROWS = 10_000
_BLOCK = 8_192  # rows at a time
_QUERIED = 65_536  # rows whose distances to the reference are looked at together


@dataclass(frozen=True)
class Clustering:
    """Clusters of a population.

    - `labels` [n]: 0 for the largest cluster, and so on; -1 for rows that are not finite.
    - `k`: number of clusters; 1 where there are too few distinct rows for any candidate, 0 without a row.
    - `silhouettes`: mean silhouette of each candidate k, -1 to 1, higher is better separated.
    """

    labels: npt.NDArray[np.int16]
    k: int
    silhouettes: dict[int, float]


def project_pca(latent: Array, seed: int = 0, batched: int = BATCHED) -> Coordinates:
    """The first two principal components, [n, 2]; the largest loading of each is positive, which fixes its sign.

    Where the rows do not span two dimensions the missing ones are 0. Of more than `batched` rows they are found from
    sums over blocks of rows.
    """
    is_finite, rows = _finite_rows(latent)
    return _spread(is_finite, _principal_components(rows, 2, seed, batched))


def project_umap(
    latent: Array, seed: int = 0, strata: npt.NDArray[np.int64] | None = None, fitted: int = FITTED
) -> Coordinates:
    """UMAP with 15 neighbours (McInnes et al. 2018), [n, 2]; equal for an equal seed.

    Identical rows are projected once and share one place: enough of them would otherwise fill each other's
    neighbourhoods and drift away as an island. More than 50 columns are first reduced to 50 principal components. The
    layout starts from the first two components instead of the spectral embedding, whose solver can fail. Fewer than
    four distinct rows are projected with PCA.

    Of more than `fitted` rows so many are projected, drawn evenly over the `strata` [n] that each is in; every other
    row is placed among those of them that it is nearest to.
    """
    is_finite, rows = _finite_rows(latent)
    if len(rows) <= fitted:
        return _spread(is_finite, _umap_of_distinct(rows, seed))
    kinds = np.zeros(len(rows), dtype=np.int64) if strata is None else strata[is_finite]
    return _spread(is_finite, _umap_of_drawn(rows, drawn_evenly(kinds, fitted, seed), seed))


def find_clusters(
    latent: Array, candidates: Sequence[int] = (4, 6, 8, 10, 12, 16), seed: int = 0, batched: int = BATCHED
) -> Clustering:
    """k-means, with the candidate k of the highest mean silhouette (Rousseeuw 1987); of equal ones the smallest.

    The silhouette is that of a seeded sample of at most 5,000 rows. Candidates below 2, or not below the number of
    distinct rows, are left out. More than `batched` rows are clustered by mini-batch k-means (Sculley 2010).
    """
    is_finite, rows = _finite_rows(latent)
    labels = np.full(len(latent), -1, dtype=np.int16)
    n_distinct = _count_distinct(rows, max(candidates, default=0))
    possible = [k for k in sorted(set(candidates)) if 2 <= k < n_distinct]
    if not possible:
        labels[is_finite] = 0
        return Clustering(labels, int(is_finite.any()), {})
    sample = _sample(len(rows), _SILHOUETTE_ROWS, seed)
    found = {k: _kmeans(rows, k, seed, batched) for k in possible}
    silhouettes = {k: _silhouette(rows[sample], found[k][sample]) for k in possible}
    best = max(possible, key=lambda k: silhouettes[k])
    labels[is_finite] = found[best]
    return Clustering(labels, best, silhouettes)


def nearest_neighbours(latent: Array, row: int, count: int = 10, metric: str = "cosine") -> list[tuple[int, float]]:
    """The `count` rows nearest to `row`, itself left out, as (row, distance), the nearest first.

    `metric` is "cosine" (1 - cosine of the angle, 0-2; 1 to a row of zeros) or "euclidean" (0 upwards). None for a row
    that is not finite.

    Raises:
        ValueError: an unknown metric.
    """
    if metric not in ("cosine", "euclidean"):
        raise ValueError(f"metric is {metric!r}; it must be 'cosine' or 'euclidean'")
    target = np.asarray(latent[row], dtype=np.float64)
    if not np.isfinite(target).all():
        return []
    blocks = [np.asarray(latent[start : start + _BLOCK]) for start in range(0, len(latent), _BLOCK)]
    distances = np.concatenate([_distances(block.astype(np.float64), target, metric) for block in blocks])
    distances[row] = np.nan
    nearest = np.argsort(distances, kind="stable")[:count]  # NaN sorts last
    return [(int(index), float(distances[index])) for index in nearest if np.isfinite(distances[index])]


def most_typical(latent: Array, members: npt.NDArray[np.bool_], count: int) -> npt.NDArray[np.intp]:
    """Rows of the members that lie nearest to their mean, the nearest first; those without a place are left out.

    Args:
        latent: [n, d]
        members: [n]
    """
    rows = np.flatnonzero(members)
    vectors = np.asarray(latent[rows], dtype=np.float64)
    is_known = np.isfinite(vectors).all(axis=1)
    rows, vectors = rows[is_known], vectors[is_known]
    distances = np.linalg.norm(vectors - vectors.mean(axis=0), axis=1) if len(rows) else np.empty(0)
    return rows[np.argsort(distances, kind="stable")[:count]]


def outlier_scores(
    latent: Array, is_training: npt.NDArray[np.bool_], count: int = 10, seed: int = 0, queried: int = _QUERIED
) -> Coordinates:
    """How far each sample lies from the training samples, [n], 0 upwards; about 1 is usual, higher is further out.

    The mean distance to the `count` nearest training samples, itself excluded, in units of the training samples' median
    of the same. At most 10,000 training samples, drawn with the seed, are the reference, so that distances to them are
    somewhat longer than to all; the unit is too. All NaN with fewer than two training samples, or where the median is
    0: more than half of them are identical then, and there is no unit. Distances are worked out for `queried` rows at
    a time.
    """
    from sklearn.neighbors import NearestNeighbors

    is_finite, rows = _finite_rows(latent)
    scores = np.full(len(latent), np.nan, dtype=np.float32)
    training = np.flatnonzero(np.asarray(is_training, dtype=bool)[is_finite])
    reference = training[_sample(len(training), _REFERENCE_ROWS, seed)]
    count = min(count, len(reference) - 1)
    if count < 1:
        return scores
    model = NearestNeighbors(n_neighbors=count + 1, algorithm="brute").fit(rows[reference])
    means = np.empty(len(rows))
    for start in range(0, len(rows), queried):
        distances, neighbours = model.kneighbors(rows[start : start + queried])
        means[start : start + queried] = _mean_without_self(distances, reference[neighbours], start)
    unit = np.median(means[training])
    if unit > 0:
        scores[is_finite] = means / unit
    return scores


def _finite_rows(latent: Array) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float32]]:
    """Which rows are finite, [n], and those rows; the very array that was given, where it is all of them."""
    blocks = [np.isfinite(latent[start : start + _BLOCK]).all(axis=1) for start in range(0, len(latent), _BLOCK)]
    is_finite = np.concatenate([np.empty(0, dtype=bool), *blocks])
    return is_finite, np.asarray(latent if is_finite.all() else latent[is_finite], dtype=np.float32)


def _spread(is_finite: npt.NDArray[np.bool_], projected: Coordinates) -> Coordinates:
    """The projection of the finite rows, NaN for the others."""
    coordinates = np.full((len(is_finite), 2), np.nan, dtype=np.float32)
    coordinates[is_finite] = projected
    return coordinates


def _principal_components(rows: Coordinates, count: int, seed: int, batched: int = BATCHED) -> Coordinates:
    """Scores on the first `count` principal components, [n, count]."""
    from sklearn.decomposition import PCA

    scores = np.zeros((len(rows), count), dtype=np.float32)
    if len(rows) < 2 or (rows == rows[0]).all():  # no variance to explain
        return scores
    rank = min(count, *rows.shape)
    if len(rows) <= batched:
        model = PCA(rank, random_state=seed)
        found, loadings = model.fit_transform(rows), model.components_
    else:
        mean, loadings = _principal_axes(rows, rank)
        blocks = [(block - mean) @ loadings.T for block in _blocks(rows)]
        found = np.concatenate(blocks)
    largest = loadings[np.arange(len(loadings)), np.abs(loadings).argmax(axis=1)]
    scores[:, : found.shape[1]] = found * np.where(largest < 0, -1, 1)
    return scores


def _principal_axes(rows: Coordinates, count: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The mean [d], and the first `count` eigenvectors [count, d] of the covariance, from sums over blocks of rows."""
    near = rows[:_BLOCK].mean(axis=0, dtype=np.float64)  # small numbers keep more of their digits
    total, products = np.zeros(rows.shape[1]), np.zeros((rows.shape[1], rows.shape[1]))
    for block in _blocks(rows):
        shifted = block - near
        total += shifted.sum(axis=0)
        products += shifted.T @ shifted
    mean = total / len(rows)
    _, vectors = np.linalg.eigh(products / len(rows) - np.outer(mean, mean))
    return near + mean, vectors[:, ::-1][:, :count].T


def _blocks(rows: Coordinates) -> Iterator[npt.NDArray[np.float64]]:
    for start in range(0, len(rows), _BLOCK):
        yield rows[start : start + _BLOCK].astype(np.float64)


def _umap_of_distinct(rows: Coordinates, seed: int) -> Coordinates:
    distinct, inverse = np.unique(rows, axis=0, return_inverse=True)
    return _umap(distinct, seed)[inverse.reshape(-1)]


def _umap_of_drawn(rows: Coordinates, drawn: npt.NDArray[np.int64], seed: int) -> Coordinates:
    """UMAP of the drawn rows, and all others between those that they are nearest to."""
    if rows.shape[1] > _UMAP_COLUMNS:
        rows = _principal_components(rows, _UMAP_COLUMNS, seed)
    distinct, inverse = np.unique(rows[drawn], axis=0, return_inverse=True)
    places = _umap(distinct, seed)
    found = between_neighbours(distinct, places, rows, seed)
    found[drawn] = places[inverse.reshape(-1)]
    return found


def _umap(rows: Coordinates, seed: int) -> Coordinates:
    """UMAP of distinct rows."""
    if len(rows) < 4:
        return _principal_components(rows, 2, seed)
    if rows.shape[1] > _UMAP_COLUMNS:
        rows = _principal_components(rows, _UMAP_COLUMNS, seed)
    neighbours = min(_UMAP_NEIGHBOURS, len(rows) - 1)
    # One thread is all that a seed allows; asking for more only earns a warning.
    model = import_umap().UMAP(n_neighbors=neighbours, init=_start(rows, seed), random_state=seed, n_jobs=1)
    return model.fit_transform(rows)


def _start(rows: Coordinates, seed: int) -> Coordinates:
    """Where the layout starts: two principal components, at most 10 from 0, with noise that separates equal places."""
    components = _principal_components(rows, 2, seed)
    noise = np.random.default_rng(seed).normal(scale=1e-4, size=components.shape)
    return (10 * components / np.abs(components).max() + noise).astype(np.float32)


def _count_distinct(rows: Coordinates, enough: int) -> int:
    """Number of distinct rows; counting ends at the first one more than `enough`."""
    seen: set[bytes] = set()
    for row in rows:
        seen.add((row + 0).tobytes())  # -0.0 becomes 0.0
        if len(seen) > enough:
            break
    return len(seen)


def _kmeans(rows: Coordinates, k: int, seed: int, batched: int) -> npt.NDArray[np.int16]:
    """Cluster of each row, the largest cluster first."""
    from sklearn.cluster import KMeans, MiniBatchKMeans

    few = len(rows) <= batched
    model = (
        KMeans(k, n_init=4, random_state=seed)
        if few
        else MiniBatchKMeans(k, n_init=4, batch_size=_BLOCK, random_state=seed)
    )
    labels = model.fit_predict(rows)
    order = np.argsort(-np.bincount(labels, minlength=k), kind="stable")
    return np.argsort(order).astype(np.int16)[labels]


def _silhouette(rows: Coordinates, labels: npt.NDArray[np.int16]) -> float:
    """Mean silhouette; -1, the worst, where it is undefined: all rows are in one cluster, or each in its own."""
    from sklearn.metrics import silhouette_score

    return float(silhouette_score(rows, labels)) if 2 <= len(np.unique(labels)) < len(rows) else -1.0


def _sample(size: int, limit: int, seed: int) -> npt.NDArray[np.int64]:
    """At most `limit` of the numbers below `size`, in ascending order."""
    if size <= limit:
        return np.arange(size)
    return np.sort(np.random.default_rng(seed).choice(size, limit, replace=False))


def _distances(rows: npt.NDArray[np.float64], target: npt.NDArray[np.float64], metric: str) -> npt.NDArray[np.float64]:
    if metric == "euclidean":
        return np.linalg.norm(rows - target, axis=1)
    norms = np.linalg.norm(rows, axis=1) * np.linalg.norm(target)
    cosines = np.divide(rows @ target, norms, out=np.zeros(len(rows)), where=norms > 0)
    distances = 1 - np.clip(cosines, -1, 1)
    return np.where(np.isfinite(norms), distances, np.nan)


def _mean_without_self(distances: Array, neighbours: npt.NDArray[np.int64], start: int) -> Array:
    """Mean distance [n] over all neighbours [n, count + 1] but the row itself, or else but the furthest.

    The rows are numbered from `start` on. Among more than `count` identical rows a row need not be its own neighbour.
    """
    is_left_out = neighbours == np.arange(start, start + len(neighbours))[:, None]
    is_left_out[~is_left_out.any(axis=1), -1] = True
    return distances[~is_left_out].reshape(len(distances), -1).mean(axis=1)
