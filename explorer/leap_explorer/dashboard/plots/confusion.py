"""What a classifier mixes up."""

from collections.abc import Sequence
from functools import reduce

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.state import with_condition
from leap_explorer.insights.filters import Condition, Filter
from leap_explorer.insights.rows import Mask


def confusion(data: RunData, rows: Mask) -> npt.NDArray[np.int64]:
    """[labels, labels], how many samples of the label in a row are predicted to be that of the column."""
    truth, prediction = (
        pd.Categorical(data.frame.loc[rows, name], categories=data.labels).codes.astype(int)
        for name in ("ground_truth", "prediction")
    )
    known = (truth >= 0) & (prediction >= 0)
    counts = np.zeros((len(data.labels), len(data.labels)), dtype=np.int64)
    np.add.at(counts, (truth[known], prediction[known]), 1)
    return counts


def most_mixed_up(counts: npt.NDArray[np.int64], most: int) -> list[tuple[int, int]]:
    """Of a confusion matrix the cells (row, column) off the diagonal that hold the most samples, the fullest first."""
    wrong = np.where(np.eye(len(counts), dtype=bool), 0, counts)
    fullest = np.argsort(-wrong, axis=None, kind="stable")[:most]
    rows, columns = np.unravel_index(fullest, wrong.shape)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True) if wrong[row, column]]


def cell_filter(current: Filter, truth: str, prediction: str, subsets: Sequence[str]) -> Filter:
    """The filter of the samples that a cell counts, which is not 0.

    A condition of the cell replaces those of its column, which the cell's samples meet in any case.

    Args:
        current: the filter that the counted samples meet, with the matrix's run as the active one.
        subsets: those that the counted samples are of; none: all.
    """
    new = [Condition("ground_truth", "==", truth), Condition("prediction", "==", prediction)]
    if subsets:
        new.append(
            Condition("subset", "in", tuple(subsets)) if len(subsets) > 1 else Condition("subset", "==", subsets[0])
        )
    return reduce(with_condition, new, current)
