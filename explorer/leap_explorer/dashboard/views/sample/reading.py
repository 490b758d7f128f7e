"""A sample's place among the others, and what a model is asked about its text."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.state import State
from leap_explorer.dashboard.views.insights.status import insights_of
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.reader import Explanation
from leap_explorer.explain.word_heat import with_line_breaks
from leap_explorer.insights import Insight
from leap_explorer.insights.rows import Mask, held_out

LOSS = "loss"
TARGET = "sample.target"  #: the setting of what is explained: a label, or `LOSS`

_NO_LABEL = "A loss needs a label, and this text has none: shown is what speaks for a label instead."

Rows = npt.NDArray[np.intp]
Explain = Callable[[str, str, str], Explanation]  #: run, text, target


def by_loss(data: RunData, mask: Mask) -> Rows:
    """Rows of the mask, the highest loss first; unknown losses last, ties in the run's order."""
    rows = np.flatnonzero(mask)
    return rows[np.argsort(-data.numbers("loss")[rows], kind="stable")]


def highest_losses(data: RunData, mask: Mask, count: int) -> Rows:
    """Of the mask's samples those with the highest loss, held out ones if there are any."""
    known = mask & np.isfinite(data.numbers("loss"))
    unseen = mask & held_out(data.frame)
    return by_loss(data, unseen if unseen.any() else known)[:count]


@dataclass(frozen=True)
class Place:
    """Where a sample stands in an order."""

    position: int | None  #: from 1; None if it is not in it
    count: int
    previous: str | None  #: key of the one before
    next: str | None


def place_in(data: RunData, order: Rows, row: int) -> Place:
    """A sample's place; the first one follows a sample that is not in the order."""
    found = np.flatnonzero(order == row)
    if not len(found):
        return Place(None, len(order), None, data.keys[order[0]] if len(order) else None)
    index = int(found[0])
    before = data.keys[order[index - 1]] if index else None
    after = data.keys[order[index + 1]] if index + 1 < len(order) else None
    return Place(index + 1, len(order), before, after)


def insights_with(data: RunData, row: int) -> list[Insight]:
    """The insights among whose samples a row is."""
    fitting = (one for one in insights_of(data) if not data.split_filter(one.filter)[1])
    return [one for one in fitting if data.meets(one.filter)[row]]


@dataclass(frozen=True)
class Reading:
    """A text to be read by the models."""

    key: str  #: of the sample that is shown; empty without one
    text: str
    is_edited: bool  #: whether it is another text than the sample's


def reading_of(context: Context, key: str, typed: str | None) -> Reading | None:
    """What is to be read: the text that was typed, or else the sample's; None if there is none.

    The box shows the sample's line breaks as line ends, which is no edit.
    """
    original = text_of(context, key)
    if typed is not None and typed != _as_typed(original or ""):
        return Reading(key, typed, True)
    return None if original is None else Reading(key, original, False)


def _as_typed(text: str) -> str:
    """The text as a box of a page gives it back."""
    return with_line_breaks(text).replace("\r\n", "\n").replace("\r", "\n")


def text_of(context: Context, key: str) -> str | None:
    """The text of a sample by its key `subset/id`."""
    return context.text(key.partition("/")[2]) if key else None


def prediction_of(data: RunData, key: str) -> str | None:
    """What the run says of a sample; None where it does not."""
    return _label(data, key, "prediction")


def truth_of(data: RunData, key: str) -> str | None:
    """A sample's ground truth; None where the run has none."""
    return _label(data, key, "ground_truth")


def target_of(context: Context, state: State, reading: Reading) -> tuple[str, str | None]:
    """What all models on the page explain, and a note where that is not what was asked for.

    It is the same for each of them, and no edit changes it, so that a colour always means the same: of two labels the
    second; of more the one that is chosen, by default the sample's own; or the loss.
    """
    labels = labels_of(context.data.values())
    truth = next(filter(None, (truth_of(data, reading.key) for data in context.data.values())), None)
    wanted = state.get(TARGET)
    has_loss = truth is not None and not reading.is_edited
    if not labels or (wanted == LOSS and has_loss):
        return LOSS, None
    note = _NO_LABEL if wanted == LOSS else None
    if len(labels) == 2:
        return labels[1], note
    if wanted in labels:
        return wanted, note
    return truth or prediction_of(context.active(state), reading.key) or labels[0], note


def labels_of(runs: Iterable[RunData]) -> list[str]:
    """The labels of all runs, each once."""
    return list(dict.fromkeys(label for data in runs for label in data.labels))


def explained(explain: Explain, data: RunData, reading: Reading, target: str) -> Explanation:
    """What drives a run's model on the text.

    Raises:
        ExplorerError: the model has no such label, or cannot be asked.
    """
    if target not in (*data.labels, LOSS):
        raise ExplorerError(f"This model has no label {target}; it has {', '.join(data.labels) or 'none'}.")
    return explain(data.name, reading.text, target)


def probabilities_of(data: RunData, key: str) -> dict[str, float]:
    """What the run says of a sample, by label; empty where it does not."""
    row = data.rows.get(key)
    if row is None or not data.is_evaluated[row]:
        return {}
    values = {label: float(data.numbers(f"probability_{label}")[row]) for label in data.labels}
    return {} if any(np.isnan(value) for value in values.values()) else values


def _label(data: RunData, key: str, column: str) -> str | None:
    row = data.rows.get(key)
    if row is None or column not in data.frame:
        return None
    value = data.frame[column].iloc[row]
    return None if pd.isna(value) else str(value)
