"""A column as colours or sizes of a map's points, and the legend that tells how to read them."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from leap_explorer.colors import blend
from leap_explorer.dashboard.run_data import CORRECT, CORRECTNESS, WRONG, RunData
from leap_explorer.dashboard.theme import DIVERGING, SEQUENTIAL, UNKNOWN, category_colors, right_and_wrong

_STEPS = 255
#: Diameters in pixels on a map of few samples and on a crowded one: the smallest, all alike, the largest.
_FEW, _FEW_DOTS = 1_000, (4.0, 7.0, 15.0)
_MANY, _MANY_DOTS = 25_000, (3.0, 4.0, 7.0)


@dataclass(frozen=True)
class ColorEncoding:
    """A column as colours."""

    codes: npt.NDArray[np.uint8]  #: [n], index into `colors`; 0 where the value is not known
    colors: list[str]  #: `#RRGGBB`
    entries: list[tuple[int, str, str]]  #: of categories: index, name, colour
    range: tuple[float, float] | None  #: of numbers: the values of the scale's first and last colour
    is_clipped: bool = False  #: whether values lie outside that range
    gradient: tuple[str, ...] = ()  #: of numbers: colours of the bar, left to right
    unknown: int = 0  #: samples without a value


@lru_cache(maxsize=16)
def encode_colors(data: RunData, column: str, is_dark: bool) -> ColorEncoding:
    """Colours of a column: a palette for categories, a scale for numbers."""
    if data.kind(column) == "number":
        return _encode_numbers(data.numbers(column), is_dark)
    categories = data.categories(column)
    colors = category_colors(len(categories.names), is_dark)
    if data.role(column) == CORRECTNESS:
        by_name = dict(zip((CORRECT, WRONG), right_and_wrong(is_dark), strict=True))
        colors = [by_name[name] for name in categories.names]
    codes = (categories.codes + 1).astype(np.uint8)
    entries = [(index, name, colors[index]) for index, name in enumerate(categories.names)]
    return ColorEncoding(codes, [UNKNOWN[is_dark], *colors], entries, None, unknown=int((codes == 0).sum()))


def size_levels(values: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """[n], 0 for the smallest diameter to 255 for the largest: the area grows with the value.

    Between the 1st and 99th percentile; the smallest where a value is not known, and where all are alike.
    """
    low, high = _limits(values)
    share = np.nan_to_num(np.clip((values - low) / (high - low), 0, 1)) if high > low else np.zeros(len(values))
    return np.round(255 * np.sqrt(share)).astype(np.uint8)


def dot_diameters(count: int) -> list[float]:
    """Pixels of the smallest dot of so many samples, of one among dots all alike, and of the largest.

    The more samples, the smaller the dots: between those of few and of many.
    """
    crowd = np.clip(np.log(max(count, 1) / _FEW) / np.log(_MANY / _FEW), 0, 1)
    return [float(few + (many - few) * crowd) for few, many in zip(_FEW_DOTS, _MANY_DOTS, strict=True)]


def _encode_numbers(values: npt.NDArray[np.float64], is_dark: bool) -> ColorEncoding:
    scale: tuple[str, ...]
    low, high = _limits(values)
    if low < 0 < high and min(-low, high) > 0.2 * max(-low, high):
        high = max(-low, high)
        low, scale = -high, DIVERGING
    else:
        # Strong values stand out from the ground: dark on light, light on dark; the palest is too glaring on light
        scale = SEQUENTIAL if is_dark else tuple(reversed(SEQUENTIAL[:-1]))
    share = np.clip((values - low) / (high - low), 0, 1) if high > low else np.where(np.isnan(values), np.nan, 0.5)
    known = np.isfinite(share)
    codes = np.zeros(len(values), dtype=np.uint8)
    codes[known] = 1 + np.round(share[known] * (_STEPS - 1)).astype(np.uint8)
    colors = [UNKNOWN[is_dark], *(blend(scale, step / (_STEPS - 1)) for step in range(_STEPS))]
    clipped = bool(known.any() and (np.nanmin(values) < low or np.nanmax(values) > high))
    return ColorEncoding(codes, colors, [], (low, high), clipped, scale, int((~known).sum()))


def _limits(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    if not len(known):
        return 0.0, 0.0
    low, high = (float(one) for one in np.percentile(known, [1, 99]))
    return (low, high) if high > low else (float(known.min()), float(known.max()))
