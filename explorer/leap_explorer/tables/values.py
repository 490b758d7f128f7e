"""The columns of a table as names, numbers or texts, with one clear error for the first row that is none.

Rows are numbered from 1, the header not counted. An empty cell is a missing value, but for texts.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.errors import BadRows

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_TRUTHS = {"true": True, "false": False}


class Values(NamedTuple):
    """A column of metadata."""

    kind: Literal["int", "float", "bool", "string"]
    values: list[Any]  #: None where missing


def is_missing(column: pd.Series) -> Mask:
    """[n], where the column says nothing."""
    return (column.isna() | (column.astype(object) == "")).to_numpy(dtype=bool)


def refuse(column: str, bad: Mask, said: str, shown: Sequence[Any] | None = None) -> None:
    """Raise an error that names the first bad row and holds all of them, if there is one.

    Args:
        said: what is wrong; `{}` in it stands for that row's value of `shown`.
    """
    rows = np.flatnonzero(bad).tolist()
    if not rows:
        return
    what = {row: said if shown is None else said.format(_short(shown[row])) for row in rows}
    first = rows[0]
    others = f" So it is in {len(rows):,} rows." if len(rows) > 1 else ""
    reasons = {row: f"column {column}: {one}" for row, one in what.items()}
    raise BadRows(f"Row {first + 1}, column {column}: {what[first]}.{others}", reasons)


def as_names(column: pd.Series) -> list[str | None]:
    """Labels, ids or subsets as text; None where missing. A whole number stays one, be it kept as 1.0."""
    return [
        None if absent else str(int(value) if isinstance(value, float) and value.is_integer() else value)
        for value, absent in zip(column.tolist(), is_missing(column), strict=True)
    ]


def as_numbers(column: pd.Series) -> Floats:
    """[n], NaN where missing.

    Raises:
        BadRows: a value is no number, or infinite.
    """
    name = str(column.name)
    found = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    spelt_nan = column.astype(str).str.lower().eq("nan").to_numpy(dtype=bool)
    refuse(name, np.isnan(found) & ~is_missing(column) & ~spelt_nan, "{} is no number", column.tolist())
    refuse(name, np.isinf(found), "{} is infinite", column.tolist())
    return found


def as_texts(column: pd.Series) -> list[str]:
    """Texts as they are; an empty one is a text.

    Raises:
        BadRows: a value is missing, or is no text.
    """
    values = column.tolist()
    name = str(column.name)
    refuse(name, column.isna().to_numpy(dtype=bool), "there is no text")
    refuse(name, np.array([not isinstance(value, str) for value in values]), "{} is no text", values)
    return [_without_surrogates(value) for value in values]


def as_metadata(column: pd.Series) -> Values:
    """A column of whole numbers, numbers, booleans, dates or texts, whichever all of its values are.

    Raises:
        BadRows: a value is infinite, or something else, such as a list.
    """
    absent = is_missing(column)
    present = column[~absent].infer_objects()
    if pd.api.types.is_bool_dtype(present):
        return _filled("bool", absent, [bool(value) for value in present])
    if pd.api.types.is_integer_dtype(present):
        return _filled("int", absent, [int(value) for value in present])
    if pd.api.types.is_numeric_dtype(present):
        return _filled("float", absent, as_numbers(column)[~absent].tolist())
    if pd.api.types.is_datetime64_any_dtype(present):
        return _filled("string", absent, [value.isoformat() for value in present])
    is_other = np.array([not pd.api.types.is_scalar(value) or isinstance(value, bytes) for value in column])
    refuse(str(column.name), is_other & ~absent, "{} is neither a number nor a text", column.tolist())
    return _of_texts(absent, [str(value) for value in present])


def _of_texts(absent: Mask, texts: list[str]) -> Values:
    """What all of the texts spell; a number with zeros before it, such as a post code, is none."""
    if texts and all(text.lower() in _TRUTHS for text in texts):
        return _filled("bool", absent, [_TRUTHS[text.lower()] for text in texts])
    numbers = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").to_numpy(dtype=np.float64)
    is_code = any(len(text) > 1 and text[0] == "0" and text[1].isdigit() for text in texts)
    if not texts or is_code or not np.isfinite(numbers).all():
        return _filled("string", absent, [_without_surrogates(text) for text in texts])
    if all(text.lstrip("+-").isdecimal() for text in texts) and np.abs(numbers).max() < 2**53:
        return _filled("int", absent, [int(text) for text in texts])
    return _filled("float", absent, numbers.tolist())


def _filled(kind: Any, absent: Mask, present: Sequence[Any]) -> Values:
    rest = iter(present)
    return Values(kind, [None if is_absent else next(rest) for is_absent in absent])


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _without_surrogates(text: str) -> str:
    """The text as UTF-8 can keep it."""
    return text.encode("utf-8", "replace").decode("utf-8")
