"""One insight: what it rests on, what to do about it, what guards it, and its samples."""

from typing import Any

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.excerpt import excerpt, marked
from leap_explorer.dashboard.parts.selection_profile import mean_or_share
from leap_explorer.dashboard.parts.thumbnail import shows_pictures, thumbnail
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.state import State, with_conditions
from leap_explorer.dashboard.views.insights import status as review
from leap_explorer.dashboard.views.insights.also_seen import also_seen
from leap_explorer.dashboard.views.insights.slice_figures import slice_figures
from leap_explorer.insights import Insight, describe, run_check
from leap_explorer.insights.checks import Check
from leap_explorer.insights.in_words import effect_in_words, severity_interval_in_words
from leap_explorer.insights.kinds import evidence_in_words, kind_of
from leap_explorer.insights.low_performance import ALSO_SEEN

#: Of an insight's samples only so many are listed; the map has them all.
MOST_ROWS = 50
_EXCERPT = 90

INTERVAL_HELP = (
    "How far chance may have moved the number: in 95 of 100 samplings of such data, an interval made like this holds "
    "the true value."
)
SEVERITY_HELP = (
    "Severity, 0 to 100 %, lower is better: the most of the held-out loss that acting on the finding could remove. Of "
    "samples without a held-out loss, such as training samples, it is the share that the finding concerns. High from "
    "10 %, medium from 2 %."
)
_EFFECT_HELP = (
    "How far the two means lie apart, in standard deviations (Cohen's d), with its 95 % interval. Below 0.2 hardly "
    "any, below 0.5 small, below 0.8 medium."
)
_GUARD_HELP = (
    "A limit that later models must keep, set where this model stands today, with room for chance. It says nothing on "
    "how good that is: it fails if a model is worse. The command `check` makes it."
)


def severity_mark(insight: Insight) -> html.Span:
    """How severe it is, in a word and as a share."""
    label = insight.severity_label
    value = html.Span(theme.percent(insight.severity), className="mono")
    return html.Span([label, value], className=f"severity {label}")


def status_mark(status: str) -> html.Span:
    """What the user thinks of it, in a word."""
    return html.Span(status, className=f"status {status.replace(' ', '-')}")


def facts_of(insight: Insight) -> dict[str, str]:
    """What to do about it, how severe it is, and its evidence, by name."""
    action = kind_of(insight).action(insight)
    ends = severity_interval_in_words(insight)
    severity = {"Severity": f"{theme.percent(insight.severity)} (95 % interval {ends})."} if ends else {}
    return {"What to do": f"{action[0].upper()}{action[1:]}.", **severity, **dict(evidence_in_words(insight))}


def detail(context: Context, state: State, insight: Insight, status: str) -> Component:
    """A card of the insight and one of its samples."""
    kind = html.Span(kind_of(insight).title, className="faint")
    card = ui.card(
        insight.title,
        html.Div([severity_mark(insight), kind], className="row center"),
        _actions(state, insight, status),
        html.H3(["What to do, and what it rests on", ui.help_tip(INTERVAL_HELP, "95 % interval")]),
        ui.facts_list({name: fact for name, fact in facts_of(insight).items() if name != ALSO_SEEN}),
        *also_seen(insight),
        *slice_figures(context, state, insight),
        *_distinguishing(context.active(state), insight),
        *_guard(context, state, insight),
        class_name="insight-detail",
    )
    return html.Div([card, _samples(context, state, insight)], className="stack")


def _actions(state: State, insight: Insight, status: str) -> Component:
    options = [{"label": name, "value": name} for name in review.STATUSES]
    radio = dcc.RadioItems(
        options, status, id={"type": "insights-status", "insight": insight.id}, className="segments", inline=True
    )
    on_map = ui.link(
        "Show on the map", "button primary", view="population", filter=insight.filter, query=None, selection=None
    )
    chosen = html.Div([html.Span("Status", className="field-label"), radio], className="field")
    both = with_conditions(state.filter, insight.filter)
    added = ui.link("Add to the filter", "button", "Filter by its samples too", filter=both)
    links = html.Div([*_test_button(insight), added, on_map], className="row")
    return html.Div([chosen, links], className="row insight-actions")


def _test_button(insight: Insight) -> list[Component]:
    """Writes the regression guard to a file; nothing where there is none."""
    name = {"type": "insights-test", "insight": insight.id}
    return [html.Button("Make it a test", id=name, className="button", n_clicks=0)] if insight.test else []


