"""The models side by side: how well each does, how sure it is, what it mixes up, and how it was trained."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from dash import Dash, Input, Output, html
from dash import State as PageState
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.jsonml import drawn
from leap_explorer.dashboard.plots.calibration import (
    BINS,
    Bin,
    bin_conditions,
    confidence_and_right,
    lowest_shown,
    reliability,
    reliability_figure,
)
from leap_explorer.dashboard.plots.confusion import cell_conditions, confusion, most_mixed_up, of_subsets
from leap_explorer.dashboard.plots.training_curves import SIDES, training_epochs, training_figure
from leap_explorer.dashboard.run_data import RunData, same_samples
from leap_explorer.dashboard.scope import ALL, HELD_OUT, chosen_rows
from leap_explorer.dashboard.state import Selection, State, from_params, with_conditions
from leap_explorer.dashboard.views.overview.by_task import task_card
from leap_explorer.dashboard.views.overview.scores import (
    HELP_OF_SCORES,
    SHARES,
    Score,
    all_subsets,
    choice_of,
    choices,
    run_colors,
    score_figure,
    score_names,
    score_rows,
)
from leap_explorer.insights.filters import Condition, Filter
from leap_explorer.insights.rows import Mask
from leap_explorer.insights.wording import capitalised

#: Of more labels the most frequent mix-ups are listed instead of a matrix.
MOST_IN_MATRIX = 20

TITLE = "Overview"

_HELP = {
    "confusion": "How many samples of each true label get each prediction, and in brackets their share of the true "
    "label's samples.",
    "reliability": f"The samples in {BINS} bins of equal size by confidence, each with the share that is right and its "
    "95 % Wilson interval. A dot on the dashed line: the model is right as often as it says.",
}


def layout(context: Context, state: State) -> Component:
    """The whole page; what depends on the filter is filled in by a callback."""
    runs = list(context.data.values())
    chosen = choice_of(runs, state.get("overview.subset", HELD_OUT))
    return ui.page(
        ui.watch("overview", ("overview.subset",), state),
        html.Div(
            [
                html.H1("How the models do", className="page-title grow"),
                ui.choice("overview.subset", "Confusion and errors of", _subset_options(runs), chosen, HELD_OUT),
            ],
            className="row",
        ),
        html.Div(id="overview-scores"),
        html.Div(id="overview-models", className="columns"),
        html.Div(id="overview-training", className="columns"),
        html.Div([facts_card(data) for data in context.data.values()], className="columns"),
    )


def register(app: Dash, context: Context) -> None:
    @app.callback(
        Output("overview-scores", "children"),
        Output("overview-models", "children"),
        Input(ui.watched("filter"), "data"),
        Input(ui.watched("selection"), "data"),
        Input(ui.watched("overview"), "data"),
        PageState(ui.STATE, "data"),
        PageState("route", "data"),
    )
    def fill(_filter: Any, _selection: Any, _own: Any, params: dict[str, str], route: dict[str, Any]) -> Any:
        state = from_params(params, route)
        return drawn(scores_card(context, state)), drawn(model_cards(context, state))

    @app.callback(
        Output("overview-training", "children"),
        Input("overview-scores", "children"),
        PageState(ui.STATE, "data"),
        PageState("route", "data"),
    )
    def fill_training(_scores: Any, params: dict[str, str], route: dict[str, Any]) -> Any:
        """After the scores, which would else wait until the plots can be drawn; the filter is in what a click does."""
        state = from_params(params, route)
        return drawn([curves_card(context, state, data) for data in context.data.values()])


def _subset_options(runs: Sequence[RunData]) -> list[dict[str, str]]:
    names = choices(runs)
    meant = [name for name in all_subsets(runs) if name not in names]
    label = f"held out ({meant[0]})" if meant else "held out"
    held_out = {"label": label, "value": HELD_OUT, "title": "All samples that the model was not trained on"}
    return [held_out, *({"label": name, "value": name} for name in names if name != HELD_OUT)]


def _masks(context: Context, state: State) -> dict[str, Mask]:
    """Of each run, the samples that the active run's filter and selection let through."""
    active = context.active(state)
    mask = context.highlighted(state)
    if mask.all():
        return {name: np.ones(data.n, dtype=bool) for name, data in context.data.items()}
    return {name: same_samples(mask, active, data) for name, data in context.data.items()}


# Scores


def scores_card(context: Context, state: State) -> Component:
    """Accuracy, loss and calibration of the samples that the state lets through, by subset and model."""
    masks = _masks(context, state)
    runs = list(context.data.values())
    shown = sum(int(mask.sum()) for mask in masks.values())
    total = sum(data.n for data in runs)
    note = theme.n_of(shown, total, f"samples of {len(runs)} models" if len(runs) > 1 else "samples")
    if not shown:
        return ui.card("Scores by subset", ui.no_match(), note=note)
    rows = score_rows(runs, masks)
    changes = [_Counted.of(context, state, context.data[row.run], [row.subset]).opened() for row in rows]
    figure = score_figure(rows, run_colors(runs, state.is_dark), state.is_dark, [ui.brushing(**one) for one in changes])
    content = html.Div([_score_table(rows, changes), ui.brushable("scores", figure)], className="columns wide")
    tasks = [html.P(f"{data.name}: {data.run.task.sentence()}", className="faint small") for data in runs]
    return ui.card("Scores by subset", content, *tasks, note=note)


