"""What a model that is no classifier gets wrong: a card with the table or plot of its kind of task."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.plots.confusion import most_mixed_up
from leap_explorer.dashboard.plots.residuals import MOST_DOTS, residual_figure
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.insights.rows import Mask
from leap_explorer.runs.figures import label_scores, number_scores
from leap_explorer.runs.schema import POSITIONS
from leap_explorer.runs.task import Kind

Counts = npt.NDArray[np.int64]

#: Of more classes the most frequent mix-ups are listed instead of a matrix.
MOST_IN_MATRIX = 20
MOST_PLOTS = 4  #: of the numbers of a vector, the first
MOST_BESIDE = 2  #: tables and plots that stand in one row
OUTCOMES = ("true_positives", "false_positives", "false_negatives", "true_negatives")

_PRECISION = "Of the samples or elements that the label is predicted for, the share that has it. Wilson interval."
_RECALL = "Of those that have the label, the share that it is predicted for. Wilson interval."


def task_card(data: RunData, rows: Mask, is_dark: bool) -> Component | None:
    """Of the rows that count; None of a model with nothing to show."""
    rows = rows & data.is_evaluated
    draw = _PARTS.get(data.run.task.kind)
    parts = [*(draw(data, rows, is_dark) if draw else []), *_of_elements(data, rows)]
    if not parts:
        return None
    content = html.Div(parts, className="columns narrow" if len(parts) <= MOST_BESIDE else "columns")
    return ui.card(data.name, content, note=theme.n_of(int(rows.sum()), data.n))


def _of_labels(data: RunData, rows: Mask, _is_dark: bool) -> list[Component]:
    scores = label_scores(data.run.task, data.frame.loc[rows])
    header = ["Label", "Samples", _tipped("Precision", _PRECISION), _tipped("Recall", _RECALL)]
    lines = [
        [one.label, f"{one.right:,}", ui.estimate(one.precision, is_share=True), ui.estimate(one.recall, is_share=True)]
        for one in scores
    ]
    return [_part("Each label by itself", ui.table(header, lines, numeric=(1, 2, 3)))] if lines else []


def _of_number(data: RunData, rows: Mask, is_dark: bool) -> list[Component]:
    drawn = _residuals(data, rows, "ground_truth", "prediction", is_dark)
    if drawn is None:
        return [ui.empty_state("No sample here has a ground truth", "Choose another subset or fewer filters.")]
    return [_part("Predictions and their errors", drawn)]


def _residuals(data: RunData, rows: Mask, right: str, given: str, is_dark: bool) -> Component | None:
    """Of two columns; None where no row has both."""
    truth, said = data.numbers(right)[rows], data.numbers(given)[rows]
    known = np.isfinite(truth) & np.isfinite(said)
    if not known.any():
        return None
    figure = residual_figure(truth[known], said[known], is_dark)
    graph = dcc.Graph(figure=figure, config=theme.PLAIN_CONFIG, className="plot")
    more = [html.P(f"{MOST_DOTS:,} dots stand for all.", className="faint small")] if known.sum() > MOST_DOTS else []
    return html.Div([graph, *more])


def _of_numbers(data: RunData, rows: Mask, is_dark: bool) -> list[Component]:
    scores = number_scores(data.run.task, data.frame.loc[rows])
    lines = [[one.name, ui.estimate(one.error), ui.estimate(one.explained)] for one in scores]
    header = ["Number", "Mean absolute error", "R2"]
    names = data.run.task.numbers[:MOST_PLOTS]
    plots = [(one, _residuals(data, rows, f"true_{one}", f"predicted_{one}", is_dark)) for one in names]
    drawn = [_part(f"Predictions of {one} and their errors", plot) for one, plot in plots if plot is not None]
    return [_part("Each number by itself", ui.table(header, lines, numeric=(1, 2))), *drawn] if lines else []


def _of_positions(data: RunData, rows: Mask, _is_dark: bool) -> list[Component]:
    counts = position_confusion(data, rows)
    if not counts.sum():
        return [ui.empty_state("No position here has a class", "Choose another subset or fewer filters.")]
    labels = data.run.task.labels
    if len(labels) > MOST_IN_MATRIX:
        return [_part(f"Most frequent mix-ups of {len(labels):,} classes", _mix_ups(labels, counts))]
    return [_part("Confusion matrix, of positions", _matrix(labels, counts))]


def position_confusion(data: RunData, rows: Mask) -> Counts:
    """[classes, classes], how many positions of the class in a row get that of the column."""
    labels = data.run.task.labels
    counts = np.zeros((len(labels), len(labels)), dtype=np.int64)
    chosen = _chosen(data, rows, POSITIONS)
    truth, said = (pd.Categorical(chosen[name], categories=labels).codes for name in ("truth", "prediction"))
    np.add.at(counts, (truth.astype(int), said.astype(int)), chosen["count"].to_numpy(dtype=np.int64))
    return counts


def element_counts(data: RunData, rows: Mask) -> dict[str, pd.DataFrame]:
    """By metric that gives a confusion matrix: of each label of its elements the number of each of `OUTCOMES`."""
    if data.run.confusions is None:
        return {}
    found = {}
    for matrix in data.run.confusions["matrix"].unique():
        if matrix != POSITIONS:
            chosen = _chosen(data, rows, matrix)
            table = chosen.pivot_table("count", "truth", "prediction", "sum", fill_value=0, observed=True)
            found[str(matrix)] = table.reindex(columns=list(OUTCOMES), fill_value=0)
    return found


def _of_elements(data: RunData, rows: Mask) -> list[Component]:
    """Of each matrix that a metric gives, its elements by label: a detector's boxes by class."""
    return [
        _part(f"{name}, by label of its elements", _outcome_table(counts))
        for name, counts in element_counts(data, rows).items()
        if len(counts)
    ]


