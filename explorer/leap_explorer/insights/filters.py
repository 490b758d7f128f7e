"""Filters: lists of conditions, all of which a sample must meet. A filter reproduces the samples of an insight."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from leap_explorer.errors import ExplorerError
from leap_explorer.insights.rows import Mask, column, numbers, type_of

OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "in", "between", "has", "lacks")
_OF_WORDS = ("has", "lacks")
_ORDERING = ("<", "<=", ">", ">=", "between")

#: The pseudo-column of the words that a sample shows.
WORDS = "words"

#: How many values of a list a sentence names before it only counts them.
_NAMED_VALUES = 5


@dataclass(frozen=True)
class Condition:
    """One condition on one column.

    `value` is a string, number or boolean; for `in` a tuple of them; for `between` a tuple of two numbers, both
    inclusive; for `==` and `!=` also None, which stands for a missing value. A missing value meets no other condition.
    `has` and `lacks` ask whether a sample shows a word or phrase, in the pseudo-column `words`; a sample that shows no
    text meets neither.

    Raises:
        ExplorerError: the operator is unknown, or the value does not go with it.
    """

    column: str
    operator: str
    value: Any

    def __post_init__(self) -> None:
        if isinstance(self.value, list):
            object.__setattr__(self, "value", tuple(self.value))
        _validate(self)

    def to_dict(self) -> dict[str, Any]:
        """The condition as JSON."""
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return {"column": self.column, "operator": self.operator, "value": value}

    @classmethod
    def from_dict(cls, data: Any) -> "Condition":
        """The condition that `to_dict` wrote.

        Raises:
            ExplorerError: it is no condition.
        """
        if not isinstance(data, dict) or set(data) != {"column", "operator", "value"}:
            raise ExplorerError(f"A condition has a column, an operator and a value; this is none: {data!r}.")
        return cls(**data)


Filter = tuple[Condition, ...]


class Words(Protocol):
    """The words that samples show, in the samples' order."""

    def has(self, term: str) -> Mask:
        """Which samples show a word or phrase."""

    def lacks(self, term: str) -> Mask:
        """Which samples show text without it."""


def select(samples: pd.DataFrame, conditions: Sequence[Condition], words: Words | None = None) -> Mask:
    """Which samples meet every condition; all of them without conditions.

    Numbers are compared as float64. `words` answers conditions on the pseudo-column `words`.

    Raises:
        ExplorerError: a column is unknown, a condition does not go with its type, or one is on words without `words`.
    """
    mask = np.ones(len(samples), dtype=bool)
    for condition in conditions:
        if condition.operator in _OF_WORDS:
            mask &= _meets_word(words, condition)
        else:
            mask &= _meets(column(samples, condition.column), condition)
    return mask


def ids_filter(samples: pd.DataFrame, mask: Mask) -> Filter:
    """The filter that names its samples one by one, for what no other condition reproduces.

    The subset is named too, as ids are unique within a subset only.
    """
    names = tuple(samples["subset"][mask].astype(str).unique())
    ids = tuple(samples["id"][mask].astype(str))
    return Condition("subset", "in", names), Condition("id", "in", ids)


def describe(conditions: Sequence[Condition]) -> str:
    """The filter in words, such as `oov rate >= 0.12, subset is validation`; `every sample` without conditions."""
    return ", ".join(map(_describe_one, conditions)) or "every sample"


def readable(name: str) -> str:
    """A column's name for a sentence: `metadata_oov_rate` becomes `oov rate`."""
    return name.removeprefix("metadata_").removeprefix("metric_").replace("_", " ")


