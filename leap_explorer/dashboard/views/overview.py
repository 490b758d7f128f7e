"""The models side by side: how well each does, how sure it is, what it mixes up, and how it was trained."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from dash import Dash, Input, Output, dcc, html
from dash import State as PageState
from dash.development.base_component import Component

from leap_explorer.dashboard import components as ui
from leap_explorer.dashboard import theme
from leap_explorer.dashboard.calibration import BINS, calibration_error, reliability
from leap_explorer.dashboard.comparison import ACCURACY_HELP, LOSS_HELP
from leap_explorer.dashboard.context import Context, RunData, same_samples
from leap_explorer.dashboard.state import State, from_params
from leap_explorer.insights.filters import Condition, Filter
from leap_explorer.insights.rows import TRAINING, Mask, wrong
from leap_explorer.summary import accuracy, mean_loss

TITLE = "Overview"

HELD_OUT, ALL = "held-out", "all"

_HELP = {
    "accuracy": ACCURACY_HELP,
    "loss": LOSS_HELP,
    "calibration": f"Expected calibration error, 0 to 1; lower is better. The samples are sorted by confidence into "
    f"{BINS} bins of equal size; it is the mean distance between a bin's confidence and its accuracy. In brackets the "
    "95 % bootstrap interval.",
    "confusion": "How many samples of each true label get each prediction, and in brackets their share of the true "
    "label's samples. A click shows them on the map.",
    "reliability": f"The samples in {BINS} bins of equal size by confidence, each with the share that is right and its "
    "95 % Wilson interval. A dot on the dashed line: the model is right as often as it says.",
}


def layout(context: Context, state: State) -> Component:
    """The whole page; what depends on the filter is filled in by a callback."""
    chosen = state.get("overview.subset", HELD_OUT)
    return ui.page(
        ui.watch("overview", ("overview.subset",), state),
        html.Div(
            [
                html.H1("How the models do", className="page-title grow"),
                ui.choice(
                    "overview.subset", "Calibration and confusion of", _subset_options(context), chosen, HELD_OUT
                ),
            ],
            className="row",
        ),
        html.Div(id="overview-scores"),
        html.Div(id="overview-models", className="columns"),
        html.Div(_training(context, state), className="columns"),
        html.Div([_facts(data) for data in context.data.values()], className="columns"),
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
        state = from_params(params, bool(route and route["is_dark"]))
        return _scores(context, state), _models(context, state)


def chosen_rows(data: RunData, subset: str) -> Mask:
    """Rows of a subset by name, of `HELD_OUT` (all but the training samples; all if there are no others), or `ALL`."""
    names = data.frame["subset"].astype(str).to_numpy()
    if subset == ALL:
        return np.ones(data.n, dtype=bool)
    if subset == HELD_OUT:
        held_out = names != TRAINING
        return held_out if held_out.any() else np.ones(data.n, dtype=bool)
    return names == subset


def confidence_and_right(data: RunData, rows: Mask) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Of the labelled rows: the predicted label's probability, and 1 where the prediction is right, 0 where not."""
    columns, is_wrong = data.of_role("probability"), wrong(data.frame)
    if not columns or is_wrong is None:
        return np.empty(0), np.empty(0)
    confidence = np.max([data.numbers(name) for name in columns], axis=0)
    judged = rows & np.isfinite(is_wrong) & np.isfinite(confidence)
    return confidence[judged], 1 - is_wrong[judged]


def confusion(data: RunData, rows: Mask) -> npt.NDArray[np.int64]:
    """[labels, labels], how many samples of the label in a row are predicted to be that of the column."""
    places = {label: index for index, label in enumerate(data.labels)}
    counts = np.zeros((len(places), len(places)), dtype=np.int64)
    pairs = data.frame.loc[rows, ["ground_truth", "prediction"]].dropna()
    for truth, prediction in pairs.itertuples(index=False):
        if truth in places and prediction in places:
            counts[places[truth], places[prediction]] += 1
    return counts


def cell_filter(current: Filter, truth: str, prediction: str, subsets: Sequence[str], same_run: bool) -> Filter:
    """What a click on a cell of the confusion matrix filters: clusters of another run mean nothing and are dropped."""
    own = ("ground_truth", "prediction", "subset") if subsets else ("ground_truth", "prediction")
    kept = tuple(one for one in current if one.column not in own and (same_run or one.column != "cluster"))
    new = [Condition("ground_truth", "==", truth), Condition("prediction", "==", prediction)]
    if subsets:
        new.append(
            Condition("subset", "in", tuple(subsets)) if len(subsets) > 1 else Condition("subset", "==", subsets[0])
        )
    return (*kept, *new)


