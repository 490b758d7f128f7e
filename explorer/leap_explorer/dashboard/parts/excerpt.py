"""A text in one line, from its start or around what was searched for in it."""

from collections.abc import Sequence

from dash import html

from leap_explorer.dashboard.search import Place, Query
from leap_explorer.explain.word_heat import with_line_breaks

Part = tuple[str, bool]  #: some text, and whether it was searched for


def one_line(text: str) -> str:
    """The text without its line ends, and with single spaces."""
    return " ".join(with_line_breaks(text).split())


def excerpt(text: str, length: int, query: Query | None = None, seen: int | None = None) -> list[Part]:
    """The text in one line of at most so many characters, cut between words if there are any.

    It starts where the text does, unless what was searched for could not be seen then: then shortly before that.

    Args:
        seen: of so many characters at least there is room on the page; by default for all of them.
    """
    line = one_line(text)
    places = query.places(line) if query else []
    start = _start(line, places, length, seen or length)
    end = _end(line, start, length)
    parts = [("…", False)] if start else []
    parts += parts_of(line[start:end], [(max(a, start) - start, min(b, end) - start) for a, b in places])
    return [*parts, ("…", False)] if end < len(line) else parts


def _start(line: str, places: Sequence[Place], length: int, seen: int) -> int:
    if len(line) <= seen or not places or places[0][1] < seen:
        return 0
    wanted = places[0][0] - seen // 4
    if seen == length:
        wanted = min(wanted, len(line) - length + 1)
    return line.find(" ", wanted, places[0][0]) + 1 or wanted


def _end(line: str, start: int, length: int) -> int:
    last = start + length - (start > 0)
    if last >= len(line):
        return len(line)
    space = line.rfind(" ", start, last)
    return space if space > start else last - 1


def parts_of(text: str, places: Sequence[Place]) -> list[Part]:
    """A text cut at places of it, which are in order; those outside of it do not count."""
    parts: list[Part] = []
    position = 0
    for start, end in places:
        if start < end:
            parts += [(text[position:start], False), (text[start:end], True)]
            position = end
    return [part for part in [*parts, (text[position:], False)] if part[0]]


def marked(parts: Sequence[Part]) -> list[str | html.Mark]:
    """The parts as they are shown, what was searched for marked."""
    return [html.Mark(text) if is_match else text for text, is_match in parts]
