"""All that an integration's visualizers drew of one sample."""

from collections.abc import Iterator, Sequence

from dash import html
from dash.development.base_component import Component

from leap_explorer.dashboard.drawings import charts, media, pictures, words
from leap_explorer.samples.drawings import (
    Bars,
    Boxes,
    Clip,
    Content,
    Drawing,
    Image,
    Layers,
    Lines,
    MarkedText,
    Points,
    Sound,
    Text,
)


def draw(drawings: Sequence[Drawing], is_dark: bool) -> list[Component]:
    """A titled figure for each visualizer; texts of the same words stand in one, line below line."""
    return [_figure(group, is_dark) for group in _groups(drawings)]


def _groups(drawings: Sequence[Drawing]) -> Iterator[list[Drawing]]:
    """The drawings in order; marked texts of the same words together, at the place of the first."""
    by_words: dict[tuple[str, ...], list[Drawing]] = {}
    for one in drawings:
        if isinstance(one.content, MarkedText):
            by_words.setdefault(one.content.words, []).append(one)
    for one in drawings:
        if not isinstance(one.content, MarkedText):
            yield [one]
        elif by_words[one.content.words][0] is one:
            yield by_words[one.content.words]


def _figure(group: Sequence[Drawing], is_dark: bool) -> Component:
    title = " and ".join(one.name for one in group)
    notes = list(dict.fromkeys(note for one in group for note in one.notes))
    parts = [
        html.Figcaption(title, className="drawing-title"),
        *_content(group, is_dark),
        *(html.P(note, className="faint small") for note in notes),
    ]
    return html.Figure(parts, className="drawing")


def _content(group: Sequence[Drawing], is_dark: bool) -> list[Component]:
    texts = [(one.name, one.content) for one in group if isinstance(one.content, MarkedText)]
    if texts:
        return [words.marked_texts(texts)]
    (one,) = group
    drawn = [] if one.content is None else [_of(one.content, is_dark)]
    return drawn + ([html.P(one.problem, className="sample-note bad")] if one.problem else [])


def _of(content: Content, is_dark: bool) -> Component:
    match content:
        case Text():
            return words.text(content, is_dark)
        case MarkedText():
            return words.marked_texts([("", content)])
        case Image():
            return pictures.image(content)
        case Boxes():
            return pictures.boxes(content)
        case Layers():
            return pictures.layers(content)
        case Lines():
            return charts.lines(content, is_dark)
        case Bars():
            return charts.bars(content)
        case Points():
            return charts.points(content, is_dark)
        case Clip():
            return media.clip(content)
        case Sound():
            return media.sound(content, _of(content.visual, is_dark))