def _subset_options(context: Context) -> list[dict[str, str]]:
    names = list(dict.fromkeys(name for data in context.data.values() for name in data.subsets))
    held_out = [{"label": "held out", "value": HELD_OUT, "title": "All samples that the model was not trained on"}]
    return [*held_out, *({"label": name, "value": name} for name in names), {"label": "all", "value": ALL}]


def _masks(context: Context, state: State) -> dict[str, Mask]:
    """Of each run, the samples that the active run's filter and selection let through."""
    active = context.active(state)
    mask = context.highlighted(state)
    if mask.all():
        return {name: np.ones(data.n, dtype=bool) for name, data in context.data.items()}
    return {name: same_samples(mask, active, data) for name, data in context.data.items()}


def _colors(context: Context, is_dark: bool) -> dict[str, str]:
    return dict(zip(context.data, theme.category_colors(len(context.data), is_dark), strict=True))


# Scores


def _scores(context: Context, state: State) -> Component:
    masks = _masks(context, state)
    rows = [
        _score(data, subset, masks[name] & chosen_rows(data, subset))
        for subset in dict.fromkeys(name for data in context.data.values() for name in data.subsets)
        for name, data in context.data.items()
        if subset in data.subsets
    ]
    shown = sum(int(mask.sum()) for mask in masks.values())
    total = sum(data.n for data in context.data.values())
    many = len(context.data) > 1
    note = theme.n_of(shown, total, f"samples of {len(context.data)} models" if many else "samples")
    if not shown:
        return ui.card(
            "Scores by subset", ui.empty_state("No sample meets the filters", "Take one of them back."), note=note
        )
    figure = _score_figure(rows, _colors(context, state.is_dark), state.is_dark)
    graph = dcc.Graph(figure=figure, config=theme.PLAIN_CONFIG, className="plot")
    content = html.Div([_score_table(rows), graph], className="columns wide")
    return ui.card("Scores by subset", content, note=note)


def _score(data: RunData, subset: str, rows: Mask) -> dict[str, Any]:
    samples = data.frame.loc[rows]
    counts = data.run.info.get("counts", {}).get(subset, {})
    return {
        "subset": subset,
        "run": data.name,
        "count": int(rows.sum()),
        "available": int(counts.get("available", data.n)),
        "failed": int((rows & ~data.is_evaluated).sum()),
        "accuracy": accuracy(samples) if data.labels else None,
        "loss": mean_loss(samples),
        "calibration": calibration_error(*confidence_and_right(data, rows)),
    }


def _score_table(rows: Sequence[Mapping[str, Any]]) -> Component:
    has_accuracy = any(row["accuracy"] for row in rows)
    header = ["Subset", "Model", "Samples", *(["Accuracy"] if has_accuracy else []), "Loss"]
    header += ["Calibration error"] if has_accuracy else []
    tips = {"Accuracy": "accuracy", "Loss": "loss", "Calibration error": "calibration"}
    titles = [html.Span([name, ui.help_tip(_HELP[tips[name]])]) if name in tips else name for name in header]
    return ui.table(
        titles,
        [
            [
                row["subset"],
                row["run"],
                _count(row),
                *([ui.estimate(row["accuracy"], is_share=True)] if has_accuracy else []),
                ui.estimate(row["loss"]),
                *([ui.estimate(row["calibration"])] if has_accuracy else []),
            ]
            for row in rows
        ],
        numeric=range(2, len(header)),
    )


def _count(row: Mapping[str, Any]) -> Component:
    failed = html.Div(f"{row['failed']:,} failed", className="bad small") if row["failed"] else None
    return html.Span([f"{row['count']:,} ", html.Span(f"of {row['available']:,}", className="faint"), failed])


