"""Which of a run's samples were evaluated, and which of them the model was not trained on."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.errors import ExplorerError

Mask = npt.NDArray[np.bool_]

TRAINING = "training"


def column(samples: pd.DataFrame, name: str) -> pd.Series:
    """One column of a run.

    Raises:
        ExplorerError: the run has no such column.
    """
    if name not in samples.columns:
        raise ExplorerError(f"The run has no column {name!r}; it has {', '.join(map(str, samples.columns))}.")
    return samples[name]


def known(samples: pd.DataFrame, name: str) -> Mask:
    """Whether the column has a value, for each row; nowhere where there is no such column."""
    if name not in samples.columns:
        return np.zeros(len(samples), dtype=bool)
    return samples[name].notna().to_numpy(dtype=bool)


def evaluated(samples: pd.DataFrame) -> Mask:
    """Samples whose evaluation did not fail."""
    return ~known(samples, "error")


def held_out(samples: pd.DataFrame) -> Mask:
    """Samples with a loss that the model was not trained on: labelled, of every subset but training.

    The only definition of it: insights, clusters, the dashboard and its report all ask here.
    """
    not_training = (column(samples, "subset") != TRAINING).to_numpy(dtype=bool, na_value=False)
    return not_training & evaluated(samples) & known(samples, "loss")
