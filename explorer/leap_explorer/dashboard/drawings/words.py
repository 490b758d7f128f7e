"""Texts of words, with the classes or the scores of each."""

from collections.abc import Mapping, Sequence

from dash import html
from dash.development.base_component import Component

from leap_explorer.colors import class_color, word_ground
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.legend import swatch
from leap_explorer.samples.drawings import MarkedText, Text

_LEVELS = 12  # of a word's colour: more nobody can tell apart
_UNNAMED = "#808080"  # of a class that has no name


def text(content: Text, is_dark: bool) -> Component:
    """The words; those of padding, which are empty, are left out. Orange words have scores above 0, blue ones below."""
    if content.scores is None:
        return _region([" ".join(filter(None, content.words))], "Text")
    strongest = max(map(abs, content.scores), default=0.0) or 1.0
    words = [
        _scored(word, score, score / strongest, is_dark)
        for word, score in zip(content.words, content.scores, strict=True)
        if word
    ]
    return _region([part for word in words for part in (word, " ")], "Text, coloured")


def marked_texts(named: Sequence[tuple[str, MarkedText]]) -> Component:
    """One text under several visualizers' classes: a line of classes for each, below the words.

    A word whose classes differ is framed.

    Args:
        named: each visualizer's name and what it drew; of all the words are the same.
    """
    labels = list(dict.fromkeys(label for _, one in named for label in one.labels))
    colors = {label: class_color(number) for number, label in enumerate(labels)}
    words = [
        _marked(word, [_label(one, place) for _, one in named], colors)
        for place, word in enumerate(named[0][1].words)
        if word
    ]
    names = html.Span(f"Lines from above: {', '.join(name for name, _ in named)}.") if len(named) > 1 else None
    legend = [html.Span([swatch(color), label], className="switch") for label, color in colors.items()]
    note = html.Div([*([names] if names else []), *legend], className="row center small drawing-controls")
    return html.Div([_region(words, "Text with classes", "marked"), note], className="stack tight")


def _label(marked: MarkedText, place: int) -> str:
    """The class of a word; one that has no name goes by its number."""
    number = marked.classes[place]
    return marked.labels[number] if number < len(marked.labels) else str(number)


def _scored(word: str, score: float, share: float, is_dark: bool) -> Component:
    strength = round(_LEVELS * share) / _LEVELS if share == share else 0.0
    style = {"backgroundColor": word_ground(strength, is_dark)} if strength else {}
    return html.Span(word, className="word", style=style, title=f"{score:+.3g}")


def _marked(word: str, labels: Sequence[str], colors: Mapping[str, str]) -> Component:
    grounds = [{"backgroundColor": colors.get(label, _UNNAMED)} for label in labels]
    lines = [html.Span(className="mark-line", style=ground) for ground in grounds]
    classes = "marked-word differs" if len(set(labels)) > 1 else "marked-word"
    return html.Span([html.Span(word), *lines], className=classes, title=" / ".join(labels))


def _region(children: Sequence[str | Component], label: str, more: str = "") -> Component:
    classes = f"sample-text drawing-text {more}".strip()
    return html.Div(list(children), className=classes, tabIndex="0", role="region", **ui.aria(label=label))