def _score_figure(rows: Sequence[Mapping[str, Any]], colors: Mapping[str, str], is_dark: bool) -> dict[str, Any]:
    """Dots with their intervals: a panel a score, a line a subset and model."""
    names = {"accuracy": "accuracy", "loss": "mean loss", "calibration": "calibration error"}
    panels = [name for name in names if any(row[name] for row in rows)]
    subsets = list(dict.fromkeys(row["subset"] for row in rows))
    traces, axes = [], {}
    for index, panel in enumerate(panels):
        suffix = str(index + 1) if index else ""
        width = 1 / max(len(panels), 1)
        domain = [index * width + (0.03 if index else 0), (index + 1) * width - 0.02]
        tick = {"tickformat": ".1%"} if panel == "accuracy" else {}
        title = {"text": names[panel]}
        axes[f"xaxis{suffix}"] = {
            "domain": domain,
            "title": title,
            "nticks": 4,
            "tickangle": 0,
            "anchor": "y",
            "zeroline": False,
            **tick,
        }
        for place, (run, color) in enumerate(colors.items()):
            of_run = [row for row in rows if row["run"] == run and row[panel]]
            traces.append(
                _dots(of_run, panel, run, color, subsets, place, len(colors))
                | {"xaxis": f"x{suffix}", "showlegend": not index}
            )
    ticks = {"tickmode": "array", "tickvals": list(range(len(subsets))), "ticktext": subsets, "zeroline": False}
    axes["yaxis"] = {**ticks, "range": [len(subsets) - 0.5, -0.5], "showgrid": False}
    height = 96 + 44 * len(subsets) * max(1, len(colors) // 2)
    legend = {"showlegend": len(colors) > 1}
    return {"data": traces, "layout": theme.layout(is_dark, height=height, hovermode="closest", **axes, **legend)}


def _dots(
    rows: Sequence[Mapping[str, Any]], panel: str, run: str, color: str, subsets: list[str], place: int, runs: int
) -> dict[str, Any]:
    estimates = [row[panel] for row in rows]
    offset = (place - (runs - 1) / 2) * 0.28
    return {
        "type": "scatter",
        "mode": "markers",
        "name": run,
        "legendgroup": run,
        "x": [one.value for one in estimates],
        "y": [subsets.index(row["subset"]) + offset for row in rows],
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [one.high - one.value for one in estimates],
            "arrayminus": [one.value - one.low for one in estimates],
            "thickness": 1.5,
            "width": 4,
        },
        "marker": {"color": color, "size": 9, "symbol": ("circle", "diamond", "square", "cross")[place % 4]},
        "text": [f"{row['subset']}, {run}: {row[panel].text(percent=panel == 'accuracy')}" for row in rows],
        "hovertemplate": "%{text}<extra></extra>",
    }


# What each model mixes up, and how sure it is


def _models(context: Context, state: State) -> list[Component]:
    masks = _masks(context, state)
    subset = state.get("overview.subset", HELD_OUT)
    return [
        _model(context, state, data, masks[data.name] & chosen_rows(data, subset), subset)
        for data in context.data.values()
        if data.labels
    ]


def _model(context: Context, state: State, data: RunData, rows: Mask, subset: str) -> Component:
    counts = confusion(data, rows)
    note = theme.n_of(int(counts.sum()), data.n)
    if not counts.sum():
        return ui.card(
            data.name, ui.empty_state("No labelled sample here", "Choose another subset or fewer filters."), note=note
        )
    subsets = [name for name in data.subsets if (rows & chosen_rows(data, name)).any()] if subset != ALL else []
    same_run = data is context.active(state)
    matrix = _confusion_table(
        data, counts, lambda truth, said: cell_filter(state.filter, truth, said, subsets, same_run)
    )
    confidence, right = confidence_and_right(data, rows)
    parts = [_part("Confusion matrix", _HELP["confusion"], matrix)]
    if len(confidence):
        graph = _reliability_graph(confidence, right, state.is_dark)
        parts.append(_part("Reliability", _HELP["reliability"], graph))
    return ui.card(data.name, html.Div(parts, className="columns narrow"), note=note)


def _part(title: str, help_text: str, content: Component) -> Component:
    return html.Div([html.H3([title, ui.help_tip(help_text)]), content])


def _confusion_table(data: RunData, counts: npt.NDArray[np.int64], filter_of: Any) -> Component:
    header = [html.Th("true \\ predicted", scope="col", className="faint small")]
    header += [html.Th(label, scope="col") for label in data.labels]
    body = []
    for truth, row in zip(data.labels, counts, strict=True):
        cells = [
            html.Td(
                ui.link(
                    [html.Strong(f"{count:,}"), html.Span(f"({theme.percent(share)})", className="small")],
                    f"cell {'right' if truth == said else 'wrong'}",
                    f"{count} samples: true {truth}, predicted {said}",
                    run=data.name,
                    view="population",
                    filter=filter_of(truth, said),
                    selection=None,
                ),
                style={"--share": f"{share:.3f}"},
                className="confusion-cell " + ("right" if truth == said else "wrong"),
            )
            for said, count, share in zip(data.labels, row, row / max(row.sum(), 1), strict=True)
        ]
        body.append(html.Tr([html.Th(truth, scope="row"), *cells]))
    return html.Div(
        html.Table([html.Thead(html.Tr(header)), html.Tbody(body)], className="confusion"), className="table-scroll"
    )


def _reliability_graph(confidence: Any, right: Any, is_dark: bool) -> Component:
    bins = reliability(confidence, right)
    lowest = max(0.0, min(min(one.confidence, one.low) for one in bins) - 0.03)
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
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [one.high - one.accuracy for one in bins],
            "arrayminus": [one.accuracy - one.low for one in bins],
            "thickness": 1.5,
            "width": 3,
        },
        "line": {"width": 1.5, "color": theme.ACCENT[is_dark]},
        "marker": {"size": 6, "color": theme.ACCENT[is_dark]},
        "text": [f"{one.count:,} samples: confidence {one.confidence:.1%}, right {one.accuracy:.1%}" for one in bins],
        "hovertemplate": "%{text}<extra></extra>",
    }
    axis = {"tickformat": ".0%", "nticks": 5}
    layout = theme.layout(
        is_dark,
        height=232,
        showlegend=False,
        xaxis={**axis, "title": {"text": "confidence"}},
        yaxis={**axis, "title": {"text": "right"}},
    )
    return dcc.Graph(figure={"data": [ideal, dots], "layout": layout}, config=theme.PLAIN_CONFIG, className="plot")


