"""How far a regression's predictions lie from what is right."""

from typing import Any

import numpy as np
import numpy.typing as npt

from leap_explorer.dashboard import theme

Floats = npt.NDArray[np.float64]

MOST_DOTS = 5_000  # more only cover each other; a seeded draw stands for them
_SEED = 0


def residual_figure(truth: Floats, said: Floats, is_dark: bool) -> dict[str, Any]:
    """Two panels over what is right: what the model says, with the line of no error; and its error, above 0 too high.

    Args:
        truth, said: [n], finite.
    """
    shown = drawn_rows(len(truth))
    right, answer = truth[shown], said[shown]
    ends = [float(min(truth.min(), said.min())), float(max(truth.max(), said.max()))]
    traces = [
        _dots(right, answer, "x", "y", "right %{x:.4g}, said %{y:.4g}", is_dark),
        _dots(right, answer - right, "x2", "y2", "right %{x:.4g}, error %{y:.4g}", is_dark),
        _line(ends, ends, "x", "y", is_dark),
        _line([float(truth.min()), float(truth.max())], [0.0, 0.0], "x2", "y2", is_dark),
    ]
    axes = {
        "xaxis": {"domain": [0, 0.46], "title": {"text": "what is right"}, "anchor": "y", "zeroline": False},
        "xaxis2": {"domain": [0.56, 1], "title": {"text": "what is right"}, "anchor": "y2", "zeroline": False},
        "yaxis": {"title": {"text": "prediction"}, "anchor": "x", "zeroline": False},
        "yaxis2": {"title": {"text": "prediction - right"}, "anchor": "x2", "zeroline": False},
    }
    return {"data": traces, "layout": theme.layout(is_dark, height=320, showlegend=False, hovermode="closest", **axes)}


def drawn_rows(n: int) -> npt.NDArray[np.intp]:
    """At most `MOST_DOTS` of n rows, in order."""
    if n <= MOST_DOTS:
        return np.arange(n)
    return np.sort(np.random.default_rng(_SEED).choice(n, MOST_DOTS, replace=False))


def _dots(x: Floats, y: Floats, x_axis: str, y_axis: str, hover: str, is_dark: bool) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": x.tolist(),
        "y": y.tolist(),
        "xaxis": x_axis,
        "yaxis": y_axis,
        "marker": {"size": 5, "opacity": 0.6, "color": theme.palette(is_dark)[0]},
        "hovertemplate": f"{hover}<extra></extra>",
    }


def _line(x: list[float], y: list[float], x_axis: str, y_axis: str, is_dark: bool) -> dict[str, Any]:
    line = {"color": theme.faint_ink(is_dark), "width": 1, "dash": "dash"}
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "xaxis": x_axis, "yaxis": y_axis, "line": line,
            "hoverinfo": "skip"}  # fmt: skip
