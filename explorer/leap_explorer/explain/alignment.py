"""Where the words that a model read stand in the text as a person wrote it, so that a page can colour that."""

import html
import itertools
import math
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from leap_explorer.explain.attribution import Floats

# What may be markup. A tag ends before a "<" or a quote outside of an attribute's value, a comment or a script before
# the next of its kind: so no end is sought again and again in vain, and the time grows with the text's length alone.
_TAG = r"""<[/!]?[a-zA-Z-](?:[^<>"'=]|=\s*+(?:"[^"]*+"|'[^']*+')?)*+>"""
_MARKUP = re.compile(
    rf"<!--(?s:(?!<!--).)*?-->|<(script|style)\b[^<>]*>(?s:(?!<\1\b).)*?</\1\s*>|{_TAG}", re.IGNORECASE
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_APOSTROPHES = dict.fromkeys("\u2018\u2019\u201b\u02bc\u2032\u00b4`", "'")
_ZERO_WIDTH_SPACE = "\u200b"
_LETTERS = re.compile(r"[^\W_]+")
_WORD = re.compile(rf"{_LETTERS.pattern}(?:'{_LETTERS.pattern})*")
_WORD_OR_SIGN = re.compile(rf"{_WORD.pattern}|\S")
#: Words of the text that may stand between two words that the model read, and more for each word not found since.
_REACH, _REACH_A_MISS, _LONGEST_REACH = 3, 2, 40

Place = tuple[int, int]  #: start and end in a text, in characters


@dataclass(frozen=True)
class Span:
    """A piece of the original text, `text[start:end]`."""

    start: int
    end: int
    score: float | None  #: None where the model read nothing
    is_read: bool


@dataclass(frozen=True)
class WordScore:
    """A word wherever it stands in a text, upper and lower case alike."""

    word: str  #: in lower case
    score: float  #: the sum over its places
    count: int  #: of its places


def strongest_words(text: str, spans: Sequence[Span], count: int) -> tuple[list[WordScore], list[WordScore]]:
    """The words that raise the target most, and those that lower it most, at most `count` each, strongest first."""
    scores: dict[str, list[float]] = {}
    for span in spans:
        if span.score is not None:
            scores.setdefault(text[span.start : span.end].lower(), []).append(span.score)
    words = [WordScore(word, math.fsum(of_word), len(of_word)) for word, of_word in scores.items()]
    ranked = sorted(words, key=lambda word: -word.score)
    raising = [word for word in ranked[:count] if word.score > 0]
    lowering = [word for word in reversed(ranked[-count:]) if word.score < 0]
    return raising, lowering


def align(words: Sequence[str], text: str) -> list[Place | None]:
    """Where each word stands in the text as it was written; None for a word that is not found.

    Words are sought in order, near the one before, whatever their case and accents, with entities such as `&amp;` in
    the text, and outside of markup. What looks like markup is text where its words, and those on both sides of it,
    follow one another among the given: "a<b and never c>d" may be either. Markup inside a word, as in "wo<!-- -->rd",
    ends it, or does not where more words are found so. What the model skipped may be at most one
    long piece, as when it reads the head and the tail of a text: the words are sought from both ends. A word under
    another name, such as "[OOV]", gets the place that is left between its neighbours if there are as many places as
    such words.
    """
    sought = [_fold(word) for word in words]
    markup = _markup(text, sought)
    found = _align_folded(sought, _fold_text(text, markup))
    if markup and None in found:
        joined = _align_folded(sought, _fold_text(text, markup, ""))
        return min(found, joined, key=lambda places: places.count(None))
    return found


def _align_folded(sought: Sequence[str], folded: "_Folded") -> list[Place | None]:
    """Where each folded word stands in the original."""
    forwards, backwards = _seek(sought, folded), _seek_backwards(sought, folded)
    found = _fill_gaps(_join(forwards, backwards), folded)
    return [None if place is None else folded.original(place) for place in found]


def coloured_spans(
    text: str, words: Sequence[str], scores: Floats, whole_words: Sequence[str] | None = None
) -> list[Span]:
    """The text's words in its order, each with its score, or as not read by the model.

    Args:
        words: those that the model read, with their `scores`.
        whole_words: all words of the text before it was cut, if known: then a word that the model did not read is
            told from one that it read even where both are the same.
    """
    if whole_words is None:
        return _spans_of_read(text, words, scores)
    index_of = _match_ends(words, whole_words)
    score_of = {index: float(score) for index, score in zip(index_of, scores, strict=True) if index is not None}
    places = align(whole_words, text)
    return _merge_overlaps(
        [
            Span(*place, score_of.get(index), index in score_of)
            for index, place in enumerate(places)
            if place is not None
        ]
    )


def _spans_of_read(text: str, words: Sequence[str], scores: Floats) -> list[Span]:
    """Spans of the words that were read, and of all words of the text between them."""
    places = align(words, text)
    read = [Span(*place, float(score), True) for place, score in zip(places, scores, strict=True) if place is not None]
    is_read = np.zeros(len(text), dtype=np.bool_)
    for span in read:
        is_read[span.start : span.end] = True
    folded = _fold_text(text, _markup(text, [_fold(word) for word in words]))
    others = (folded.original(word) for word in folded.words)
    unread = [Span(*place, None, False) for place in others if not is_read[slice(*place)].any()]
    return _merge_overlaps(sorted(read + unread, key=lambda span: span.start))


def _merge_overlaps(spans: Sequence[Span]) -> list[Span]:
    """Spans in order, those that share a character as one with the sum of the scores: "…" is three full stops."""
    merged: list[Span] = []
    for span in spans:
        if merged and span.start < merged[-1].end:
            last = merged.pop()
            score = (last.score or 0.0) + (span.score or 0.0) if last.is_read or span.is_read else None
            span = Span(last.start, max(last.end, span.end), score, last.is_read or span.is_read)
        merged.append(span)
    return merged


def _match_ends(words: Sequence[str], whole_words: Sequence[str]) -> list[int | None]:
    """For each word read its index in the whole text, of which the model read the head and the tail.

    A word that the cut ran through stands for the first one cut.
    """
    n_words, n_whole = len(words), len(whole_words)
    head = 0
    while head < min(n_words, n_whole) and _may_be(words[head], whole_words[head]):
        head += 1
    tail = 0
    while tail < min(n_words, n_whole) - head and _may_be(words[n_words - 1 - tail], whole_words[n_whole - 1 - tail]):
        tail += 1
    torn = [head if i == 0 and head < n_whole - tail else None for i in range(n_words - head - tail)]
    return [*range(head), *torn, *range(n_whole - tail, n_whole)]


def _may_be(word: str, whole_word: str) -> bool:
    """Whether the model may have read `whole_word` as `word`: as it is, or under a name such as "[OOV]"."""
    return word == whole_word or (len(word) > 2 and word[0] == "[" and word[-1] == "]")


def _markup(text: str, read: Sequence[str]) -> list[Place]:
    """What looks like markup, without that whose words follow one another among the folded words that were read."""
    places = [match.span() for match in _MARKUP.finditer(text)]
    if not places:
        return []
    parts = [part for word in read for part in _LETTERS.findall(word)]
    neighbours = set(itertools.pairwise([None, *parts, None]))
    starts, ends = zip(*places, strict=True)
    between = [_parts(text[slice(*gap)]) for gap in zip((0, *ends), (*starts, len(text)), strict=True)]
    inside = [_parts(text[slice(*place)]) for place in places]
    following = _following(between, inside)
    found, before = [], None
    for index, place in enumerate(places):
        before = between[index][-1] if between[index] else before
        chain = itertools.pairwise([before, *inside[index]])
        if inside[index] and neighbours.issuperset(chain) and not neighbours.isdisjoint(following[index]):
            before = inside[index][-1]
        else:
            found.append(place)
    return found


def _following(
    between: Sequence[Sequence[str]], inside: Sequence[Sequence[str]]
) -> list[list[tuple[str | None, str | None]]]:
    """For each place its last word with the next one after it, outside of all places and wherever that is."""
    pairs: list[list[tuple[str | None, str | None]]] = []
    outside: str | None = None
    anywhere: str | None = None
    for gap, within in zip(reversed(between[1:]), reversed(inside), strict=True):
        outside, anywhere = (gap[0], gap[0]) if gap else (outside, anywhere)
        last = within[-1] if within else None
        pairs.append([(last, outside), (last, anywhere)])
        anywhere = within[0] if within else anywhere
    return pairs[::-1]


def _parts(text: str) -> list[str]:
    """The folded text's runs of letters and digits."""
    return _LETTERS.findall(_fold(html.unescape(text)))


def _fold(text: str) -> str:
    """The text without differences of case, accents, compatible forms and characters that are not seen.

    Apostrophes are plain, C1 controls what Windows-1252 means by them, and the other control characters spaces.
    """
    return "".join(map(_fold_sign, text))


@lru_cache(maxsize=4096)
def _fold_sign(sign: str) -> str:
    if "\x80" <= sign < "\xa0":
        sign = bytes([ord(sign)]).decode("cp1252", errors="replace").replace("\ufffd", " ")
    if sign in _APOSTROPHES:
        return "'"
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", sign).casefold())
    return "".join(map(_visible, decomposed))


def _visible(sign: str) -> str:
    category = unicodedata.category(sign)
    if category in ("Cc", "Cs") or sign == _ZERO_WIDTH_SPACE:
        return " "
    return "" if category in ("Cf", "Mn", "Mc", "Me") else _APOSTROPHES.get(sign, sign)


class _Folded:
    """A text as models read it, piece by piece, and where each of its characters comes from."""

    def __init__(self) -> None:
        self.text = ""
        self._starts: list[int] = []
        self._ends: list[int] = []

    def add(self, meaning: str, start: int, end: int) -> str:
        """Take `meaning` for what stands in the original from `start` to `end`, and return it folded."""
        folded = _fold(meaning)
        if not folded and self._ends:
            self._ends[-1] = end  # an accent that follows its letter
        self._starts += [start] * len(folded)
        self._ends += [end] * len(folded)
        return folded

    def original(self, place: Place) -> Place:
        return self._starts[place[0]], self._ends[place[1] - 1]

    @cached_property
    def words(self) -> list[Place]:
        return [match.span() for match in _WORD.finditer(self.text)]

    @cached_property
    def words_and_signs(self) -> list[Place]:
        return [match.span() for match in _WORD_OR_SIGN.finditer(self.text)]


def _fold_text(text: str, markup: Sequence[Place], instead: str = " ") -> _Folded:
    """The folded text, with a space, or nothing, for its markup and what it stands for instead of an entity."""
    specials = [(*match.span(), html.unescape(match.group())) for match in _ENTITY.finditer(text)]
    specials += [(*place, instead) for place in markup]
    folded = _Folded()
    pieces: list[str] = []
    position = 0
    for start, end, meaning in [*sorted(specials), (len(text), len(text), "")]:
        if start < position:  # an entity inside a tag
            continue
        pieces += [folded.add(text[index], index, index + 1) for index in range(position, start)]
        pieces += [folded.add(meaning, start, end)] if meaning else []
        position = end
    folded.text = "".join(pieces)
    return folded


def _seek(words: Sequence[str], folded: _Folded) -> list[Place | None]:
    return _seek_along(words, folded.text, folded.words, folded.words_and_signs)


def _seek_backwards(words: Sequence[str], folded: _Folded) -> list[Place | None]:
    """`_seek` in a mirror."""
    size = len(folded.text)

    def mirror(place: Place) -> Place:
        return size - place[1], size - place[0]

    units = [[mirror(place) for place in reversed(places)] for places in (folded.words, folded.words_and_signs)]
    found = _seek_along([word[::-1] for word in reversed(words)], folded.text[::-1], *units)
    return [None if place is None else mirror(place) for place in reversed(found)]


def _seek_along(
    words: Sequence[str], text: str, text_words: Sequence[Place], words_and_signs: Sequence[Place]
) -> list[Place | None]:
    """Each word where the last one ended, if it goes on there, or at the first unit of the text within reach."""
    found: list[Place | None] = []
    cursor = n_missed = 0
    for word in words:
        units = text_words if word[:1].isalnum() else words_and_signs
        reach = min(_REACH + _REACH_A_MISS * n_missed, _LONGEST_REACH)
        place = _seek_one(word, text, units, cursor, reach) if word else None
        found.append(place)
        cursor, n_missed = (cursor, n_missed + 1) if place is None else (place[1], 0)
    return found


def _seek_one(word: str, text: str, units: Sequence[Place], cursor: int, reach: int) -> Place | None:
    """The first unit that is the word, or that is it up to an apostrophe; else the first that starts with it.

    So "the" is not found in "theater" if there is a "the" near.
    """
    after = bisect_left(units, (cursor, 0))
    near = list(units[after : after + reach])
    if after and units[after - 1][1] > cursor:
        near.insert(0, (cursor, units[after - 1][1]))
    starts = [start for start, _ in near if text.startswith(word, start)]
    ends = {end for _, end in near}
    whole = (start for start in starts if (end := start + len(word)) in ends or text[end : end + 1] == "'")
    start = next(whole, starts[0] if starts else None)
    return None if start is None else (start, start + len(word))


def _join(forwards: Sequence[Place | None], backwards: Sequence[Place | None]) -> list[Place | None]:
    """The first words as found from the start, the others as from the end, split where most words have a place.

    No word may stand before one that precedes it.
    """
    count = len(forwards)
    n_first, end = [0], [0]
    for place in forwards:
        n_first.append(n_first[-1] + (place is not None))
        end.append(place[1] if place else end[-1])
    n_last, start = [0], [math.inf]
    for place in reversed(backwards):
        n_last.append(n_last[-1] + (place is not None))
        start.append(place[0] if place else start[-1])
    allowed = [split for split in range(count + 1) if end[split] <= start[count - split]]
    split = max(allowed, key=lambda split: (n_first[split] + n_last[count - split], split))
    return [*forwards[:split], *backwards[split:]]


def _fill_gaps(found: Sequence[Place | None], folded: _Folded) -> list[Place | None]:
    """Give words without a place what stands between their neighbours, if that is exactly one unit a word."""
    filled = list(found)
    bounds = [-1, *(index for index, place in enumerate(found) if place is not None), len(found)]
    for before, after in itertools.pairwise(bounds):
        if after - before == 1:
            continue
        left, right = found[before] if before >= 0 else None, found[after] if after < len(found) else None
        start, end = left[1] if left else 0, right[0] if right else len(folded.text)
        for units in (folded.words, folded.words_and_signs):
            between = units[bisect_left(units, (start, 0)) : bisect_left(units, (end, 0))]
            if len(between) == after - before - 1:
                filled[before + 1 : after] = between
                break
    return filled