# Training


def _training(context: Context, state: State) -> list[Component]:
    return [_curves(data, state.is_dark) for data in context.data.values()]


def _curves(data: RunData, is_dark: bool) -> Component:
    title = f"Training of {data.name}"
    history = data.run.info.get("history") or {}
    epochs = [entry for entry in history.get("epochs") or [] if "epoch" in entry]
    if not epochs:
        return ui.card(title, ui.empty_state("No training history", "The run was made without one."))
    shipped = history.get("shipped_epoch")
    figure = training_figure(epochs, shipped, is_dark)
    note = f"{len(epochs)} epochs" + (f", the model is that of epoch {shipped}" if shipped else "")
    return ui.card(title, dcc.Graph(figure=figure, config=theme.PLAIN_CONFIG, className="plot"), note=note)


def training_figure(epochs: Sequence[Mapping[str, Any]], shipped: int | None, is_dark: bool) -> dict[str, Any]:
    """Loss and accuracy by epoch, on training and validation samples; a line marks the epoch whose model it is."""
    sides = dict(zip(("training", "validation"), theme.palette(is_dark), strict=False))
    panels = [
        name for name in ("loss", "accuracy") if any(f"{side}_{name}" in entry for entry in epochs for side in sides)
    ]
    traces, axes, shapes = [], {}, []
    for index, panel in enumerate(panels):
        suffix = str(index + 1) if index else ""
        width = 1 / len(panels)
        domain = [index * width + (0.06 if index else 0), (index + 1) * width - (0 if index else 0.02)]
        tick = {"tickformat": ".0%"} if panel == "accuracy" else {}
        axes[f"xaxis{suffix}"] = {
            "domain": domain,
            "title": {"text": f"{panel} by epoch"},
            "anchor": f"y{suffix}",
            "zeroline": False,
        }
        axes[f"yaxis{suffix}"] = {
            "anchor": f"x{suffix}",
            "nticks": 6,
            "zeroline": False,
            **tick,
        }
        for side, color in sides.items():
            known = [entry for entry in epochs if entry.get(f"{side}_{panel}") is not None]
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines+markers",
                    "name": side,
                    "legendgroup": side,
                    "showlegend": not index,
                    "x": [entry["epoch"] for entry in known],
                    "y": [entry[f"{side}_{panel}"] for entry in known],
                    "line": {"color": color, "width": 2, "dash": "solid" if side == "training" else "dot"},
                    "marker": {"size": 5},
                    "xaxis": f"x{suffix}",
                    "yaxis": f"y{suffix}",
                    "hovertemplate": f"{side} {panel} %{{y:.4f}}, epoch %{{x}}<extra></extra>",
                }
            )
        if shipped is not None:
            line = {"color": theme.faint_ink(is_dark), "width": 1, "dash": "dash"}
            shapes.append(
                {
                    "type": "line",
                    "xref": f"x{suffix}",
                    "yref": f"y{suffix} domain",
                    "x0": shipped,
                    "x1": shipped,
                    "y0": 0,
                    "y1": 1,
                    "line": line,
                }
            )
    return {"data": traces, "layout": theme.layout(is_dark, height=264, shapes=shapes, hovermode="closest", **axes)}


# Facts


def _facts(data: RunData) -> Component:
    info = data.run.info
    model, integration = info.get("model", {}), info.get("integration", {})
    facts = {
        "Model file": f"{model.get('file', 'unknown')} ({model.get('format', 'unknown')})",
        "Its SHA-256": model.get("sha256", "unknown"),
        "Data's SHA-256": info.get("data_sha256", "unknown"),
        "Integration": f"{integration.get('entry', 'unknown')}, SHA-256 {integration.get('sha256', 'unknown')}",
        "Evaluated": f"{info.get('created', 'unknown')} (UTC), seed {info.get('seed', 'unknown')}",
        "Latent space": "{source}, {dimensions} dimensions".format_map(
            {"source": "unknown", "dimensions": "unknown"} | (info.get("latent") or {})
        ),
        "Versions": ", ".join(f"{name} {version}" for name, version in (info.get("versions") or {}).items()),
    }
    summary = html.Summary(f"What {data.name} is made of: files, data, versions")
    return html.Section(html.Details([summary, ui.facts_list(facts)]), className="card")
