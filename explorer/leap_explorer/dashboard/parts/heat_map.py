"""A text on a page, each word that a model read on the colour of its score, and what was searched for marked."""

from collections.abc import Sequence
from typing import Protocol

from dash import html
from dash.development.base_component import Component

from leap_explorer.colors import word_gradient, word_ground
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.excerpt import marked, parts_of
from leap_explorer.dashboard.search import Place
from leap_explorer.explain.reader import Explanation
from leap_explorer.explain.word_heat import LEVELS, Direction, Piece, largest, oriented, pieces, with_line_breaks
from leap_explorer.precision import alike

_SCORE_HELP = (
    "A word's score is its share in what is explained: the model's raw output (logit) for a label, or the loss. 0 is "
    "no influence; there is no fixed range. Orange and blue mean the same for every model and text; the strongest word "
    "of a text has the strongest colour, so that the strength of two maps' colours cannot be compared."
)


class Marks(Protocol):
    """What is to be marked in a text, as a `Query` is."""

    def places(self, text: str) -> Sequence[Place]:
        """Starts and ends, in order."""


def heat_map(text: str, found: Explanation, is_dark: bool, query: Marks | None = None) -> Component:
    """The coloured text."""
    direction, spans = oriented(found)
    places = query.places(text) if query else []
    words = [_piece(piece, direction, is_dark) for piece in pieces(text, spans, places)]
    return html.Div(words, className="sample-text", tabIndex="0", role="region", **ui.aria(label="Text, coloured"))


def _piece(piece: Piece, direction: Direction, is_dark: bool) -> Component | str:
    span = piece.span
    if span is None:
        return piece.text
    classes = "word match" if piece.is_match else "word"
    if not span.is_read or span.score is None:
        return html.Span(piece.text, className=f"{classes} unread", title="not read by this model")
    style = {"backgroundColor": word_ground(piece.level / LEVELS, is_dark)} if piece.level else {}
    return html.Span(piece.text, className=classes, title=f"{span.score:+.3f}: {direction.of(span.score)}", style=style)


def plain_text(text: str, query: Marks | None = None) -> Component:
    """The text as it was written."""
    shown = with_line_breaks(text)
    parts = marked(parts_of(shown, query.places(shown) if query else []))
    return html.Div(parts, className="sample-text", tabIndex="0", role="region", **ui.aria(label="Text"))


def legend(found: Explanation, is_dark: bool) -> Component:
    """What the colours mean, in words, from the strongest below 0 to the strongest above."""
    direction, spans = oriented(found)
    (scale,) = alike([largest(spans)])
    bar = html.Span(className="color-bar", style={"background": word_gradient(is_dark)})
    below = html.Span(f"Blue: {direction.below} (to -{scale})")
    above = html.Span([f"Orange: {direction.above} (to +{scale})", ui.help_tip(_SCORE_HELP, "Scores", is_left=True)])
    return html.Div([below, bar, above], className="sample-legend small")
