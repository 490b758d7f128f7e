"""What a classifier mixes up."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.dashboard.run_data import RunData
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


def cell_conditions(truth: str, prediction: str) -> Filter:
    """What the samples meet that a cell counts."""
    return Condition("ground_truth", "==", truth), Condition("prediction", "==", prediction)


def of_subsets(subsets: Sequence[str]) -> Filter:
    """The condition that samples are of some subsets; none: of all."""
    if not subsets:
        return ()
    return (Condition("subset", "in", tuple(subsets)) if len(subsets) > 1 else Condition("subset", "==", subsets[0]),)