def _score_table(rows: Sequence[Score], changes: Sequence[dict[str, Any]]) -> Component:
    names = score_names(rows)
    titles = [html.Span([capitalised(name), ui.help_tip(HELP_OF_SCORES[name])]) for name in names]
    return ui.table(
        ["Subset", "Model", "Samples", *titles],
        [
            [
                ui.link(row.subset, "link", f"{row.subset} of {row.run}: shows them on the map", **opened),
                row.run,
                _count(row),
                *(ui.estimate(row.estimates.get(name), is_share=name in SHARES) for name in names),
            ]
            for row, opened in zip(rows, changes, strict=True)
        ],
        numeric=range(2, 3 + len(names)),
    )


def _count(row: Score) -> Component:
    failed = html.Div(f"{row.failed:,} failed", className="bad small") if row.failed else None
    return html.Span([f"{row.count:,} ", html.Span(f"of {row.available:,}", className="faint"), failed])


# What each model mixes up, and how sure it is


@dataclass(frozen=True)
class _Counted:
    """The samples that a chart of a run counts, as an address names them."""

    run: str
    filter: Filter
    selection: Selection | None
    subsets: list[str]  #: none: all

    @classmethod
    def of(cls, context: Context, state: State, data: RunData, subsets: list[str]) -> "_Counted":
        """Those of some subsets that the state lets through."""
        return cls(data.name, context.filter_for(state, data), context.selection_for(state, data), subsets)

    def opened(self, *conditions: Condition) -> dict[str, Any]:
        """The change that opens those of them on the map that meet some conditions more."""
        found = with_conditions(self.filter, [*conditions, *of_subsets(self.subsets)])
        return {"run": self.run, "view": "population", "filter": found, "selection": self.selection}


def model_cards(context: Context, state: State) -> list[Component]:
    """What each model gets wrong on the subset that the state chooses, by its kind of task.

    Of a classifier its confusion matrix and its reliability; of any other what `task_card` draws. All reliability
    figures have the same axes, so that they can be compared by eye.
    """
    masks = _masks(context, state)
    runs = list(context.data.values())
    classifiers = [data for data in runs if data.labels]
    subset = choice_of(runs, state.get("overview.subset", HELD_OUT))
    others = [
        card
        for data in runs
        if (card := task_card(data, masks[data.name] & chosen_rows(data, subset), state.is_dark)) is not None
    ]
    rows = {data.name: masks[data.name] & chosen_rows(data, subset) for data in classifiers}
    subsets = {data.name: _subsets_of(data, rows[data.name]) if subset != ALL else [] for data in classifiers}
    bins = {data.name: reliability(*confidence_and_right(data, rows[data.name])) for data in classifiers}
    lowest = lowest_shown(one for each in bins.values() for one in each)
    return [
        _model(
            data,
            confusion(data, rows[data.name]),
            _reliability(data, bins[data.name], lowest, _Counted.of(context, state, data, subsets[data.name]), state),
            _Counted.of(context, state, data, subsets[data.name]),
        )
        for data in classifiers
    ] + others


def _subsets_of(data: RunData, rows: Mask) -> list[str]:
    return [name for name in data.subsets if (rows & chosen_rows(data, name)).any()]


def _model(data: RunData, counts: npt.NDArray[np.int64], reliable: list[Component], counted: _Counted) -> Component:
    note = theme.n_of(int(counts.sum()), data.n)
    if not counts.sum():
        return ui.card(
            data.name, ui.empty_state("No labelled sample here", "Choose another subset or fewer filters."), note=note
        )
    draw, title = _confusion_table, "Confusion matrix"
    if len(data.labels) > MOST_IN_MATRIX:
        draw, title = _mix_ups, f"Most frequent mix-ups of {len(data.labels):,} labels"
    parts = [_part(title, _HELP["confusion"], draw(data.labels, counts, counted))]
    if reliable:
        parts.append(_part("Reliability diagram", _HELP["reliability"], html.Div(reliable)))
    return ui.card(data.name, html.Div(parts, className="columns narrow"), note=note)


def _reliability(data: RunData, bins: Sequence[Bin], lowest: float, counted: _Counted, state: State) -> list[Component]:
    """The figure, and its bins as a table of links; nothing without bins."""
    if not bins:
        return []
    changes = [counted.opened(*bin_conditions(data, one, counted.filter)) for one in bins]
    figure = reliability_figure(bins, lowest, state.is_dark, [ui.brushing(**one) for one in changes])
    rows = [
        [
            ui.link(f"{one.least:.4g} to {one.most:.4g}", "link", "Shows them on the map", **opened),
            f"{one.count:,}",
            theme.percent(one.accuracy),
        ]
        for one, opened in zip(bins, changes, strict=True)
    ]
    table = ui.table(["Confidence", "Samples", "Right"], rows, numeric=(1, 2))
    return [ui.brushable(f"reliability of {data.name}", figure), html.Details([html.Summary("In numbers"), table])]


