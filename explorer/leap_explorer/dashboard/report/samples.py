"""Cards of the samples to read, each model beside the other."""

from collections.abc import Iterable
from itertools import groupby

from dash import html
from dash.development.base_component import Component

from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.drawings.draw import draw
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.heat_map import plain_text
from leap_explorer.dashboard.report.notable_samples import ModelReading, SampleReading
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.views.sample.facts import facts
from leap_explorer.dashboard.views.sample.panels import reading_parts
from leap_explorer.dashboard.views.sample.reading import Reading

NO_READER = (
    "The samples' texts and the models are unavailable to this command, so only ids, labels and probabilities "
    "are listed."
)


def sample_cards(context: Context, readings: Iterable[SampleReading], is_dark: bool) -> list[Component]:
    """Headed by the kind, a card a sample; before them a notice where no text can be read."""
    parts: list[Component] = [] if context.asked else [html.P(NO_READER, className="notice")]
    for kind, group in groupby(readings, key=lambda reading: reading.sample.kind):
        parts += [html.H3(kind), *(_sample(context, reading, is_dark) for reading in group)]
    return parts


def _sample(context: Context, reading: SampleReading, is_dark: bool) -> Component:
    key = reading.sample.key
    subset, _, name = key.partition("/")
    runs = [data for data in context.data.values() if key in data.rows]
    panels = [_model(data, reading, is_dark) for data in runs]
    parts: list[Component] = [html.Div(panels, className="columns")]
    if reading.text is None and context.reader and not reading.drawings:
        parts.append(html.P("The data that can be read here hold no text of this sample.", className="notice"))
    elif (
        reading.text is not None
        and not reading.drawings
        and not any(one.explanation for one in reading.by_run.values())
    ):
        parts.append(plain_text(reading.text))
    title = html.Span([name, html.Span(f" {subset}", className="faint")])
    return ui.card(title, *parts, note=reading.sample.reason)


def _model(data: RunData, reading: SampleReading, is_dark: bool) -> Component:
    shown = [html.H3(data.name), *facts(data, reading.sample.key)]
    if reading.text is not None and data.name in reading.by_run:
        shown += _reading(data, reading, reading.text, reading.by_run[data.name], is_dark)
    if drawings := reading.drawings.get(data.name):
        shown.append(html.Div(draw(drawings, is_dark), className="drawings"))
    if problem := reading.problems.get(data.name):
        shown.append(html.P(problem, className="notice"))
    return html.Div(shown, className="sample-parts")


def _reading(data: RunData, sample: SampleReading, text: str, of_model: ModelReading, is_dark: bool) -> list[Component]:
    found = of_model.explanation
    if found is None:
        return [html.P(f"The words are not coloured: {of_model.problem}", className="notice")]
    parts = reading_parts(data, Reading(sample.sample.key, text, False), found, of_model.note, is_dark)
    if found.warning:
        return parts
    *shown, how = parts
    return [*shown, html.Details([html.Summary(f"Method: {found.method}; how far to trust it"), how])]
