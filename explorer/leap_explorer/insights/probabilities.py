"""A classifier's probabilities among the columns of a run."""

import numpy as np
import numpy.typing as npt
import pandas as pd

PREFIX = "probability_"


def labels_of(samples: pd.DataFrame) -> list[str]:
    """The labels that the run has probabilities of, in its order; none of a regression."""
    return [name.removeprefix(PREFIX) for name in samples.columns if name.startswith(PREFIX)]


def probabilities(table: pd.DataFrame, labels: list[str]) -> npt.NDArray[np.float64]:
    """[rows, labels], NaN where unknown."""
    return table[[PREFIX + label for label in labels]].to_numpy(dtype=np.float64, na_value=np.nan)


def normalised(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Rows whose sums, which rounding made differ from 1, are 1; none is 0."""
    clipped = np.clip(values, 1e-12, None)
    return clipped / clipped.sum(axis=1, keepdims=True)