def _distinguishing(data: RunData, insight: Insight) -> list[Component]:
    if not insight.distinguishing:
        return []
    rows = [
        [
            data.heading(row["column"]) + (f": {row['value']}" if row.get("value") is not None else ""),
            mean_or_share(data, row, "inside"),
            mean_or_share(data, row, "outside"),
            effect_in_words(row["effect"]),
        ]
        for row in insight.distinguishing
    ]
    here, there = (name.capitalize() for name in kind_of(insight).sides(insight))
    header = ["Metadata", here, there, html.Span(["Difference", ui.help_tip(_EFFECT_HELP, "Difference")])]
    return [html.H3("What sets these samples apart"), ui.table(header, rows, numeric=(1, 2), id="insights-apart")]


def _guard(context: Context, state: State, insight: Insight) -> list[Component]:
    """The limit that the insight's test sets, and how each model stands to it."""
    if insight.test is None:
        return []
    active = context.active(state)
    rows = [_standing(data, insight.test, data is active) for data in context.data.values()]
    name = review.guard_in_words(insight.test)
    return [
        html.H3(["Regression guard (fails if worse than today)", ui.help_tip(_GUARD_HELP, "Regression guard")]),
        html.P(f"{name[0].upper()}{name[1:]}.", id="insights-guard"),
        ui.table(["Model", "Against the limit", "Measured", "Samples"], rows, numeric=(2, 3), id="insights-results"),
    ]


def _standing(data: RunData, guard: Check, sets_the_limit: bool) -> list[Any]:
    """A model's row. The run that set the limit keeps it by the way it was made, which is no merit."""
    result = run_check(data.frame, guard, data.run.words)
    word, mark = ("no worse", "good") if result.passed else ("worse", "bad")
    if result.measured is None:
        word, mark = "not measured", "faint"
    elif result.passed and sets_the_limit:
        word, mark = "today's value, which sets it", "faint"
    return [data.name, html.Span(word, className=mark), theme.number(result.measured), f"{result.n:,}"]


def _samples(context: Context, state: State, insight: Insight) -> Component:
    data = context.active(state)
    fits, others = data.split_filter(insight.filter)
    if others:
        return ui.card("Its samples", ui.error_state(f"This run has no {others[0].column}. Evaluate the model anew."))
    mask = data.meets(fits).copy()
    total = int(mask.sum())
    mask &= context.highlighted(state)
    samples = data.frame.loc[mask]
    if data.of_role("loss"):
        samples = samples.sort_values("loss", ascending=False, kind="stable", na_position="last")
    samples = samples.head(MOST_ROWS)
    note = theme.n_of(len(samples), total)
    if samples.empty:
        empty = ui.empty_state("None of its samples meets the filters", "Remove a filter, at the top of the page.")
        return ui.card("Its samples", empty, note=note)
    rows = [
        [
            ui.link(str(row["id"]), view="sample", sample=f"{row['subset']}/{row['id']}"),
            str(row["subset"]),
            *(_cell(row[name]) for name in ("ground_truth", "prediction")),
            _cell(row["loss"]),
            *thumbnail(context, data, int(row["row"])),
            *_first_words(context, state, str(row["id"])),
        ]
        for row in samples.assign(row=samples.index).to_dict("records")
    ]
    header = ["Sample", "Subset", "True", "Predicted", html.Span(["Loss", ui.column_tip(data, "loss")])]
    header += (["Picture"] if shows_pictures(context, data) else []) + (["Text"] if context.reader else [])
    return ui.card(
        "Its samples",
        html.P(f"Which: {describe(insight.filter)}. The highest loss first.", className="faint small"),
        ui.table(header, rows, numeric=(4,), id="insights-samples"),
        note=note,
        class_name="insight-samples",
    )


def _first_words(context: Context, state: State, sample_id: str) -> list[Component]:
    """The start of the sample's text, or what was searched for in it; nothing where no texts are at hand."""
    if context.reader is None:
        return []
    text = context.text(sample_id) or ""
    return [html.Span(marked(excerpt(text, _EXCERPT, context.sought(state))), className="small")]


def _cell(value: Any) -> str:
    if pd.isna(value):
        return "—"
    return theme.number(float(value)) if isinstance(value, float | int) else str(value)
