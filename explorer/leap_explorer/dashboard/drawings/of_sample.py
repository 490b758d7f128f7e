"""A sample as its run's integration shows it, or what stands in the way."""

from typing import Any

from dash import html

from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.drawings.draw import draw
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.jsonml import drawn
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.errors import ExplorerError


def is_drawn(context: Context, data: RunData) -> bool:
    """Whether the run's integration can be asked."""
    return context.drawer is not None and context.drawer.draws(data.run)


def sample_drawings(context: Context, data: RunData, key: str, is_dark: bool) -> Any:
    """What the visualizers of a run that `is_drawn` make of a sample. The first time may take seconds."""
    assert context.drawer is not None
    subset, _, sample_id = key.partition("/")
    try:
        drawings = context.drawer.drawings(data.run, subset, sample_id)
    except ExplorerError as error:
        return ui.error_state(str(error))
    notes = [html.P(note, className="sample-note") for note in context.drawer.notes(data.run)]
    return drawn([*notes, html.Div(draw(drawings, is_dark), className="drawings")])
