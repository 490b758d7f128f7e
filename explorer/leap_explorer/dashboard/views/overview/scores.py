"""How well each model does on each subset of the samples, with intervals: the rows of a table, and a figure of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.parts.selection_profile import ACCURACY_HELP, LOSS_HELP
from leap_explorer.dashboard.plots.calibration import BINS, calibration_error, confidence_and_right
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.scope import ALL, HELD_OUT, chosen_rows
from leap_explorer.insights.rows import NOT_HELD_OUT, Mask
from leap_explorer.runs.figures import ACCURACY, ERROR, EXPLAINED, POSITION_ACCURACY, SUBSET_ACCURACY, figures
from leap_explorer.runs.summary import Estimate, mean_loss

LOSS, CALIBRATION = "loss", "calibration error"

#: Scores that are a share of samples, or of positions, shown in percent.
SHARES = (ACCURACY, SUBSET_ACCURACY, POSITION_ACCURACY)
#: By score, how it is made and read.
HELP_OF_SCORES = {
    ACCURACY: ACCURACY_HELP,
    SUBSET_ACCURACY: "Share of labelled samples of which each label is right, 0 to 100 %; higher is better. In "
    "brackets the 95 % Wilson interval.",
    ERROR: "Mean distance of the prediction from what is right, in its unit; of several numbers their mean; lower is "
    "better. In brackets its 95 % interval.",
    EXPLAINED: "R2, the share of the variance of what is right that the predictions explain, at most 1; 0 is as good "
    "as always saying the mean, and below 0 is worse. Of several numbers the mean of each one's.",
    POSITION_ACCURACY: "Share of the tokens or pixels of all samples that get the right class, 0 to 100 %; higher is "
    "better. In brackets its 95 % interval over samples.",
    LOSS: LOSS_HELP,
    CALIBRATION: f"Expected calibration error, 0 to 1; lower is better. The samples are sorted by confidence into "
    f"{BINS} bins of equal size; it is the mean distance between a bin's confidence and its accuracy. In brackets the "
    "95 % bootstrap interval.",
}
_SYMBOLS = ("circle", "diamond", "square", "cross")


@dataclass(frozen=True)
class Score:
    """How a run does on the samples of a subset."""

    subset: str
    run: str
    count: int
    available: int  #: samples that the integration has of this subset
    failed: int
    estimates: Mapping[str, Estimate]  #: by the score's name; those that have a meaning here


def choices(runs: Sequence[RunData]) -> list[str]:
    """What of the samples can be looked at, no two of them the same: `HELD_OUT`, subsets, `ALL`."""
    names = all_subsets(runs)
    held_out = [name for name in names if name not in NOT_HELD_OUT] or names
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


def score_figure(
    rows: Sequence[Score], colors: Mapping[str, str], is_dark: bool, changes: Sequence[str] = ()
) -> dict[str, Any]:
    """Dots with their intervals: a panel a score, a line a subset and run.

    Args:
        colors: by the run's name, as of `run_colors`.
        changes: what a click on a dot of each row changes, as `components.brushing` gives it.
    """
    clicked = dict(zip([(row.subset, row.run) for row in rows], changes, strict=False))
    panels = score_names(rows)
    subsets = list(dict.fromkeys(row.subset for row in rows))
    traces, axes = [], {}
    for index, panel in enumerate(panels):
        suffix = str(index + 1) if index else ""
        axes[f"xaxis{suffix}"] = _axis(panel, index, len(panels))
        for place, (run, color) in enumerate(colors.items()):
            of_run = [row for row in rows if row.run == run and panel in row.estimates]
            offset = (place - (len(colors) - 1) / 2) * 0.28
            heights = [subsets.index(row.subset) + offset for row in of_run]
            dots = _dots(of_run, panel, heights, {"color": color, "size": 9, "symbol": _SYMBOLS[place % 4]})
            dots["customdata"] = [clicked.get((row.subset, row.run)) for row in of_run]
            traces.append({"name": run, "legendgroup": run, "showlegend": not index, "xaxis": f"x{suffix}"} | dots)
    ticks = {"tickmode": "array", "tickvals": list(range(len(subsets))), "ticktext": subsets, "zeroline": False}
    axes["yaxis"] = {**ticks, "range": [len(subsets) - 0.5, -0.5], "showgrid": False}
    height = 96 + 44 * len(subsets) * max(1, len(colors) // 2)
    legend = {"showlegend": len(colors) > 1}
    return {"data": traces, "layout": theme.layout(is_dark, height=height, hovermode="closest", **axes, **legend)}


def score_names(rows: Sequence[Score]) -> list[str]:
    """Those that any row has: the figures of the tasks, the loss, the calibration error."""
    found = dict.fromkeys(name for row in rows for name in row.estimates)
    last = [name for name in (LOSS, CALIBRATION) if name in found]
    return [name for name in found if name not in last] + last


def _score(data: RunData, subset: str, rows: Mask) -> Score:
    samples = data.frame.loc[rows]
    others = {
        LOSS: mean_loss(samples),
        CALIBRATION: calibration_error(*confidence_and_right(data, rows)) if data.labels else None,
    }
    counts = data.run.info.get("counts", {}).get(subset, {})
    return Score(
        subset,
        data.name,
        count=int(rows.sum()),
        available=int(counts.get("available", data.n)),
        failed=int((rows & ~data.is_evaluated).sum()),
        estimates={one.name: one.estimate for one in figures(data.run.task, samples)}
        | {name: value for name, value in others.items() if value is not None},
    )


def _axis(panel: str, index: int, panels: int) -> dict[str, Any]:
    width = 1 / panels
    return {
        "domain": [index * width + (0.03 if index else 0), (index + 1) * width - 0.02],
        "title": {"text": "mean loss" if panel == LOSS else panel},
        "tickangle": 0,
        "anchor": "y",
        "zeroline": False,
        **({"tickformat": ".1~%", "nticks": 4} if panel in SHARES else {"nticks": 3}),  # no more fit on a phone
    }


def _dots(rows: Sequence[Score], panel: str, heights: list[float], marker: dict[str, Any]) -> dict[str, Any]:
    estimates = [row.estimates[panel] for row in rows]
    texts = [one.text(percent=panel in SHARES) for one in estimates]
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
