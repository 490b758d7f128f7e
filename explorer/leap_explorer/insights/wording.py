"""Numbers, columns and conditions as titles and sentences put them."""

from collections.abc import Mapping, Sequence
from math import floor, log10
from typing import Any

import numpy as np
import numpy.typing as npt

from leap_explorer.insights.filters import Condition, readable, readable_value
from leap_explorer.insights.rows import Columns
from leap_explorer.intervals import wilson_interval

#: How many values of a list a phrase names before it only counts them.
_NAMED_VALUES = 3


def share(part: float, whole: float) -> str:
    """A share in per cent, such as `4.2 %`."""
    return f"{100 * part / whole:.1f} %"


def of_total(part: int, whole: int) -> str:
    """`n of N`, such as `1,000 of 2,500`."""
    return f"{part:,} of {whole:,}"


def decimals(value: float) -> str:
    """A loss for a sentence: three significant digits."""
    return f"{value:.3g}"


def error_rate(wrong: npt.NDArray[np.float64]) -> dict[str, Any] | None:
    """Wrong predictions among the judged ones (0 or 1; NaN is not judged): count, share and 95 % Wilson interval."""
    judged = wrong[~np.isnan(wrong)]
    if not len(judged):
        return None
    errors = int(judged.sum())
    low, high = wilson_interval(errors, len(judged))
    return {"errors": errors, "n": len(judged), "share": errors / len(judged), "low": low, "high": high}


def capitalised(text: str) -> str:
    """With its first letter in upper case, as at the start of a sentence."""
    return text[:1].upper() + text[1:]


def column_title(name: str, columns: Columns) -> str:
    """A column within a sentence: the title that the integration gives it, else its name, `metadata_x_y` as `x y`.

    Args:
        columns: what `run.json` says of each column; runs of an older version say no titles.
    """
    return str(columns.get(name, {}).get("title") or readable(name))


def conditions_phrase(conditions: Sequence[Condition], columns: Columns) -> str:
    """What samples have in common, in one phrase: `word sentiment 0.07-0.14 and label: negative`.

    The lower and upper bound of one column become a range, of whole numbers with both ends in it (`words 12-40` of
    `>= 12, < 41`); other numbers are rounded to about a tenth of the range's width. Of no condition: `every sample`.

    Args:
        columns: what `run.json` says of each column: its `title`, and whether its `type` is `int`.
    """
    by_column: dict[str, list[Condition]] = {}
    for condition in conditions:
        by_column.setdefault(condition.column, []).append(condition)
    phrases = [
        phrase
        for name, group in by_column.items()
        for phrase in _column_phrases(column_title(name, columns), group, columns.get(name, {}))
    ]
    return " and ".join(phrases) or "every sample"


def _column_phrases(title: str, conditions: Sequence[Condition], facts: Mapping[str, Any]) -> list[str]:
    """The conditions on one column: its bounds together, any others one by one."""
    bounds = [one for one in conditions if one.operator in ("<", "<=", ">", ">=", "between")]
    others = [_other_phrase(title, one) for one in conditions if one not in bounds]
    return ([f"{title} {_range_phrase(bounds, facts.get('type') == 'int')}"] if bounds else []) + others


def _range_phrase(bounds: Sequence[Condition], is_whole: bool) -> str:
    """`0.07-0.14`, `12 or more`, `above 0.5`, `below 3`: the narrowest of the bounds."""
    ends = [end for one in bounds for end in _ends(one, is_whole)]
    low = max((value for is_low, value, _ in ends if is_low), default=None)
    high = min((value for is_low, value, _ in ends if not is_low), default=None)
    closed = {(is_low, value) for is_low, value, is_closed in ends if is_closed}
    if low is not None and high is not None:
        return _between(low, high)
    if low is not None:
        return f"{readable_value(low)} or more" if (True, low) in closed else f"above {readable_value(low)}"
    return f"up to {readable_value(high)}" if (False, high) in closed else f"below {readable_value(high)}"


def _ends(condition: Condition, is_whole: bool) -> list[tuple[bool, float, bool]]:
    """Each end of a condition: whether it is the lower one, its value, and whether the value itself belongs to it."""
    value, operator = condition.value, condition.operator
    if operator == "between":
        return [(True, value[0], True), (False, value[1], True)]
    if is_whole and operator in ("<", ">") and float(value).is_integer():
        return [(operator == ">", value + 1 if operator == ">" else value - 1, True)]
    return [(operator.startswith(">"), value, operator.endswith("="))]


def _between(low: float, high: float) -> str:
    """Both numbers, rounded to about a tenth of the distance between them."""
    if high <= low or (float(low).is_integer() and float(high).is_integer()):
        texts = [readable_value(low), readable_value(high)]
    else:
        places = max(0, -floor(log10(high - low)))
        texts = [f"{value:.{places}f}" for value in (low, high)]
    if texts[0] == texts[1]:
        return texts[0]
    return " to ".join(texts) if low < 0 or high < 0 else "-".join(texts)


def _other_phrase(title: str, condition: Condition) -> str:
    """A condition that is no bound; a number needs no colon, a boolean reads yes or no."""
    value, operator = condition.value, condition.operator
    if operator in ("has", "lacks"):
        return f"{'the' if operator == 'has' else 'no'} {'words' if ' ' in value else 'word'} “{value}”"
    if value is None:
        return f"{title} {'known' if operator == '!=' else 'unknown'}"
    if operator == "in":
        named = " or ".join(map(readable_value, value[:_NAMED_VALUES]))
        return f"{title}: {named}" if len(value) <= _NAMED_VALUES else f"{title}: one of {len(value):,}"
    if isinstance(value, bool):
        return f"{title}: {'yes' if value == (operator == '==') else 'no'}"
    is_not = "not " if operator == "!=" else ""
    return f"{title}: {is_not}{value}" if isinstance(value, str) else f"{title} {is_not}{readable_value(value)}"
