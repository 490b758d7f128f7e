"""Loss and metric of each row of a table."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.tables.predictions import Outcome
from leap_explorer.tables.values import Floats

Places = npt.NDArray[np.intp]

#: Tables round probabilities to 0, whose logarithm would outweigh all other losses.
LEAST_PROBABILITY = 1e-7


def cross_entropy(outcome: Outcome) -> Floats:
    """[n], the negative logarithm of the given label's probability, 0 to 16.1; NaN where a row is not labelled."""
    loss = np.full(len(outcome.probabilities), np.nan)
    rows, columns = _labelled(outcome)
    loss[rows] = -np.log(np.maximum(outcome.probabilities[rows, columns], LEAST_PROBABILITY))
    return loss


def accuracy(outcome: Outcome) -> Floats:
    """[n], 1 where the most probable label is the given one, else 0; NaN where a row is not labelled."""
    found = np.full(len(outcome.probabilities), np.nan)
    rows, columns = _labelled(outcome)
    found[rows] = outcome.probabilities[rows].argmax(axis=1) == columns
    return found


def absolute_error(outcome: Outcome) -> Floats:
    """[n], distance of the predicted number from the right one, 0 upwards; NaN where a row is not labelled."""
    return np.abs(np.asarray(outcome.predicted, dtype=np.float64) - np.asarray(outcome.truths, dtype=np.float64))


def _labelled(outcome: Outcome) -> tuple[Places, Places]:
    """The rows with a label, and the place of each one's label."""
    rows = np.flatnonzero(pd.notna(np.asarray(outcome.truths, dtype=object)))
    place = {label: column for column, label in enumerate(outcome.labels or ())}
    return rows, np.array([place[str(outcome.truths[row])] for row in rows], dtype=np.intp)
