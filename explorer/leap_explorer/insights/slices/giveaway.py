"""Columns that together give the label away: with what the model says, they only tell where it is wrong."""

from itertools import combinations

import numpy as np
import numpy.typing as npt

from leap_explorer.insights.slices.features import Feature, bin_starts

Codes = npt.NDArray[np.intp]

#: Two columns tell the label if their cells hold this share of one label, and this much more than either column's.
_TOLD, _GAINED = 0.93, 0.1
_RANGES, _MOST_ROWS = 12, 50_000


def giveaways(features: list[Feature], labels: Codes) -> frozenset[int]:
    """The features (by number) that tell the samples' labels together with another one, and not alone.

    "The sentiment of its words contradicts the label" is such a column beside the sentiment of its words. Each number
    is cut into twelve ranges with about as many samples.

    Args:
        labels: (samples,), the number of each sample's label.
    """
    step = max(1, len(labels) // _MOST_ROWS)
    labels = labels[::step]
    codes = [_coded(feature)[::step] for feature in features]
    alone = [_told(code, labels) for code in codes]
    found: set[int] = set()
    for first, second in combinations(range(len(features)), 2):
        together = _told(codes[first] * (int(codes[second].max()) + 1) + codes[second], labels)
        if together >= max(_TOLD, alone[first] + _GAINED, alone[second] + _GAINED):
            found |= {first, second}
    return frozenset(found)


def _coded(feature: Feature) -> Codes:
    """The range or value of each sample, as a small number."""
    ranks = feature.ranks.astype(np.intp)
    if not feature.is_ordered:
        return ranks
    starts = bin_starts(feature.counts()[: feature.missing], _RANGES)
    return np.where(ranks < feature.missing, np.searchsorted(starts, ranks, side="right"), 0)


def _told(cells: Codes, labels: Codes) -> float:
    """The share of samples that have the most frequent label of their cell."""
    counts = np.zeros((int(cells.max()) + 1, int(labels.max()) + 1), dtype=np.int64)
    np.add.at(counts, (cells, labels), 1)
    return float(counts.max(axis=1).sum() / len(labels))
