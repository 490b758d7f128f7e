"""Rows of a table that cannot be used: the first ends the reading, or all are left out, with the reason."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, TypeVar

import pandas as pd

from leap_explorer.errors import BadRows, ExplorerError
from leap_explorer.tables.predictions import Predictions, Roles, read_predictions
from leap_explorer.tables.vectors import Vectors, checked_vectors

BadRowsAre = Literal["stop", "skip"]
REASON = "skipped"  # the column that says why a row was left out

T = TypeVar("T")


class Sound(NamedTuple):
    """The rows that can be used."""

    predictions: Predictions
    vectors: Vectors | None  #: [n, d], of those rows; None where none are given
    skipped: pd.DataFrame  #: the others as they are, with the column `skipped`: number, from 1, and reason


def read_sound(frame: pd.DataFrame, roles: Roles, vectors: Any, skips: bool, known: Mapping[int, str]) -> Sound:
    """The rows of a table that can be used.

    Args:
        vectors: one a row of the table, or None.
        skips: whether rows that cannot be used are left out; the first raises otherwise.
        known: what is wrong with rows, by their places from 0, already; only where it `skips`.

    Raises:
        ExplorerError: as of `read_predictions` and `checked_vectors`; also where no row can be used, or the rows left
            out have a column `skipped` of their own.
    """
    table = frame.reset_index(drop=True)
    reasons = dict(known)

    def sound() -> pd.DataFrame:
        return table.drop(index=list(reasons))

    def checked() -> Vectors | None:
        return None if vectors is None else checked_vectors(vectors, len(table), sound().index.tolist())

    found = _retried(lambda: (checked(), read_predictions(sound(), roles)), sound, reasons, skips)
    skipped = table.loc[sorted(reasons)]
    if len(skipped) and REASON in skipped:
        raise ExplorerError(f"The table has a column {REASON!r}, as rows that are left out get; rename it first.")
    said = [f"row {row + 1}: {reasons[row]}" for row in skipped.index]
    return Sound(found[1], found[0], skipped.assign(**{REASON: said}))


def _retried(read: Callable[[], T], sound: Callable[[], pd.DataFrame], reasons: dict[int, str], skips: bool) -> T:
    """What `read` gives, once `reasons` holds all rows that it refuses."""
    while True:
        try:
            return read()
        except BadRows as error:
            rest = sound().index
            if not skips or len(error.reasons) == len(rest):
                raise
            reasons |= {int(rest[place]): reason for place, reason in error.reasons.items()}
