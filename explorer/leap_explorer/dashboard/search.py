"""The search box's language: which texts a query is about, and where in a text.

A query is words and "phrases in quotes", with spaces between them: a text must hold them all. `OR` between two of them
asks for either; it binds tighter than the space, so that `plot dull OR boring` is plot, and dull or boring. A minus
before a word or a phrase leaves out the texts that hold it. A word matches the start of a word (`act` finds `actor`); a
phrase matches whole words, one after the other, whatever stands between them (`"not good"` finds `not - good`), and so
does a word with a sign in it, such as `don't` or `10/10`. Upper and lower case and accents make no difference.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from threading import Lock

from leap_explorer.errors import ExplorerError
from leap_explorer.explain.word_heat import with_line_breaks

HELP = (
    "All words, in any order; each matches the start of a word, upper and lower case and accents alike. OR between two "
    'words finds either, "quotes" find whole words that follow each other, a minus before a word leaves it out. An id, '
    "or its last part, finds that sample."
)

_TOKEN = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)(?P<closed>"?)|(?P<word>[^\s"]+))')
_QUOTES = dict.fromkeys(map(ord, "“”„«»"), '"')
_WORD = re.compile(r"[^\W_]+")
_ID_PARTS = re.compile(r"[-/:]")

Place = tuple[int, int]  #: start and end in a text, in characters


class QueryError(ExplorerError):
    """The query cannot be understood; the message says what is wrong with it."""


@dataclass(frozen=True)
class Term:
    """A word or a phrase."""

    words: tuple[str, ...]  #: folded, at least one
    is_whole: bool  #: whether it ends where a word does
    is_excluded: bool = False

    @cached_property
    def needle(self) -> str:
        """What stands in each `normalised` text that it matches, and in no other."""
        return f" {' '.join(self.words)}{' ' if self.is_whole else ''}"

    def places(self, words: Sequence[tuple[str, Place]]) -> list[Place]:
        """Where it stands, of a text given as its folded words and where these are."""
        *first, last = self.words
        found = []
        for index in range(len(words) - len(first)):
            run = [word for word, _ in words[index : index + len(self.words)]]
            if run[:-1] == first and (run[-1] == last if self.is_whole else run[-1].startswith(last)):
                found.append((words[index][1][0], words[index + len(first)][1][1]))
        return found


@dataclass(frozen=True)
class Query:
    """What a text must meet: of each clause at least one term."""

    clauses: tuple[tuple[Term, ...], ...] = ()

    def matches(self, text: str) -> bool:
        """Whether a `normalised` text meets it."""
        return all(any((term.needle in text) != term.is_excluded for term in clause) for clause in self.clauses)

    def places(self, text: str) -> list[Place]:
        """Where in a text, as it was written, the words stand that were sought, in order and without overlap."""
        terms = [term for clause in self.clauses for term in clause if not term.is_excluded]
        if not terms:
            return []
        folded, origins = _fold_with_origins(text)
        words = [(one.group(), (origins[one.start()], origins[one.end() - 1] + 1)) for one in _WORD.finditer(folded)]
        return _merged(sorted(place for term in terms for place in term.places(words)))


@lru_cache(maxsize=64)
def parse(query: str) -> Query:
    """Read a query; an empty one asks for nothing, and every text meets it.

    Raises:
        QueryError: a quote is not closed, an OR or a minus has nothing to go with, or a term has no letter or digit.
    """
    clauses: list[tuple[Term, ...]] = []
    is_joined = False  # whether an OR waits for its second side
    for token in _TOKEN.finditer(query.translate(_QUOTES)):
        if token.group() == "OR":
            if is_joined or not clauses:
                raise QueryError("OR stands between two words: dull OR boring.")
            is_joined = True
        elif token.group() != "AND":  # which is what a space means
            term = _term(token)
            if is_joined:
                clauses[-1] = (*clauses[-1], term)
            else:
                clauses.append((term,))
            is_joined = False
    if is_joined:
        raise QueryError("OR stands between two words: dull OR boring.")
    return Query(tuple(clauses))


def _term(token: re.Match[str]) -> Term:
    is_phrase = token["phrase"] is not None
    if is_phrase and not token["closed"]:
        raise QueryError(f'A quote is not closed: write "{token["phrase"].strip()}".')
    written = token["phrase"] if is_phrase else token["word"] or ""
    words = tuple(_WORD.findall(fold(written)))
    if not words:
        raise QueryError(f"“{token.group()}” has no letter or digit to search for.")
    return Term(words, is_phrase or len(words) > 1, bool(token["minus"]))


def fold(text: str) -> str:
    """Lower case, without accents, in compatible forms."""
    return text.lower() if text.isascii() else "".join(map(_fold_sign, text))


def normalised(text: str) -> str:
    """A text's folded words with a space before and after each."""
    return f" {' '.join(_WORD.findall(fold(with_line_breaks(text))))} "