def _part(title: str, help_text: str, content: Component) -> Component:
    return html.Div([html.H3([title, ui.help_tip(help_text)]), content])


def _mix_ups(labels: Sequence[str], counts: npt.NDArray[np.int64], counted: _Counted) -> Component:
    """The most frequent wrong predictions, of labels that are too many for a matrix."""
    pairs = most_mixed_up(counts, MOST_IN_MATRIX)
    if not pairs:
        return html.P("Nothing is mixed up.", className="faint")
    rows = []
    for truth, said in pairs:
        link = _cell_link(counted, (labels[truth], labels[said]), f"{counts[truth, said]:,}", "link")
        rows.append([labels[truth], labels[said], link, theme.percent(counts[truth, said] / counts[truth].sum())])
    return ui.table(["True", "Predicted", "Samples", "Share of the true label"], rows, numeric=(2, 3))


def _confusion_table(labels: Sequence[str], counts: npt.NDArray[np.int64], counted: _Counted) -> Component:
    header = [html.Th("true \\ predicted", scope="col", className="faint small")]
    header += [html.Th(label, scope="col") for label in labels]
    body = []
    for truth, row in zip(labels, counts, strict=True):
        cells = [
            html.Td(
                _cell(counted, (truth, said), int(count), share),
                style={"--share": f"{share:.3f}"},
                className="confusion-cell " + ("right" if truth == said else "wrong"),
            )
            for said, count, share in zip(labels, row, row / max(row.sum(), 1), strict=True)
        ]
        body.append(html.Tr([html.Th(truth, scope="row"), *cells]))
    return html.Div(
        html.Table([html.Thead(html.Tr(header)), html.Tbody(body)], className="confusion"), className="table-scroll"
    )


def _cell(counted: _Counted, labels: tuple[str, str], count: int, share: float) -> Component:
    """A cell of the confusion matrix, which opens the samples that it counts; an empty one opens nothing.

    Args:
        labels: the true and the predicted one.
    """
    truth, said = labels
    class_name = f"cell {'right' if truth == said else 'wrong'}"
    content = [html.Strong(f"{count:,}"), html.Span(f"({theme.percent(share)})", className="small")]
    if not count:
        return html.Span(content, className=class_name)
    return _cell_link(counted, labels, f"{count:,}", class_name, content)


def _cell_link(
    counted: _Counted, labels: tuple[str, str], count: str, class_name: str, content: list[Component] | None = None
) -> Component:
    """A link that opens the samples of a true and a predicted label, and says how many they are."""
    truth, said = labels
    label = f"{count} samples: true {truth}, predicted {said}; shows them on the map"
    return ui.link(content or count, class_name, label, **counted.opened(*cell_conditions(truth, said)))


# Training


def curves_card(context: Context, state: State, data: RunData) -> Component:
    """The curves of a run's model, whose points open the samples that they are of, or why there are none."""
    title = f"Training of {data.name}"
    epochs, shipped = training_epochs(data.run)
    if not epochs:
        return ui.card(title, ui.empty_state("No training history", "The run was made without one."))
    sides = [side for side in SIDES if side in data.subsets]
    changes = {side: ui.brushing(**_Counted.of(context, state, data, [side]).opened()) for side in sides}
    figure = training_figure(epochs, shipped, state.is_dark, changes)
    note = f"{len(epochs)} epochs" + (f", the model is that of epoch {shipped}" if shipped else "")
    return ui.card(title, ui.brushable(f"training of {data.name}", figure), note=note)


# Facts


def facts_card(data: RunData) -> Component:
    """What a run was made of, folded up."""
    summary = html.Summary(f"What {data.name} is made of: files, data, versions")
    return html.Section(html.Details([summary, ui.facts_list(run_facts(data))]), className="card")


def run_facts(data: RunData) -> dict[str, str]:
    """The files, data and versions that a run was made of, by name."""
    info = data.run.info
    return {
        "Task": data.run.task.sentence(),
        **_origin(info),
        "Data's SHA-256": info.get("data_sha256", "unknown"),
        "Evaluated": f"{info.get('created', 'unknown')} (UTC), seed {info.get('seed', 'unknown')}",
        "Latent space": "{source}, {dimensions} dimensions".format_map(
            {"source": "unknown", "dimensions": "unknown"} | (info.get("latent") or {})
        ),
        "Versions": ", ".join(f"{name} {version}" for name, version in (info.get("versions") or {}).items()),
    }


def _origin(info: dict[str, Any]) -> dict[str, str]:
    """The model and the integration, or the table of predictions instead of both."""
    model, integration = info.get("model", {}), info.get("integration", {})
    if model.get("format") == "table":
        return {"Table of predictions": str(model.get("file")), "SHA-256 of what it says": str(model.get("sha256"))}
    return {
        "Model file": f"{model.get('file', 'unknown')} ({model.get('format', 'unknown')})",
        "Its SHA-256": model.get("sha256", "unknown"),
        "Integration": f"{integration.get('entry', 'unknown')}, SHA-256 {integration.get('sha256', 'unknown')}",
    }
