"""How a model was trained: loss and accuracy by epoch."""

from collections.abc import Mapping, Sequence
from typing import Any

from leap_explorer.dashboard import theme
from leap_explorer.runs.run import Run

Epoch = Mapping[str, Any]

SIDES = ("training", "validation")
_MOST_TICKS = 8  # so many fit half a card, on a phone too


def training_epochs(run: Run) -> tuple[list[Epoch], int | None]:
    """The epochs of a run's training history, none without one, and the one whose model was evaluated, if known."""
    history = run.info.get("history") or {}
    return [entry for entry in history.get("epochs") or [] if "epoch" in entry], history.get("shipped_epoch")


def training_figure(
    epochs: Sequence[Epoch], shipped: int | None, is_dark: bool, changes: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Loss and accuracy by epoch, on training and validation samples; a line marks the epoch whose model it is.

    Args:
        changes: by side what a click on one of its points changes, as `components.brushing` gives it.
    """
    panels = [
        name for name in ("loss", "accuracy") if any(f"{side}_{name}" in entry for entry in epochs for side in SIDES)
    ]
    colors = dict(zip(SIDES, theme.palette(is_dark), strict=False))
    traces: list[dict[str, Any]] = []
    axes: dict[str, Any] = {}
    shapes = []
    for index, panel in enumerate(panels):
        suffix = str(index + 1) if index else ""
        axes |= _axes(panel, suffix, index, len(panels))
        axes[f"xaxis{suffix}"] |= epoch_ticks(epochs)
        traces += [
            _curve(epochs, side, panel, color, (changes or {}).get(side))
            | {"showlegend": not index, "xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
            for side, color in colors.items()
        ]
        if shipped is not None:
            shapes.append(_mark(shipped, suffix, theme.faint_ink(is_dark)))
    return {"data": traces, "layout": theme.layout(is_dark, height=264, shapes=shapes, hovermode="closest", **axes)}


def epoch_ticks(epochs: Sequence[Epoch]) -> dict[str, Any]:
    """Plotly's ticks at whole epochs, at most `_MOST_TICKS` of them."""
    numbers = [int(entry["epoch"]) for entry in epochs]
    first = min(numbers)
    return {"tickmode": "linear", "tick0": first, "dtick": -(-(max(numbers) - first + 1) // _MOST_TICKS)}


def _axes(panel: str, suffix: str, index: int, panels: int) -> dict[str, Any]:
    width = 1 / panels
    domain = [index * width + (0.06 if index else 0), (index + 1) * width - (0 if index else 0.02)]
    tick = {"tickformat": ".0%"} if panel == "accuracy" else {}
    title = {"text": f"{panel} by epoch"}
    return {
        f"xaxis{suffix}": {"domain": domain, "title": title, "anchor": f"y{suffix}", "zeroline": False},
        f"yaxis{suffix}": {"anchor": f"x{suffix}", "nticks": 6, "zeroline": False, **tick},
    }


def _curve(epochs: Sequence[Epoch], side: str, panel: str, color: str, change: str | None) -> dict[str, Any]:
    known = [entry for entry in epochs if entry.get(f"{side}_{panel}") is not None]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": side,
        "legendgroup": side,
        "x": [entry["epoch"] for entry in known],
        "y": [entry[f"{side}_{panel}"] for entry in known],
        "line": {"color": color, "width": 2, "dash": "solid" if side == SIDES[0] else "dot"},
        "marker": {"size": 5},
        "hovertemplate": f"{side} {panel} %{{y:.4f}}, epoch %{{x}}<extra></extra>",
        "customdata": [change] * len(known) if change else None,
    }


def _mark(epoch: int, suffix: str, color: str) -> dict[str, Any]:
    """An upright line at an epoch."""
    place = {"xref": f"x{suffix}", "yref": f"y{suffix} domain", "x0": epoch, "x1": epoch, "y0": 0, "y1": 1}
    return {"type": "line", **place, "line": {"color": color, "width": 1, "dash": "dash"}}
