"""Which of a run's samples were evaluated, and which of them the model was not trained on."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.errors import ExplorerError

Mask = npt.NDArray[np.bool_]

TRAINING = "training"
ADDITIONAL = "additional"  #: simulated or synthetic samples, which are compared with the others, never mixed in

#: Subsets that say nothing of how the model does on new samples of its own domain.
NOT_HELD_OUT = (TRAINING, ADDITIONAL)


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
    """Samples with a loss that the model was not trained on: labelled, of every subset but training and additional.

    The only definition of it: insights, clusters, the dashboard and its report all ask here.
    """
    counts = ~column(samples, "subset").isin(NOT_HELD_OUT).to_numpy(dtype=bool)
    return counts & evaluated(samples) & known(samples, "loss")
