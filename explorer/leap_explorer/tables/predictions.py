"""A table of predictions, checked: which column is what, and what each row says."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leap_explorer.errors import ExplorerError
from leap_explorer.tables.values import Floats, Values, as_metadata, as_names, as_numbers, as_texts, refuse

MOST_LABELS = 1_000
HELD_OUT = "test"  # the subset of a table that names none
SUM_TOLERANCE = 0.01  # of the probabilities of one row, which tables round

_SUBSETS = {
    "train": "training",
    "training": "training",
    "val": "validation",
    "valid": "validation",
    "dev": "validation",
    "validation": "validation",
    "test": "test",
    "unlabeled": "unlabeled",
    "unlabelled": "unlabeled",
    "additional": "additional",
}


@dataclass(frozen=True)
class Roles:
    """Which column is what; None where the table has no such column."""

    text: str | None = None
    label: str | None = None
    probabilities: Mapping[str, str] | str | None = None  #: column by label, or a name with `*` for the label
    prediction: str | None = None  #: of a regression
    id: str | None = None
    subset: str | None = None
    metadata: Sequence[str] | None = None  #: None: all columns that are nothing else


@dataclass(frozen=True)
class Outcome:
    """What is right, and what the model says."""

    labels: tuple[str, ...] | None  #: of a classifier
    probabilities: Floats  #: [n, labels], rows sum to 1; [n, 0] of a regression
    truths: list[str | None] | Floats  #: labels, or numbers with NaN; missing where the row is not labelled
    predicted: list[str] | Floats  #: the most probable label, or a number


@dataclass(frozen=True)
class Predictions:
    """What the rows of a table say."""

    ids: list[str]
    subsets: list[str]
    texts: list[str] | None
    metadata: dict[str, Values]
    outcome: Outcome


def read_predictions(frame: pd.DataFrame, roles: Roles) -> Predictions:
    """The rows of a table, whose index is their places, from 0.

    Raises:
        ExplorerError: a column is not there, named twice or of two roles.
        BadRows: a value is not what its column must hold.
    """
    _check_names(frame)
    frame = frame.set_axis(list(map(str, frame.columns)), axis=1)
    by_label = _columns_of_labels(frame, roles.probabilities)
    singles = [roles.text, roles.label, roles.prediction, roles.id, roles.subset]
    used = [name for name in singles if name is not None] + list(by_label.values())
    _check_roles(frame, [*used, *(roles.metadata or ())])
    if bool(by_label) == (roles.prediction is not None):
        raise ExplorerError(
            "Give either the column of each label's probability, or, of a regression, the column of the prediction."
        )
    rest = [name for name in frame.columns if name not in used]
    texts = None if roles.text is None else as_texts(frame[roles.text])
    metadata = {name: as_metadata(frame[name]) for name in (rest if roles.metadata is None else roles.metadata)}
    outcome = _classified(frame, roles.label, by_label) if by_label else _regressed(frame, roles)
    return Predictions(_ids(frame, roles.id), _subsets(frame, roles.subset), texts, metadata, outcome)


def _check_names(frame: pd.DataFrame) -> None:
    if frame.empty:
        raise ExplorerError("The table has no rows.")
    for name, count in Counter(map(str, frame.columns)).items():
        if count > 1:
            raise ExplorerError(f"The table has the column {name!r} {count} times.")


def _check_roles(frame: pd.DataFrame, names: Sequence[str]) -> None:
    there = list(map(str, frame.columns))
    for name, count in Counter(names).items():
        if name not in there:
            raise ExplorerError(f"The table has no column {name!r}; it has {', '.join(there)}.")
        if count > 1:
            raise ExplorerError(f"The column {name!r} is named {count} times; a column is one thing only.")


def _columns_of_labels(frame: pd.DataFrame, given: Mapping[str, str] | str | None) -> dict[str, str]:
    """The column of each label's probability, by label.

    Raises:
        ExplorerError: a pattern fits no column, or there are fewer than two labels, or too many.
    """
    if not given:
        return {}
    found = _matching(frame, given) if isinstance(given, str) else {str(key): name for key, name in given.items()}
    if not 2 <= len(found) <= MOST_LABELS:
        named = f" ({', '.join(found)})" if len(found) == 1 else ""
        raise ExplorerError(
            f"A classifier has 2 to {MOST_LABELS:,} labels; probabilities are given of {len(found)}{named}."
        )
    return found


def _matching(frame: pd.DataFrame, pattern: str) -> dict[str, str]:
    before, star, after = pattern.partition("*")
    if not star or "*" in after:
        raise ExplorerError(f"The probabilities {pattern!r} must have one * where the label stands, as probability_*.")
    names = [name for name in map(str, frame.columns) if name.startswith(before) and name.endswith(after)]
    return {label: name for name in names if (label := name[len(before) : len(name) - len(after)])}


def _ids(frame: pd.DataFrame, name: str | None) -> list[str]:
    if name is None:
        return [str(row + 1) for row in frame.index]
    ids = as_names(frame[name])
    refuse(name, np.array([one is None for one in ids]), "there is no id")
    refuse(name, pd.Series(ids, dtype=object).duplicated().to_numpy(), "the id {} stands in an earlier row too", ids)
    return [str(one) for one in ids]


def _subsets(frame: pd.DataFrame, name: str | None) -> list[str]:
    if name is None:
        return [HELD_OUT] * len(frame)
    given = as_names(frame[name])
    found = [_SUBSETS.get(str(one).lower()) for one in given]
    known = ", ".join(dict.fromkeys(_SUBSETS))
    refuse(name, np.array([one is None for one in found]), f"{{}} is no subset; there are {known}", given)
    return [str(one) for one in found]


def _classified(frame: pd.DataFrame, label: str | None, by_label: Mapping[str, str]) -> Outcome:
    probabilities = _probabilities(frame, list(by_label.values()))
    labels = tuple(by_label)
    truths: list[str | None] = [None] * len(frame)
    if label is not None:
        truths = as_names(frame[label])
        is_unknown = np.array([one is not None and one not in by_label for one in truths])
        named = ", ".join(labels[:10]) + (f" and {len(labels) - 10:,} more" if len(labels) > 10 else "")
        refuse(label, is_unknown, f"the label {{}} is none of those with probabilities: {named}", truths)
    predicted = [labels[column] for column in probabilities.argmax(axis=1)]
    return Outcome(labels, probabilities, truths, predicted)


def _probabilities(frame: pd.DataFrame, names: Sequence[str]) -> Floats:
    """[n, labels]; each row is divided by its sum, which rounding makes differ from 1."""
    columns = []
    for name in names:
        values = as_numbers(frame[name])
        refuse(name, np.isnan(values), "there is no probability")
        refuse(name, (values < 0) | (values > 1), "the probability {} is not within 0 and 1", values.tolist())
        columns.append(values)
    found = np.stack(columns, axis=1)
    sums = found.sum(axis=1)
    shown = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
    wrong = np.abs(sums - 1) > SUM_TOLERANCE
    refuse(shown, wrong, "the probabilities sum to {}, not 1", [round(float(one), 4) for one in sums])
    return found / sums[:, None]


def _regressed(frame: pd.DataFrame, roles: Roles) -> Outcome:
    assert roles.prediction is not None
    predicted = as_numbers(frame[roles.prediction])
    refuse(roles.prediction, np.isnan(predicted), "there is no prediction")
    truths = np.full(len(frame), np.nan) if roles.label is None else as_numbers(frame[roles.label])
    return Outcome(None, np.empty((len(frame), 0)), truths, predicted)
