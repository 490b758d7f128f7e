"""A text in coloured pieces: the heat-map of what drives a prediction or a loss, wherever it is shown.

What a colour means does not depend on the model, on what it predicts, or on an edit. Orange, a score above 0, speaks
for the second of two labels, for the label that is explained where there are more, or raises the loss; blue speaks for
the first of two labels, against the explained one, or lowers the loss.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

from leap_explorer.explain.alignment import Place, Span
from leap_explorer.explain.reader import Explanation

LEVELS = 20  #: of strength, on each side of 0

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


@dataclass(frozen=True)
class Direction:
    """What scores above and below 0 mean."""

    above: str  #: such as `for positive`
    below: str
    sign: int  #: that turns a score of the explained target into this direction, 1 or -1

    def of(self, score: float) -> str:
        """What a word of this score does."""
        return "no influence" if score == 0 else self.above if score > 0 else self.below


@dataclass(frozen=True)
class Piece:
    """A stretch of text as it is shown."""

    text: str
    span: Span | None  #: the model's word; None for what stands between words
    level: int = 0  #: how strongly to colour it, `-LEVELS` to `LEVELS`; 0 without a colour
    is_match: bool = False  #: whether it holds something that was searched for


def direction(target: str, labels: Sequence[str]) -> Direction:
    """What the colours mean where a target, a label or `loss`, is explained."""
    if target not in labels:
        return Direction(f"raises the {target}", f"lowers the {target}", 1)
    if len(labels) == 2:
        return Direction(f"for {labels[1]}", f"for {labels[0]}", 1 if target == labels[1] else -1)
    return Direction(f"for {target}", f"against {target}", 1)


def oriented(explanation: Explanation) -> tuple[Direction, tuple[Span, ...]]:
    """What the colours of an explanation mean, and its spans with scores in that direction."""
    found = direction(explanation.target, list(explanation.probabilities))
    if found.sign > 0:
        return found, explanation.spans
    return found, tuple(span if span.score is None else replace(span, score=-span.score) for span in explanation.spans)


def pieces(text: str, spans: Sequence[Span], matches: Sequence[Place] = ()) -> list[Piece]:
    """All of the text, in order, with its line breaks as line ends.

    Spans are in order and do not overlap; one that lies in a line break's markup is none of the text's words.

    Args:
        matches: places of the text that were searched for.
    """
    breaks = [match.span() for match in _BREAK.finditer(text)]
    scale = largest(spans)
    found: list[Piece] = []
    position = 0
    for span in spans:
        if _overlaps(span, breaks):
            continue
        if span.start > position:
            found.append(Piece(with_line_breaks(text[position : span.start]), None))
        level = round(LEVELS * (span.score or 0.0) / scale) if scale else 0
        found.append(Piece(text[span.start : span.end], span, level, _overlaps(span, matches)))
        position = span.end
    if position < len(text):
        found.append(Piece(with_line_breaks(text[position:]), None))
    return found


def _overlaps(span: Span, places: Sequence[Place]) -> bool:
    """Whether the span touches one of the places, which are in order and do not overlap."""
    before = bisect_left(places, (span.end,))
    return before > 0 and places[before - 1][1] > span.start


def largest(spans: Sequence[Span]) -> float:
    """The largest absolute score, which has the strongest colour; 0 without any."""
    return max((abs(span.score) for span in spans if span.score is not None), default=0.0)


def with_line_breaks(text: str) -> str:
    """The text with HTML's line breaks, which many corpora of web pages keep, as line ends; all else as it is."""
    return _BREAK.sub("\n", text)
