"""Accuracy, or loss, by the strength of a change."""

from math import nan
from typing import Any

from leap_explorer.comparison.robustness import Robustness
from leap_explorer.comparison.strength import Curve
from leap_explorer.dashboard import theme
from leap_explorer.intervals import Estimate


def strength_curve(curve: Curve, is_dark: bool) -> dict[str, Any]:
    """The accuracy with its interval by strength, and as written as a dotted line; of no classifier the mean loss."""
    values = [_value(one) for _, one in curve.points]
    strengths = [strength for strength, _ in curve.points]
    bars = theme.error_bars([one.value for one in values], [one.low for one in values], [one.high for one in values])
    line = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": strengths,
        "y": [one.value for one in values],
        "error_y": bars,
        "marker": {"color": theme.palette(is_dark)[0], "size": 7},
        "hovertemplate": f"{curve.parameter} %{{x}}: %{{y:.3f}}<extra></extra>",
    }
    level = _as_written(curve)
    dots = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": level, "y1": level}
    dotted = {**dots, "line": {"color": theme.faint_ink(is_dark), "dash": "dot", "width": 1.5}}
    is_share = curve.points[0][1].accuracy is not None
    axis = {"title": {"text": "accuracy" if is_share else "mean loss"}, "tickformat": ".0%" if is_share else ""}
    return {
        "data": [line],
        "layout": theme.layout(
            is_dark,
            xaxis={"title": {"text": curve.parameter}},
            yaxis=axis,
            shapes=[] if level is None else [dotted],
            showlegend=False,
        ),
    }


def _value(one: Robustness) -> Estimate:
    """The accuracy; of no classifier the loss, whose interval is that of what the change costs."""
    if one.accuracy is not None:
        return one.accuracy
    if one.comparison is None:
        return Estimate(nan, nan, nan)
    loss = one.comparison.loss
    return Estimate(loss.new, loss.base + loss.estimate.low, loss.base + loss.estimate.high)


def _as_written(curve: Curve) -> float | None:
    found = curve.points[0][1].comparison
    if found is None:
        return None
    return 1 - found.error.base if found.error else found.loss.base