def _outcome_table(counts: pd.DataFrame) -> Component:
    shares_of = [_tipped("Precision", _PRECISION), _tipped("Recall", _RECALL)]
    header: list[Any] = ["Label", "Right", "Wrongly found", "Missed", *shares_of]
    lines = []
    for label, row in counts.iterrows():
        hits, false_alarms, missed = (int(row[name]) for name in OUTCOMES[:3])
        shares = [
            theme.percent(hits / count) if count else theme.NOTHING for count in (hits + false_alarms, hits + missed)
        ]
        lines.append([str(label), f"{hits:,}", f"{false_alarms:,}", f"{missed:,}", *shares])
    return ui.table(header, lines, numeric=range(1, 6))


def _chosen(data: RunData, rows: Mask, matrix: str) -> pd.DataFrame:
    """The counts of one matrix of the rows that count."""
    every = data.run.confusions
    if every is None:
        return pd.DataFrame({"truth": [], "prediction": [], "count": []})
    return every[(every["matrix"] == matrix) & rows[every["row"].to_numpy(dtype=np.int64)]]


def _matrix(labels: Sequence[str], counts: Counts) -> Component:
    header = [html.Th("true \\ predicted", scope="col", className="faint small")]
    header += [html.Th(label, scope="col") for label in labels]
    body = [
        html.Tr([html.Th(truth, scope="row"), *(_cell(i == j, int(one), row.sum()) for j, one in enumerate(row))])
        for i, (truth, row) in enumerate(zip(labels, counts, strict=True))
    ]
    return html.Div(
        html.Table([html.Thead(html.Tr(header)), html.Tbody(body)], className="confusion"),
        className="table-scroll",
        tabIndex="0",
    )


def _cell(is_right: bool, count: int, total: int) -> Component:
    share, name = count / max(total, 1), "right" if is_right else "wrong"
    content = [html.Strong(f"{count:,}"), html.Span(f"({theme.percent(share)})", className="small")]
    cell = html.Span(content, className=f"cell {name}")
    return html.Td(cell, style={"--share": f"{share:.3f}"}, className=f"confusion-cell {name}")


def _mix_ups(labels: Sequence[str], counts: Counts) -> Component:
    pairs = most_mixed_up(counts, MOST_IN_MATRIX)
    lines = [
        [
            labels[truth],
            labels[said],
            f"{counts[truth, said]:,}",
            theme.percent(counts[truth, said] / counts[truth].sum()),
        ]
        for truth, said in pairs
    ]
    return ui.table(["True", "Predicted", "Positions", "Share of the true class"], lines, numeric=(2, 3))


def _tipped(name: str, text: str) -> Component:
    return html.Span([name, ui.help_tip(text)])


def _part(title: str, content: Component) -> Component:
    return html.Div([html.H3(title), content])


_PARTS: Mapping[Kind, Callable[[RunData, Mask, bool], list[Component]]] = {
    "multi-label": _of_labels,
    "regression": _of_number,
    "vector-regression": _of_numbers,
    "positions": _of_positions,
}
