"""How far a classifier's confidence can be believed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.run_data import CONFIDENCE, CORRECTNESS, RunData
from leap_explorer.insights.calibration import BINS as BINS
from leap_explorer.insights.calibration import bins_by_confidence
from leap_explorer.insights.calibration import calibration_error as calibration_error
from leap_explorer.insights.filters import Condition, Filter
from leap_explorer.insights.rows import Mask, wrong
from leap_explorer.intervals import wilson_interval

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Bin:
    """Samples of about the same confidence."""

    count: int
    confidence: float  #: mean probability of the predicted label, 0-1
    accuracy: float  #: share of right predictions, 0-1
    low: float  #: of the accuracy's 95 % Wilson interval
    high: float
    least: float  #: lowest confidence, 0-1
    most: float  #: highest


def confidence_and_right(data: RunData, rows: Mask) -> tuple[Floats, Floats]:
    """Of the labelled rows: the predicted label's probability, and 1 where the prediction is right, 0 where not."""
    columns, is_wrong = data.of_role("probability"), wrong(data.frame)
    if not columns or is_wrong is None:
        return np.empty(0), np.empty(0)
    confidence = np.max([data.numbers(name) for name in columns], axis=0)
    judged = rows & np.isfinite(is_wrong) & np.isfinite(confidence)
    return confidence[judged], 1 - is_wrong[judged]


def reliability(confidence: Floats, is_right: Floats, bins: int = BINS) -> list[Bin]:
    """The samples in bins of equal size by confidence, the lowest first; fewer bins if there are fewer samples.

    Args:
        confidence: [n], probability of the predicted label.
        is_right: [n], 1 where the prediction is right, 0 where it is wrong.
    """
    found = []
    for rows in bins_by_confidence(confidence, bins):
        right = int(is_right[rows].sum())
        low, high = wilson_interval(right, len(rows))
        ends = float(confidence[rows].min()), float(confidence[rows].max())
        found.append(Bin(len(rows), float(confidence[rows].mean()), right / len(rows), low, high, *ends))
    return found


def bin_conditions(data: RunData, one: Bin, current: Filter) -> Filter:
    """What the samples meet whose confidence is within a bin: that, and that their label is known.

    Samples of neighbouring bins whose confidence is that of the bin's end meet it too.

    Args:
        current: the filter that they meet, whose condition on `correctness` says that their label is known.
    """
    if CONFIDENCE not in data.frame:
        return ()
    within = Condition(CONFIDENCE, "between", (one.least, one.most))
    unlabelled = data.frame[CORRECTNESS].isna() & data.frame[CONFIDENCE].notna()
    is_labelled = not unlabelled.any() or any(each.column == CORRECTNESS for each in current)
    return (within,) if is_labelled else (within, Condition(CORRECTNESS, "!=", None))


def lowest_shown(bins: Iterable[Bin]) -> float:
    """Where the axes of a reliability figure begin, 0-1: just below all the bins that they are to show."""
    return max(0.0, min((min(one.confidence, one.low) for one in bins), default=0.0) - 0.03)


def reliability_figure(
    bins: Sequence[Bin], lowest: float, is_dark: bool, changes: Sequence[str] | None = None
) -> dict[str, Any]:
    """The bins' accuracy by their confidence, beside a line on which the two are alike.

    Args:
        lowest: where both axes begin, as of `lowest_shown`.
        changes: what a click on each bin changes, as `components.brushing` gives it.
    """
    ideal = {
        "type": "scatter",
        "mode": "lines",
        "x": [lowest, 1],
        "y": [lowest, 1],
        "line": {"dash": "dash", "width": 1, "color": theme.faint_ink(is_dark)},
        "hoverinfo": "skip",
    }
    dots = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [one.confidence for one in bins],
        "y": [one.accuracy for one in bins],
        "error_y": theme.error_bars(
            [one.accuracy for one in bins], [one.low for one in bins], [one.high for one in bins], width=3
        ),
        "line": {"width": 1.5, "color": theme.ACCENT[is_dark]},
        "marker": {"size": 6, "color": theme.ACCENT[is_dark]},
        "text": [f"{one.count:,} samples: confidence {one.confidence:.1%}, right {one.accuracy:.1%}" for one in bins],
        "hovertemplate": "%{text}<extra></extra>",
        "customdata": changes,
    }
    margin = 0.02 * (1 - lowest)
    axis = {"tickformat": ".0%", "nticks": 5, "range": [lowest - margin, 1 + margin]}
    layout = theme.layout(
        is_dark,
        height=232,
        showlegend=False,
        xaxis={**axis, "title": {"text": "confidence"}},
        yaxis={**axis, "title": {"text": "right"}},
    )
    return {"data": [ideal, dots], "layout": layout}
