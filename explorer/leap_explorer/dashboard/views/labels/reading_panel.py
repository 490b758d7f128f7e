"""The sample that is reviewed: what the data and the models say of it, and its words, coloured where a model can."""

from collections.abc import Mapping
from typing import Any

from dash import html
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.drawings.of_sample import is_drawn
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.heat_map import plain_text
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.views.labels import review as review
from leap_explorer.dashboard.views.labels.ranked_list import CHANCE_HELP, probability
from leap_explorer.dashboard.views.sample.panels import reading_parts
from leap_explorer.dashboard.views.sample.reading import Explain, Reading
from leap_explorer.errors import ExplorerError
from leap_explorer.insights.probabilities import labels_of
from leap_explorer.insights.rows import TRAINING

Issue = Mapping[Any, Any]  #: a row of the ranking

_MOST_LABELS = 10  # whose probabilities stand beside each other; of more, the given and the suggested one


def claim(issue: Issue) -> Component:
    """The label, what the models say, and the sample's page."""
    key = f"{issue['subset']}/{issue['id']}"
    given, suggested = html.Strong(issue["ground_truth"]), html.Strong(issue["suggested"])
    quality = float(issue["quality"])
    chance = "less than 0.1 %" if quality < 0.001 else theme.percent(quality)
    judges = int(issue["judges"])
    who = "the model says" if judges == 1 else f"{issue['agree']} of {judges} models say"
    of_whom = "The model gives" if judges == 1 else "On average they give"
    return html.Div(
        [
            html.P(["The data says ", given, f", {who} ", suggested, "."]),
            html.P([f"{of_whom} this label a {chance} chance.", ui.help_tip(CHANCE_HELP, "Chance")]),
            ui.link(str(issue["id"]), label=f"Open the sample {issue['id']}", view="sample", sample=key),
        ],
        className="claim",
    )


def text_before_it_is_read(context: Context, data: RunData, issue: Issue) -> list[Component]:
    """The plain text, below the room that the colours' legend takes later; of an integration's drawings their room."""
    if is_drawn(context, data):
        return [html.Div(html.P("Drawing the sample ...", className="faint", role="status"), className="drawings")]
    text = context.text(str(issue["id"]))
    if text is None:
        return [
            _note(""),
            ui.empty_state("Text not available", "The run holds no texts, and nothing here can read them."),
        ]
    return [_note("Reading the words ..."), plain_text(text)]


def coloured_text(context: Context, data: RunData, issue: Issue, explain: Explain, is_dark: bool) -> list[Component]:
    """The text with its words coloured by what speaks for one label, the same of all samples where there are two."""
    text = context.text(str(issue["id"]))
    if text is None:
        return text_before_it_is_read(context, data, issue)
    target = data.labels[-1] if len(data.labels) == 2 else str(issue["suggested"])
    try:
        found = explain(data.name, text, target)
    except ExplorerError as error:
        return _not_coloured(text, str(error))
    reading = Reading(f"{issue['subset']}/{issue['id']}", text, False)
    if found.warning:
        return _not_coloured(text, found.warning)
    *shown, how = reading_parts(data, reading, found, None, is_dark)
    return [*shown, html.Details([html.Summary(f"Method: {found.method}; how far to trust it"), how])]


def probabilities(context: Context, data: RunData, key: str, issue: Issue) -> Component:
    """Each label's probability by each model, cross-validated ones too, and by all that have not learned from it."""
    labels = data.labels if len(data.labels) <= _MOST_LABELS else [issue["ground_truth"], issue["suggested"]]
    rows = []
    for other in context.data.values():
        if set(data.labels) <= set(other.labels):
            has_seen = issue["subset"] == TRAINING and key in other.rows
            values = [theme.percent(probability(other, key, label)) for label in labels]
            note = html.Div("trained on this sample", className="faint small") if has_seen else None
            rows.append([html.Span([other.name, note]), *values])
    said, row = review.said(data), data.rows[key]
    columns = [labels_of(data.run.samples).index(label) for label in labels]
    for name, values, is_given in zip(said.names, said.of_each[:, row], said.given[:, row], strict=True):
        if is_given and name not in context.data:
            rows.append([name, *map(theme.percent, values[columns])])
    if issue["judges"] > 1:
        mean = html.Strong("mean of those not trained on it")
        rows.append([mean, *(html.Strong(theme.percent(value)) for value in said.mean[row][columns])])
    header = ["Probability, by model", *labels]
    return ui.table(header, rows, numeric=range(1, len(labels) + 1), id="labels-probabilities")


def _not_coloured(text: str, reason: str) -> list[Component]:
    note = "The words are not coloured; why stands below them."
    return [_note(note), plain_text(text), html.P(reason, className="faint small")]


def _note(text: str) -> Component:
    return html.Div(text, className="sample-legend labels-note small", role="status")