@lru_cache(maxsize=8192)
def _fold_sign(sign: str) -> str:
    decomposed = unicodedata.normalize("NFKD", sign).casefold()
    return "".join(part for part in unicodedata.normalize("NFKD", decomposed) if not unicodedata.combining(part))


def _fold_with_origins(text: str) -> tuple[str, list[int]]:
    """The folded text, and by character of it the index of the one in the text that it comes from."""
    folded = [_fold_sign(sign) for sign in text]
    origins = [index for index, of_sign in enumerate(folded) for _ in of_sign]
    return "".join(folded), origins


def _merged(places: Sequence[Place]) -> list[Place]:
    merged: list[Place] = []
    for start, end in places:
        if merged and start < merged[-1][1]:
            start, end = merged[-1][0], max(merged.pop()[1], end)
        merged.append((start, end))
    return merged


class Corpus:
    """Samples, ready to be searched by id and text; the texts are read and normalised once, at the first query."""

    def __init__(self, ids: Iterable[str], text: Callable[[str], str | None]) -> None:
        self._given = ids
        self._text = text
        self._found: dict[str, frozenset[str]] = {}
        self._lock = Lock()  # several parts of a page ask the same at once

    @cached_property
    def _ids(self) -> dict[str, None]:
        return dict.fromkeys(self._given)

    @cached_property
    def _normalised(self) -> list[tuple[str, str, str]]:
        """Of each sample its id, the id in lower case, and its text."""
        return [(sample_id, sample_id.casefold(), normalised(self._text(sample_id) or "")) for sample_id in self._ids]

    def prepare(self) -> None:
        """Read the texts now, so that the first query need not wait for that."""
        with self._lock:
            _ = self._normalised

    def sought(self, query: str) -> Query:
        """What texts are searched for: nothing by an id that is no query.

        Raises:
            QueryError: the query cannot be understood.
        """
        try:
            return parse(query)
        except QueryError:
            with self._lock:
                if query.strip() in self._ids:
                    return Query()
            raise

    def search(self, query: str) -> frozenset[str]:
        """The ids that a query finds: a whole id that one alone, else by the end of an id, or by the text.

        Raises:
            QueryError: the query cannot be understood.
        """
        with self._lock:
            if query not in self._found:
                self._found[query] = frozenset(self._search(query.strip()))
            return self._found[query]

    def _search(self, query: str) -> list[str]:
        sought = query.casefold()
        whole = [sample_id for sample_id, folded, _ in self._normalised if folded == sought]
        if whole:
            return whole
        parsed = parse(query)
        return [
            sample_id
            for sample_id, folded, text in self._normalised
            if parsed.matches(text) or _ends_with(folded, sought)
        ]


def _ends_with(sample_id: str, sought: str) -> bool:
    """Whether an id, such as `train-neg-00012`, ends with what is sought, from the start of one of its parts on."""
    start = len(sample_id) - len(sought)
    return start > 0 and sample_id.endswith(sought) and bool(_ID_PARTS.match(sample_id, start - 1))
