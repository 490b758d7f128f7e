"""What a run says of a sample, in the figures of its kind of task."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.views.sample.reading import prediction_of, probabilities_of, truth_of
from leap_explorer.insights.rows import TRAINING
from leap_explorer.precision import alike

_MOST_BARS = 10
_PROBABILITY_HELP = "The model's probability of each label, 0 to 1; together they are 1."
_LABELS_HELP = "The model's probability of each label by itself, 0 to 1."
_NOT_LABELLED = "not labelled"


def facts(data: RunData, key: str) -> list[Component]:
    """What it says is right, what the model says, and the loss."""
    row = data.rows.get(key)
    if row is None:
        return [html.P("This run does not hold the sample.", className="faint")] if key else []
    if not data.is_evaluated[row]:
        reason = str(data.frame["error"].iloc[row])
        return [html.P(f"The sample could not be evaluated: {reason}", className="bad")]
    kind = data.run.task.kind
    stats = {"positions": _of_positions, "vector-regression": _of_vector, "other": lambda *_: []}.get(kind, _of_labels)
    more = {"multi-label": _label_bars, "vector-regression": _numbers}.get(kind, _probability_bars)
    return [html.Div([*stats(data, key, row), *_loss(data, row)], className="stats"), *more(data, key, row)]


def _of_labels(data: RunData, key: str, row: int) -> list[Component]:
    """One label, any number of them, or a number."""
    said, truth = prediction_of(data, key), truth_of(data, key)
    are_labels = bool(data.labels) or data.run.task.kind == "multi-label"
    verdict = _verdict(said == truth) if are_labels and said is not None and truth is not None else None
    if data.run.task.kind == "regression":
        numbers = [_number(data, name, row) for name in ("prediction", "ground_truth")]
        said, truth = (None if one is None else text for one, text in zip(numbers, alike(numbers), strict=True))
    return [
        ui.stat("Prediction", said or theme.NOTHING, verdict),
        ui.stat("Ground truth", truth or theme.NOTHING, None if truth else _NOT_LABELLED),
    ]


def _verdict(is_right: bool) -> Component:
    return html.Span("right", className="good") if is_right else html.Span("wrong", className="bad")


def _of_positions(data: RunData, _key: str, row: int) -> list[Component]:
    share, count = (_number(data, name, row) for name in ("position_accuracy", "positions"))
    if share is None or count is None:
        return [ui.stat("Right positions", theme.NOTHING, _NOT_LABELLED)]
    return [ui.stat("Right positions", theme.percent(share), f"{round(share * count):,} of {count:,.0f}")]


def _of_vector(data: RunData, _key: str, row: int) -> list[Component]:
    error = _number(data, "absolute_error", row)
    if error is None:
        return [ui.stat("Absolute error", theme.NOTHING, _NOT_LABELLED)]
    over = f"mean over {len(data.run.task.labels):,} numbers"
    return [ui.stat("Absolute error", ui.value_text(data, "absolute_error", row), over)]


def _loss(data: RunData, row: int) -> list[Component]:
    if "loss" not in data.columns:
        return []
    label = html.Span(["Loss", ui.column_tip(data, "loss")])
    is_trained_on = data.frame["subset"].iloc[row] == TRAINING
    return [ui.stat(label, _known(data, "loss", row), "trained on this sample" if is_trained_on else "held out")]


def _known(data: RunData, column: str, row: int) -> str:
    return theme.NOTHING if pd.isna(data.frame[column].iloc[row]) else ui.value_text(data, column, row)


def _number(data: RunData, column: str, row: int) -> float | None:
    value = data.frame[column].iloc[row] if column in data.frame else None
    return None if value is None or pd.isna(value) else float(value)


def _probability_bars(data: RunData, key: str, _row: int) -> list[Component]:
    found, truth = probabilities_of(data, key), truth_of(data, key)
    return _some_bars(found, [truth] if truth else [], _PROBABILITY_HELP) if found else []


def _label_bars(data: RunData, _key: str, row: int) -> list[Component]:
    values = {label: _number(data, f"label_probability_{label}", row) for label in data.run.task.labels}
    right = [label for label in values if _number(data, f"label_truth_{label}", row) == 1]
    return _some_bars({label: one for label, one in values.items() if one is not None}, right, _LABELS_HELP)


def _some_bars(found: Mapping[str, float], right: list[str], explained: str) -> list[Component]:
    shown = most_probable(found, _MOST_BARS, right)
    rest = [html.P(f"{len(found) - len(shown):,} more labels are not shown.", className="faint small")]
    return [bars(shown, right, explained=explained), *(rest if len(shown) < len(found) else [])]


def _numbers(data: RunData, _key: str, row: int) -> list[Component]:
    """Of a vector, what is said of each number and what is right."""
    lines = []
    for name in data.run.task.numbers:
        pair = alike([_number(data, f"{of}_{name}", row) for of in ("predicted", "true")])
        lines.append([name, *pair])
    return [ui.table(["Number", "Prediction", "Ground truth"], lines, numeric=(1, 2))] if lines else []


def most_probable(probabilities: Mapping[str, float], most: int, right: list[str]) -> dict[str, float]:
    """So many labels at most, in their order: the most probable ones, and before them those that are right."""
    ranked = sorted(probabilities, key=lambda label: (label not in right, -probabilities[label]))
    kept = set(ranked[:most])
    return {label: value for label, value in probabilities.items() if label in kept}


def bars(
    probabilities: Mapping[str, float],
    right: list[str] | None = None,
    before: Mapping[str, float] | None = None,
    explained: str = _PROBABILITY_HELP,
) -> Component:
    """A bar for each label; with what it was `before` as a line on it and in words."""
    rows: list[Component] = []
    for label, value in probabilities.items():
        is_right = label in (right or [])
        mark: list[Any] = [html.Span(label), html.Span("ground truth", className="tag") if is_right else None]
        fill = html.Div(className="bar-fill", style={"width": f"{100 * value:.2f}%"})
        figure: list[Any] = [html.Strong(theme.percent(value))]
        line = None
        if before and label in before:
            line = html.Div(className="bar-before", style={"left": f"{100 * before[label]:.2f}%"})
            points = 100 * (value - before[label])
            figure.append(html.Span(f" was {theme.percent(before[label])} ({points:+.1f} points)", className="faint"))
        rows += [
            html.Div([one for one in mark if one is not None], className="bar-label"),
            html.Div([fill, line] if line else fill, className="bar"),
            html.Div(figure, className="bar-value"),
        ]
    name = html.Span(["Probabilities", ui.help_tip(explained, "Probabilities")], className="faint small")
    return html.Div([name, html.Div(rows, className="bars")])
