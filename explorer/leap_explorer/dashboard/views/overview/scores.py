"""How well each model does on each subset of the samples, with intervals: the rows of a table, and a figure of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.plots.calibration import calibration_error, confidence_and_right
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.scope import ALL, HELD_OUT, chosen_rows
from leap_explorer.insights.rows import TRAINING, Mask
from leap_explorer.runs.summary import Estimate, accuracy, mean_loss

#: By the score's name its axis title.
_PANELS = {"accuracy": "accuracy", "loss": "mean loss", "calibration": "calibration error"}
_SYMBOLS = ("circle", "diamond", "square", "cross")


@dataclass(frozen=True)
class Score:
    """How a run does on the samples of a subset; a score is None where it has no meaning or no sample."""

    subset: str
    run: str
    count: int
    available: int  #: samples that the integration has of this subset
    failed: int
    accuracy: Estimate | None
    loss: Estimate | None
    calibration: Estimate | None


def choices(runs: Sequence[RunData]) -> list[str]:
    """What of the samples can be looked at, no two of them the same: `HELD_OUT`, subsets, `ALL`."""
    names = all_subsets(runs)
    held_out = [name for name in names if name != TRAINING] or names
    single = held_out if len(held_out) == 1 else []
    return [HELD_OUT, *(name for name in names if name not in single), *([ALL] if len(held_out) < len(names) else [])]


def choice_of(runs: Sequence[RunData], subset: str) -> str:
    """The choice that stands for a subset's samples: one that alone is held out, or alone at all, is `HELD_OUT`."""
    return subset if subset in choices(runs) else HELD_OUT


def all_subsets(runs: Iterable[RunData]) -> list[str]:
    """The subsets of all runs, in order of appearance."""
    return list(dict.fromkeys(name for data in runs for name in data.subsets))


def score_rows(runs: Sequence[RunData], masks: Mapping[str, Mask] | None = None) -> list[Score]:
    """The scores of each subset by each run that has it, a subset's next to each other.

    Args:
        masks: [n] by the run's name, the samples that count; all by default.
    """
    return [
        _score(data, subset, chosen_rows(data, subset) & (masks[data.name] if masks else True))
        for subset in all_subsets(runs)
        for data in runs
        if subset in data.subsets
    ]


def run_colors(runs: Iterable[RunData], is_dark: bool) -> dict[str, str]:
    """By the run's name its colour in figures of several runs."""
    names = [data.name for data in runs]
    return dict(zip(names, theme.category_colors(len(names), is_dark), strict=True))


def score_figure(rows: Sequence[Score], colors: Mapping[str, str], is_dark: bool) -> dict[str, Any]:
    """Dots with their intervals: a panel a score, a line a subset and run.

    Args:
        colors: by the run's name, as of `run_colors`.
    """
    panels = [name for name in _PANELS if any(getattr(row, name) for row in rows)]
    subsets = list(dict.fromkeys(row.subset for row in rows))
    traces, axes = [], {}
    for index, panel in enumerate(panels):
        suffix = str(index + 1) if index else ""
        axes[f"xaxis{suffix}"] = _axis(panel, index, len(panels))
        for place, (run, color) in enumerate(colors.items()):
            of_run = [row for row in rows if row.run == run and getattr(row, panel)]
            offset = (place - (len(colors) - 1) / 2) * 0.28
            heights = [subsets.index(row.subset) + offset for row in of_run]
            dots = _dots(of_run, panel, heights, {"color": color, "size": 9, "symbol": _SYMBOLS[place % 4]})
            traces.append({"name": run, "legendgroup": run, "showlegend": not index, "xaxis": f"x{suffix}"} | dots)
    ticks = {"tickmode": "array", "tickvals": list(range(len(subsets))), "ticktext": subsets, "zeroline": False}
    axes["yaxis"] = {**ticks, "range": [len(subsets) - 0.5, -0.5], "showgrid": False}
    height = 96 + 44 * len(subsets) * max(1, len(colors) // 2)
    legend = {"showlegend": len(colors) > 1}
    return {"data": traces, "layout": theme.layout(is_dark, height=height, hovermode="closest", **axes, **legend)}


def _score(data: RunData, subset: str, rows: Mask) -> Score:
    samples = data.frame.loc[rows]
    counts = data.run.info.get("counts", {}).get(subset, {})
    return Score(
        subset,
        data.name,
        count=int(rows.sum()),
        available=int(counts.get("available", data.n)),
        failed=int((rows & ~data.is_evaluated).sum()),
        accuracy=accuracy(samples) if data.labels else None,
        loss=mean_loss(samples),
        calibration=calibration_error(*confidence_and_right(data, rows)),
    )


def _axis(panel: str, index: int, panels: int) -> dict[str, Any]:
    width = 1 / panels
    return {
        "domain": [index * width + (0.03 if index else 0), (index + 1) * width - 0.02],
        "title": {"text": _PANELS[panel]},
        "tickangle": 0,
        "anchor": "y",
        "zeroline": False,
        **({"tickformat": ".1~%", "nticks": 4} if panel == "accuracy" else {"nticks": 3}),  # no more fit on a phone
    }


def _dots(rows: Sequence[Score], panel: str, heights: list[float], marker: dict[str, Any]) -> dict[str, Any]:
    estimates: list[Estimate] = [getattr(row, panel) for row in rows]
    texts = [one.text(percent=panel == "accuracy") for one in estimates]
    values = [one.value for one in estimates]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": values,
        "y": heights,
        "error_x": theme.error_bars(values, [one.low for one in estimates], [one.high for one in estimates]),
        "marker": marker,
        "text": [f"{row.subset}, {row.run}: {text}" for row, text in zip(rows, texts, strict=True)],
        "hovertemplate": "%{text}<extra></extra>",
    }
