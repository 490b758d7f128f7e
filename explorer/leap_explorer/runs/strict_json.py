"""JSON that others may have written, or that we write: whatever is in it can be computed with, and shown."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

_DEEPEST = 100
_LONGEST_NUMBER = 40  # characters


def read_json(path: Path) -> Any:
    """The value in a file. Lone surrogates in its texts, which are no characters, become question marks.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no JSON in UTF-8, is nested deeply, or holds a number that is not finite or too long.
    """
    try:
        value = json.loads(
            path.read_text(encoding="utf-8"), parse_int=_whole, parse_float=_finite, parse_constant=_finite
        )
        return _clean(value)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _whole(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError(f"a number of {len(digits)} characters")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"the number {digits[:_LONGEST_NUMBER]} is not finite")
    return number


def _clean(value: Any, depth: int = 0) -> Any:
    if depth > _DEEPEST:
        raise ValueError("it is nested too deeply")
    if isinstance(value, dict):
        return {_clean(key): _clean(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item, depth + 1) for item in value]
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value


def plain(value: Any) -> Any:
    """The value in JSON's own types; NaN, infinity and missing values become None."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if value is pd.NA or (isinstance(value, float) and not np.isfinite(value)):
        return None
    return value