def readable_value(value: Any) -> str:
    """A value for a sentence: numbers with four significant digits at most, whole ones in full."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return f"{value:.0f}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _describe_one(condition: Condition) -> str:
    name, operator, value = readable(condition.column), condition.operator, condition.value
    if value is None:
        return f"{name} is {'known' if operator == '!=' else 'unknown'}"
    if operator == "in" and len(value) > _NAMED_VALUES:
        return f"{name} is one of {len(value):,} listed"
    if operator == "in":
        return f"{name} is {' or '.join(map(readable_value, value))}" if value else f"{name} is one of none"
    if operator == "between":
        return f"{name} from {readable_value(value[0])} to {readable_value(value[1])}"
    words = {"==": "is", "!=": "is not"}
    return f"{name} {words.get(operator, operator)} {readable_value(value)}"


def _validate(condition: Condition) -> None:
    name, operator, value = condition.column, condition.operator, condition.value
    if not isinstance(name, str):
        raise ExplorerError(f"The column of a condition is a string, not {name!r}.")
    if operator not in OPERATORS:
        raise ExplorerError(f"Unknown operator {operator!r} on {name}; there are {', '.join(OPERATORS)}.")
    if operator == "between":
        if not (isinstance(value, tuple) and len(value) == 2 and all(map(_is_number, value)) and value[0] <= value[1]):
            raise ExplorerError(f"'between' on {name} needs two numbers, the lower one first, not {value!r}.")
    elif operator == "in":
        if not (isinstance(value, tuple) and all(map(_is_scalar, value))):
            raise ExplorerError(f"'in' on {name} needs a list of strings, numbers or booleans, not {value!r}.")
    elif operator in _ORDERING:
        if not _is_number(value):
            raise ExplorerError(f"{operator!r} on {name} needs a number, not {value!r}.")
    elif operator in _OF_WORDS:
        if name != WORDS or not isinstance(value, str):
            raise ExplorerError(f"{operator!r} asks for a word in {WORDS!r}, not for {value!r} in {name}.")
    elif not (value is None or _is_scalar(value)):
        raise ExplorerError(f"{operator!r} on {name} needs a string, number, boolean or null, not {value!r}.")


def _is_number(value: Any) -> bool:
    # An integer beyond the largest float, which no comparison as float64 can take, is none either
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | bool) or _is_number(value)


def _meets_word(words: Words | None, condition: Condition) -> Mask:
    if words is None:
        raise ExplorerError(f"The samples' words are not known, so {describe([condition])!r} cannot be told.")
    return words.has(condition.value) if condition.operator == "has" else words.lacks(condition.value)


def _meets(values: pd.Series, condition: Condition) -> Mask:
    present = values.notna().to_numpy(dtype=bool)
    if condition.value is None:
        return ~present if condition.operator == "==" else present
    if not present.any():
        return present
    _refuse_other_types(values, condition)
    operator, value = condition.operator, condition.value
    if type_of(values) == "string":
        asked = [one for one in (value if operator == "in" else [value]) if _is_unicode(one)]
        met = values.astype(str).isin(asked).to_numpy(dtype=bool)
        return present & (~met if operator == "!=" else met)
    return present & _compare(numbers(values), operator, value)


def _compare(values: np.ndarray, operator: str, value: Any) -> Mask:
    """Compare numbers; a NaN meets no condition that is asked of the present values."""
    match operator:
        case "==":
            return values == value
        case "!=":
            return values != value
        case "<":
            return values < value
        case "<=":
            return values <= value
        case ">":
            return values > value
        case ">=":
            return values >= value
        case "between":
            return (values >= value[0]) & (values <= value[1])
        case _:
            return np.isin(values, np.array(value, dtype=np.float64))


def _is_unicode(text: str) -> bool:
    """Whether a column can hold the text: an address can name lone surrogates, which are no characters."""
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


def _refuse_other_types(values: pd.Series, condition: Condition) -> None:
    kind = type_of(values)
    asked = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    fits = {
        "string": all(isinstance(one, str) for one in asked) and condition.operator not in _ORDERING,
        "bool": all(isinstance(one, bool) for one in asked) and condition.operator not in _ORDERING,
        "number": all(map(_is_number, asked)),
    }
    if not fits[kind]:
        raise ExplorerError(
            f"{condition.operator!r} {condition.value!r} does not go with the column {condition.column}, "
            f"whose values are of type {kind}."
        )
