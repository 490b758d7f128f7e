"""Drawings for a report: what moves stands still, and what is large is made small."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from leap_explorer.samples.drawings import (
    Boxes,
    Clip,
    Content,
    Drawing,
    Image,
    Layer,
    Layers,
    Lines,
    MarkedText,
    Picture,
    Points,
    Sound,
    Text,
)

MOST_BYTES = 400_000  #: of the pictures of one sample
MOST_WORDS, MOST_ON_A_LINE, MOST_LINES, MOST_POINTS, MOST_BOXES = 500, 500, 12, 2_000, 50

_LONGEST = 384  # pixels of a picture's longer side
_TOO_LARGE = "Left out of the report, for its size."

One = TypeVar("One")


def still_drawings(drawings: Iterable[Drawing]) -> Iterator[Drawing]:
    """A sample's drawings, as small as a report holds them; those beyond `MOST_BYTES` say that they are left out."""
    left = MOST_BYTES
    for one in drawings:
        content, notes = (None, ()) if one.content is None else _still(one.content)
        size = sum(len(picture.png) for picture in _pictures(content))
        if size > left:
            yield replace(one, content=None, problem=_TOO_LARGE)
        else:
            left -= size
            yield replace(one, content=content, notes=(*one.notes, *notes))


def _still(content: Content) -> tuple[Content, tuple[str, ...]]:
    """The content made small, and what was left out of it, in words."""
    match content:
        case Image():
            return Image(_small(content.picture)), ()
        case Boxes():
            return Boxes(_small(content.picture), content.boxes[:MOST_BOXES]), _first(
                content.boxes, MOST_BOXES, "boxes"
            )
        case Layers():
            layers = tuple(Layer(one.label, _small(one.picture), one.color) for one in content.layers)
            return Layers(_small(content.picture), layers), ()
        case Clip():
            return Image(_small(content.frames[0])), (f"The first of {content.count:,} frames.",)
        case Sound():
            visual, notes = _still(content.visual)
            return visual, (*notes, f"What is to be seen of {content.seconds:.1f} seconds of sound.")
        case Lines():
            return _fewer_lines(content)
        case Points():
            step = _step(len(content.x), MOST_POINTS)
            intensity = None if content.intensity is None else content.intensity[::step]
            fewer = replace(content, x=content.x[::step], y=content.y[::step], z=content.z[::step], intensity=intensity)
            return fewer, _every(step, "points")
        case Text():
            scores = None if content.scores is None else content.scores[:MOST_WORDS]
            return Text(content.words[:MOST_WORDS], scores), _first(content.words, MOST_WORDS, "words")
        case MarkedText():
            fewer_words = content.words[:MOST_WORDS], content.classes[:MOST_WORDS], content.labels
            return MarkedText(*fewer_words), _first(content.words, MOST_WORDS, "words")
        case _:
            return content, ()


def _fewer_lines(content: Lines) -> tuple[Lines, tuple[str, ...]]:
    step = _step(len(content.x), MOST_ON_A_LINE)
    lines = tuple(line[::step] for line in content.lines[:MOST_LINES])
    fewer = replace(content, x=content.x[::step], lines=lines, names=content.names[:MOST_LINES])
    return fewer, (*_every(step, "points"), *_first(content.lines, MOST_LINES, "lines"))


def _small(picture: Picture) -> Picture:
    from leap_explorer.samples.pictures import smaller  # whoever draws samples has what it needs

    found = smaller(picture, _LONGEST)
    assert found is not None
    return found


def _pictures(content: Any) -> list[Picture]:
    own = [content.picture] if isinstance(content, Image | Boxes | Layers) else []
    return own + ([one.picture for one in content.layers] if isinstance(content, Layers) else [])


def _step(count: int, most: int) -> int:
    return max(1, -(-count // most))


def _every(step: int, what: str) -> tuple[str, ...]:
    return (f"One of {step} {what} is drawn here.",) if step > 1 else ()


def _first(every: Sequence[One], most: int, what: str) -> tuple[str, ...]:
    return (f"The first {most:,} of {len(every):,} {what} are shown here.",) if len(every) > most else ()
