"""A text as it was written, in pieces with a colour each: the heat-map of what drives a prediction or a loss."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from leap_explorer.dashboard.theme import blend, surface
from leap_explorer.explain.alignment import Span

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)

#: From hardly any to the strongest score, on the ground of a card; text stays legible on each.
_RAISES = {False: ("#F5C08A", "#E08A3C"), True: ("#5A3410", "#9C4A06")}
_LOWERS = {False: ("#9CC4E4", "#5C9ECF"), True: ("#143A5C", "#0B5FA5")}
_SHADES = 20


@dataclass(frozen=True)
class Piece:
    """A stretch of text as it is shown."""

    text: str
    span: Span | None  #: the model's word; None for what stands between words


def with_line_breaks(text: str) -> str:
    """The text with HTML's line breaks, which many corpora of web pages keep, as line ends; all else as it is."""
    return _BREAK.sub("\n", text)


def excerpt(text: str, length: int) -> str:
    """The text's start in one line, of at most so many characters; cut between words, if there are any."""
    line = " ".join(with_line_breaks(text).split())
    if len(line) <= length:
        return line
    start = line[: length - 1]
    return (start.rpartition(" ")[0] or start) + "…"


def pieces(text: str, spans: Sequence[Span]) -> list[Piece]:
    """All of the text, in order, with its line breaks as line ends.

    Spans are in order and do not overlap; one that lies in a line break's markup is none of the text's words.
    """
    breaks = [match.span() for match in _BREAK.finditer(text)]
    starts = [start for start, _ in breaks]
    found: list[Piece] = []
    position = 0
    for span in spans:
        before = bisect_left(starts, span.end)
        if before and breaks[before - 1][1] > span.start:
            continue
        if span.start > position:
            found.append(Piece(with_line_breaks(text[position : span.start]), None))
        found.append(Piece(text[span.start : span.end], span))
        position = span.end
    if position < len(text):
        found.append(Piece(with_line_breaks(text[position:]), None))
    return found


def largest(spans: Sequence[Span]) -> float:
    """The largest absolute score, which has the strongest colour; 0 without any."""
    return max((abs(span.score) for span in spans if span.score is not None), default=0.0)


def color(score: float, scale: float, is_dark: bool) -> str | None:
    """The ground of a word: orange above 0, blue below, the stronger the nearer to `scale`; None next to 0."""
    shade = round(_SHADES * min(abs(score) / scale, 1.0)) if scale > 0 else 0
    if not shade:
        return None
    return blend((surface(is_dark), *(_RAISES if score > 0 else _LOWERS)[is_dark]), shade / _SHADES)


def gradient(is_dark: bool) -> str:
    """The colours from the strongest below 0 to the strongest above, as CSS."""
    colors = (*reversed(_LOWERS[is_dark]), surface(is_dark), *_RAISES[is_dark])
    return f"linear-gradient(to right, {', '.join(colors)})"


def strongest(text: str, spans: Sequence[Span], count: int) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
    """The words with the highest scores above 0, and those with the lowest below 0, the strongest first.

    Words that are too weak for a colour of their own are left out.
    """
    least = largest(spans) / _SHADES
    scored = [(text[span.start : span.end], span.score) for span in spans if span.score and abs(span.score) >= least]
    above = sorted((one for one in scored if one[1] > 0), key=lambda one: -one[1])
    below = sorted((one for one in scored if one[1] < 0), key=lambda one: one[1])
    return above[:count], below[:count]
