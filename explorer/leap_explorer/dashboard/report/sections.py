"""The report's sections: what stands in it, in order, as components."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from dash import html
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.claims import claim_cards
from leap_explorer.dashboard.report.insight_pictures import SmallPicture, pictures_row
from leap_explorer.dashboard.report.latent_map import cluster_card, map_card
from leap_explorer.dashboard.report.metadata import metadata_cards
from leap_explorer.dashboard.report.notable_samples import SampleReading
from leap_explorer.dashboard.report.samples import sample_cards
from leap_explorer.dashboard.report.summary import summary
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.scope import HELP, scope_phrase
from leap_explorer.dashboard.state import State
from leap_explorer.dashboard.views.data.page import RANGES_HELP
from leap_explorer.dashboard.views.insights import status as review
from leap_explorer.dashboard.views.insights.detail import (
    INTERVAL_HELP,
    SEVERITY_HELP,
    facts_of,
    severity_mark,
    status_mark,
)
from leap_explorer.dashboard.views.overview.page import curves_card, model_cards, run_facts, scores_card
from leap_explorer.insights import Insight, describe
from leap_explorer.insights.kinds import kind_of

Pictures = Mapping[str, Sequence[SmallPicture]]  # by the insight's id

#: Of the sections, by the key that their links name.
TITLES = {
    "summary": "In five sentences",
    "insights": "Insights",
    "scores": "Scores",
    "samples": "Samples to read",
    "map": "Latent space",
    "metadata": "Metadata and loss",
    "runs": "What the runs are made of",
}

_NO_SCRIPT = "The plots need JavaScript, which is off here. Tables, insights and texts can be read without it."


def title_of(context: Context) -> str:
    """Of the whole report."""
    return f"Report on {_joined(list(context.data))}"


def report(
    context: Context,
    readings: Sequence[SampleReading],
    statuses: Mapping[str, Mapping[str, str]],
    pictures: Mapping[str, Pictures],
    is_dark: bool,
) -> list[Component]:
    """Heading, table of contents, and the sections.

    Args:
        statuses: by the run's name, what `read_statuses` found.
        pictures: by the run's name, what `insight_pictures` found.
    """
    runs, state = list(context.data.values()), State(is_dark=is_dark)
    contents: dict[str, Sequence[Component]] = {
        "summary": [_summary(runs)],
        "insights": [
            html.Div(
                [_insights(data, statuses[data.name], pictures[data.name]) for data in runs], className="columns wide"
            )
        ],
        "scores": [
            scores_card(context, state),
            _lead("Confusion and reliability are of the held-out samples, which the model was not trained on."),
            html.Div(model_cards(context, state), className="columns"),
            html.Div([curves_card(context, state, data) for data in runs], className="columns"),
        ],
        "samples": [
            _lead(
                "Each model's errors of the highest loss, where the models disagree most, and the labels that are most "
                "likely wrong. Words are coloured by what drives the class that the model predicts; other samples are "
                "drawn as their integration draws them, small and still."
            ),
            *sample_cards(context, readings, is_dark),
        ],
        "map": [html.Div(_map(data, is_dark), className="stack") for data in runs],
        "metadata": [*claim_cards(context, has_links=False), *(_metadata(data, is_dark) for data in runs)],
        "runs": _runs(runs),
    }
    sections = [_section(key, contents[key]) for key in TITLES]
    return [_header(context), html.Main(sections)]


def _header(context: Context) -> Component:
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    links = [html.Li(html.A(title, href=f"#{key}")) for key, title in TITLES.items()]
    return html.Header(
        [
            html.H1(title_of(context)),
            html.P(
                f"A report of {made} (UTC) that holds all it shows and asks nothing of any network. Whoever has it "
                "has each sample's id, and the texts below. A question mark says how a number was made.",
                className="lead",
            ),
            html.Noscript(html.P(_NO_SCRIPT, className="notice")),
            html.Nav(html.Ol(links, className="contents"), **ui.aria(label="Contents")),
        ]
    )


def _summary(runs: Sequence[RunData]) -> Component:
    return html.Section([html.P(sentence) for sentence in summary(runs)], className="card summary")


def _section(key: str, content: Sequence[Component]) -> Component:
    return html.Section([html.H2(TITLES[key], className="section-title"), *content], id=key)


def _lead(text: str) -> Component:
    return html.P(text, className="lead")


def _joined(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _runs(runs: Sequence[RunData]) -> list[Component]:
    header = ["Model", "File", "Samples", "Failed", "Evaluated (UTC)"]
    rows = [_run(data) for data in runs]
    facts: list[Any] = [
        html.Details([html.Summary(f"What {data.name} is made of"), ui.facts_list(run_facts(data))]) for data in runs
    ]
    return [ui.card("Models and data", ui.table(header, rows, numeric=(2, 3)), *facts)]


def _run(data: RunData) -> list[Any]:
    model, counts = data.run.info["model"], data.run.info["counts"].values()
    digest = str(model.get("sha256", "unknown"))[:12]
    available = sum(int(one.get("available", 0)) for one in counts) or data.n
    created = str(data.run.info.get("created", "unknown"))[:16].replace("T", " ")
    return [
        html.Strong(data.name),
        html.Span([str(model.get("file", "unknown")), html.Span(f" {digest}", className="faint mono small")]),
        html.Span([f"{data.n:,} ", html.Span(f"of {available:,}", className="faint")]),
        f"{int((~data.is_evaluated).sum()):,}",
        created,
    ]


def _map(data: RunData, is_dark: bool) -> list[Component]:
    return [map_card(data, is_dark), cluster_card(data)]


def _metadata(data: RunData, is_dark: bool) -> Component:
    state = State(is_dark=is_dark)
    lead = _lead(f"Of the {scope_phrase(data, state)}. {HELP} {RANGES_HELP}")
    cards = metadata_cards(data, state)
    return html.Div([html.H3(f"Metadata and the loss of {data.name}"), lead, *cards], className="stack")


def _insights(data: RunData, statuses: Mapping[str, str], pictures: Pictures) -> Component:
    """Those that the user has not archived, each with its status."""
    every = review.insights_of(data)
    found = review.chosen(every, statuses, review.ALL, review.CURRENT)
    title = html.Span([f"What was found about {data.name}", ui.help_tip(SEVERITY_HELP, "Severity")])
    if not every:
        empty = ui.empty_state("Nothing was found", "No group of samples stands out in this run.")
        return ui.card(title, empty, *_skipped(data))
    content = html.Ol(
        [_insight(one, statuses.get(one.id, review.OPEN), pictures) for one in found], className="insights"
    )
    legend = html.P(f"95 % interval: {INTERVAL_HELP[0].lower()}{INTERVAL_HELP[1:]}", className="faint small")
    note = theme.n_of(len(found), len(every), "insights")
    if len(found) < len(every):
        note += ", the others are archived"
    return ui.card(title, legend, *_skipped(data), content, note=note)


def _insight(insight: Insight, status: str, pictures: Pictures) -> html.Li:
    which = f"{kind_of(insight).title} · {theme.n_of(insight.n_samples, insight.n_total)}"
    return html.Li(
        [
            html.Div([severity_mark(insight), status_mark(status)], className="row center"),
            html.Span(insight.title, className="insight-title"),
            html.Span(f"{which} · {describe(insight.filter)}", className="faint small"),
            *pictures_row(pictures, insight),
            html.Details([html.Summary("What to do, and what it rests on"), ui.facts_list(facts_of(insight))]),
        ]
    )


def _skipped(data: RunData) -> list[Component]:
    reasons = {kind.replace("_", " "): reason for kind, reason in data.run.skipped_insights.items()}
    return [html.Details([html.Summary("Not checked"), ui.facts_list(reasons)])] if reasons else []
