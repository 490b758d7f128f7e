"""Which words and two-word phrases each sample shows, as a sparse table that holds no text."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from leap_explorer.errors import ExplorerError

Mask = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

#: Terms that fewer or more of the samples show are left out.
LEAST_SHARE, MOST_SHARE = 0.002, 0.3
#: However large a table is, a term that fewer samples show makes no slice.
LEAST_SAMPLES = 30
#: So many terms at most, words before phrases, the most frequent first.
MOST_TERMS = 20_000

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


@dataclass(frozen=True)
class WordIndex:
    """For each sample, which terms of a vocabulary it shows.

    - `shown`: (samples, terms), bool; the order of the words and whatever is not in the vocabulary are not kept.
    - `terms`: lower-case words, and phrases of two words with a space between.
    - `has_text`: (samples,), False where nothing shows text; such a sample neither has nor lacks a word.
    """

    shown: sparse.csr_array
    terms: tuple[str, ...]
    has_text: Mask

    def __len__(self) -> int:
        return len(self.has_text)

    @cached_property
    def positions(self) -> dict[str, int]:
        """The column of each term."""
        return {term: position for position, term in enumerate(self.terms)}

    @cached_property
    def by_term(self) -> sparse.csc_array:
        """`shown`, stored by term."""
        return self.shown.tocsc()

    def rows(self, position: int) -> Ints:
        """The samples that show the term in this column, ascending."""
        start, stop = self.by_term.indptr[position : position + 2]
        return self.by_term.indices[start:stop].astype(np.int64)

    def has(self, term: str) -> Mask:
        """Which samples show a term.

        Raises:
            ExplorerError: the term is in no vocabulary, being too rare or too frequent.
        """
        if term not in self.positions:
            raise ExplorerError(f"The index of words does not hold {term!r}: too few or too many samples show it.")
        mask = np.zeros(len(self), dtype=bool)
        mask[self.rows(self.positions[term])] = True
        return mask

    def lacks(self, term: str) -> Mask:
        """Which samples show text without a term; errors as of `has`."""
        return self.has_text & ~self.has(term)

    def take(self, rows: Ints) -> "WordIndex":
        """The index of some of the samples, in the order given, with the same vocabulary."""
        return WordIndex(self.shown[rows], self.terms, self.has_text[rows])


def no_words(n: int) -> WordIndex:
    """The index of `n` samples that show no text."""
    return WordIndex(sparse.csr_array((n, 0), dtype=bool), (), np.zeros(n, dtype=bool))


def index_words(texts: Iterable[str | Sequence[str] | None], most_terms: int = MOST_TERMS) -> WordIndex:
    """The index of some texts, each a string, or its words in their order; None where nothing shows text.

    Words are lower-cased runs of letters and digits, with apostrophes inside. A term is kept if 0.2-30 % of the texts
    show it, and at least 30 of them.
    """
    words = [None if text is None else _words(text) for text in texts]
    lengths = np.array([len(one or ()) for one in words], dtype=np.int64)
    document = np.repeat(np.arange(len(words)), lengths)
    codes, vocabulary = pd.factorize(np.array(list(chain.from_iterable(filter(None, words))), dtype=object))
    has_text = np.array([one is not None for one in words], dtype=bool)
    bounds = max(LEAST_SHARE * has_text.sum(), LEAST_SAMPLES), MOST_SHARE * has_text.sum()
    single = _documents_by_term(codes.astype(np.int64), document, len(vocabulary))
    phrase, parts = _phrases(codes.astype(np.int64), document, single, bounds[0])
    kept_words, kept_phrases = _frequent(single, bounds), _frequent(phrase, bounds)
    terms = [str(vocabulary[code]) for code in kept_words]
    terms += [f"{vocabulary[first]} {vocabulary[second]}" for first, second in parts[kept_phrases]]
    shown = sparse.hstack([_columns(single, kept_words, len(words)), _columns(phrase, kept_phrases, len(words))])
    shown = sparse.csr_array(shown)[:, :most_terms].astype(bool)
    shown.sort_indices()
    return WordIndex(shown, tuple(terms[:most_terms]), has_text)


@dataclass(frozen=True)
class _Occurrences:
    """Distinct pairs of a term and a document that shows it, sorted by term; `counts`: documents by term."""

    term: Ints
    document: Ints
    counts: Ints


def _words(text: str | Sequence[str]) -> list[str]:
    return _WORD.findall(text.lower()) if isinstance(text, str) else [word.lower() for word in text]


def _documents_by_term(codes: Ints, document: Ints, n_terms: int) -> _Occurrences:
    n_documents = int(document[-1]) + 1 if len(document) else 1
    pairs = np.unique(codes * n_documents + document)
    term = pairs // n_documents
    return _Occurrences(term, pairs % n_documents, np.bincount(term, minlength=n_terms))


def _phrases(codes: Ints, document: Ints, single: _Occurrences, least: float) -> tuple[_Occurrences, Ints]:
    """The phrases whose words are both frequent enough, and (phrases, 2) the codes of their words."""
    frequent = single.counts >= least
    together = frequent[codes[:-1]] & frequent[codes[1:]] & (document[:-1] == document[1:])
    at = np.flatnonzero(together)
    names, phrase = np.unique(codes[at] * len(single.counts) + codes[at + 1], return_inverse=True)
    parts = np.stack([names // max(len(single.counts), 1), names % max(len(single.counts), 1)], axis=1)
    return _documents_by_term(phrase.astype(np.int64), document[at], len(names)), parts


def _frequent(occurrences: _Occurrences, bounds: tuple[float, float]) -> Ints:
    """Terms within the bounds, the most frequent first."""
    counts = occurrences.counts
    kept = np.flatnonzero((counts >= bounds[0]) & (counts <= bounds[1]))
    return kept[np.argsort(-counts[kept], kind="stable")]


def _columns(occurrences: _Occurrences, kept: Ints, n_documents: int) -> sparse.csc_array:
    column = np.full(len(occurrences.counts), -1, dtype=np.int64)
    column[kept] = np.arange(len(kept))
    at = column[occurrences.term]
    held = at >= 0
    values = np.ones(int(held.sum()), dtype=np.int8)
    return sparse.csc_array((values, (occurrences.document[held], at[held])), shape=(n_documents, len(kept)))
