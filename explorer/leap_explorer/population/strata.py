"""Strata of a population, and draws that take of each as large a part as of all."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Strata = npt.NDArray[np.int64]

_DENSITIES = 5  # equally many samples in each
_MOST_CLASSES = 1_000  # a ground truth of more different values names no classes


def strata_of(subsets: Iterable[Any], truths: Iterable[Any], scores: npt.NDArray[np.floating]) -> Strata:
    """The stratum [n] of each sample: its subset, its class, and the fifth that its outlier score is in.

    An outlier score is high where samples lie far apart, so that it stands for density. Unknown scores, and unknown
    classes, are strata of their own; a ground truth of more than 1,000 values is none.
    """
    classes = pd.factorize(pd.Series(truths))[0]
    classes = classes if classes.max(initial=-1) < _MOST_CLASSES else np.zeros_like(classes)
    known = np.isfinite(scores)
    edges = np.quantile(scores[known], np.arange(1, _DENSITIES) / _DENSITIES) if known.any() else np.empty(0)
    densities = np.where(known, np.searchsorted(edges, scores), _DENSITIES)
    columns = [pd.factorize(pd.Series(subsets))[0], classes, densities]
    return np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def drawn_evenly(strata: Strata, count: int, seed: int) -> npt.NDArray[np.int64]:
    """`count` of the rows, ascending, drawn with the seed: of each stratum the same share, up to one row."""
    order = np.lexsort((np.random.default_rng(seed).random(len(strata)), strata))
    return np.sort(order[np.linspace(0, len(order) - 1, count).astype(np.int64)])
