"""Colours, templates and number formats, for a light and a dark page.

The categorical palette is after Okabe & Ito (2008), in which colour-blind readers tell all from each other; on light
ground its pale colours are darker, so that each has a contrast of 3:1 or more. The sequential one is cividis (Nunez et
al. 2018), the diverging one goes from blue to orange.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from leap_explorer.colors import FAINT_INK, INK, SURFACE, blend

#: For marks, not for text.
CATEGORICAL = ("#0072B2", "#C27F00", "#009E73", "#CC79A7", "#5B2C83", "#D55E00", "#222222", "#8C8C8C")
CATEGORICAL_ON_DARK = ("#56B4E9", "#E69F00", "#14B88A", "#CC79A7", "#2F86D6", "#E8702A", "#F0E442", "#9AA3AD")
SEQUENTIAL = (
    "#00224E", "#0F3570", "#3B496C", "#575C6D", "#707173", "#8A8779", "#A69D75", "#C4B56C", "#E4CF5B", "#FEE838",
)  # fmt: skip
DIVERGING = ("#0B5FA5", "#4C92C8", "#9CC4E4", "#E2E2E2", "#F5C08A", "#E08A3C", "#B3560A")

#: Marks of a value that is not known.
UNKNOWN = {False: "#868E98", True: "#67707C"}

_GRID = {False: "#E3E7EC", True: "#2D3641"}
ACCENT = {False: "#1F5FBF", True: "#7FB2FF"}

#: Where there is no value to show.
NOTHING = "—"

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif'

#: For every plot: no logo, nothing that leads off this machine.
GRAPH_CONFIG: Any = {
    "displaylogo": False,
    "responsive": True,
    "showSendToCloud": False,
    "showEditInChartStudio": False,
    "plotlyServerURL": "",
    "modeBarButtonsToRemove": ["sendDataToCloud", "editInChartStudio", "autoScale2d"],
}


def webgl_config(pixel_ratio: float) -> Any:
    """For plots that the graphics card draws, at the screen's resolution: plotly's is twice a usual screen's."""
    return GRAPH_CONFIG | {"plotGlPixelRatio": pixel_ratio}


#: For small plots, which need no tools.
PLAIN_CONFIG: Any = GRAPH_CONFIG | {"displayModeBar": False}


def template(is_dark: bool) -> dict[str, Any]:
    """The plotly template of a page's plots; on clear ground, so that the card's colour shows."""
    axis = {
        "gridcolor": _GRID[is_dark],
        "zerolinecolor": _GRID[is_dark],
        "linecolor": _GRID[is_dark],
        "tickfont": {"color": FAINT_INK[is_dark]},
        "title": {"font": {"size": 12, "color": FAINT_INK[is_dark]}, "standoff": 8},
        "automargin": True,
    }
    return {
        "layout": {
            "font": {"family": FONT, "size": 12, "color": INK[is_dark]},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": list(palette(is_dark)),
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "xaxis": axis,
            "yaxis": axis,
            "hoverlabel": {
                "bgcolor": SURFACE[is_dark],
                "bordercolor": FAINT_INK[is_dark],
                "font": {"family": FONT, "size": 12, "color": INK[is_dark]},
                "align": "left",
            },
            "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "font": {"size": 12}},
            "modebar": {
                "bgcolor": "rgba(0,0,0,0)",
                "color": FAINT_INK[is_dark],
                "activecolor": ACCENT[is_dark],
            },
        }
    }


def layout(is_dark: bool, **more: Any) -> dict[str, Any]:
    """A plot's layout in the page's colours; `more` is laid over it."""
    return {"template": template(is_dark), "autosize": True, **more}


def ink(is_dark: bool) -> str:
    """The colour of text."""
    return INK[is_dark]


def faint_ink(is_dark: bool) -> str:
    """The colour of text that steps back."""
    return FAINT_INK[is_dark]


def surface(is_dark: bool) -> str:
    """The colour of a card."""
    return SURFACE[is_dark]


def palette(is_dark: bool) -> tuple[str, ...]:
    """Eight colours for categories."""
    return CATEGORICAL_ON_DARK if is_dark else CATEGORICAL


def right_and_wrong(is_dark: bool) -> tuple[str, str]:
    """Colours of right and wrong predictions."""
    return palette(is_dark)[0], palette(is_dark)[5]


def error_bars(
    values: Sequence[float], lows: Sequence[float], highs: Sequence[float], width: float = 4
) -> dict[str, Any]:
    """Plotly's error bars of some values between the ends of their intervals."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - value for high, value in zip(highs, values, strict=True)],
        "arrayminus": [value - low for low, value in zip(lows, values, strict=True)],
        "thickness": 1.5,
        "width": width,
    }


def category_colors(count: int, is_dark: bool = False) -> list[str]:
    """So many colours; beyond eight they come again darker, as no palette has more that all readers can tell."""
    eight = palette(is_dark)
    rounds = (count - 1) // len(eight) + 1
    colors = [blend((color, "#000000"), 0.4 * turn / max(rounds - 1, 1)) for turn in range(rounds) for color in eight]
    return colors[:count]


def number(value: float | None, decimals: int | None = None) -> str:
    """A number as people read it: thousands grouped, three or four digits that count; `—` where unknown.

    Args:
        decimals: so many instead, as `decimals_of` gives them for the numbers of a column.
    """
    if value is None or math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if decimals is not None:
        return f"{value:,.{decimals}f}"
    if abs(value) >= 1_000 or value == int(value):
        return f"{value:,.0f}"
    if abs(value) < 0.001:
        return "0.000"  # losses of 2e-06 are nothing to read
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.3g}"


def decimals_of(values: Sequence[float | None] | npt.NDArray[np.float64]) -> int:
    """How many decimals the numbers of one column have: 0 of whole ones, else 3 or 4 digits of the largest."""
    sizes = np.abs(np.asarray(values, dtype=np.float64))  # None becomes NaN
    known = sizes[np.isfinite(sizes)]
    if (known == np.trunc(known)).all():
        return 0
    magnitude = math.floor(math.log10(known.max()))
    return max(0, 3 - magnitude) if magnitude >= 0 else 2 - magnitude if magnitude < -1 else 3


def numbers(values: Sequence[float | None]) -> list[str]:
    """The numbers of one column, all to one precision."""
    decimals = decimals_of(values)
    return [number(value, decimals) for value in values]


def percent(share: float | None, decimals: int = 1) -> str:
    """A share 0-1 as `91.7 %`; `—` where unknown."""
    return NOTHING if share is None or math.isnan(share) else f"{100 * share:.{decimals}f} %"


def n_of(count: int, total: int, noun: str = "samples") -> str:
    """`132 of 25,000 samples`."""
    return f"{count:,} of {total:,} {noun}"
