"""Which words and two-word phrases each sample shows, as a sparse table that holds no text."""

import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from leap_explorer.errors import ExplorerError
from leap_explorer.runs.words import ShownWords

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
        return np.asarray(self.by_term.indices[start:stop], dtype=np.int64)

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

    def shown_words(self) -> ShownWords:
        """The same as a run keeps it."""
        by_term = self.by_term
        by_term.sort_indices()
        return ShownWords(
            self.terms, np.asarray(by_term.indptr, np.int64), np.asarray(by_term.indices, np.int32), self.has_text
        )

    @classmethod
    def of(cls, words: ShownWords) -> "WordIndex":
        """The index of what a run keeps."""
        shape = len(words.has_text), len(words.terms)
        table = sparse.csc_array((np.ones(len(words.rows), dtype=bool), words.rows, words.starts), shape=shape)
        return cls(table.tocsr(), words.terms, words.has_text)

    def take(self, rows: Ints) -> "WordIndex":
        """The index of some of the samples, in the order given, with the same vocabulary."""
        return WordIndex(self.shown[rows], self.terms, self.has_text[rows])


def no_words(n: int) -> WordIndex:
    """The index of `n` samples that show no text."""
    return WordIndex(sparse.csr_array((n, 0), dtype=bool), (), np.zeros(n, dtype=bool))


def index_words(texts: Iterable[str | Sequence[str] | None], most_terms: int = MOST_TERMS) -> WordIndex:
    """The index of some texts, each a string, or its words in their order; None where nothing shows text.

    Words are lower-cased runs of letters and digits, with apostrophes inside; given words without any are passed over.
    A term is kept if 0.2-30 % of the texts show it, and at least 30 of them.
    """
    document, codes, vocabulary, has_text = _coded(texts)
    single = _table(document, codes, len(has_text), len(vocabulary))
    least, most = max(LEAST_SHARE * has_text.sum(), LEAST_SAMPLES), MOST_SHARE * has_text.sum()
    frequent = (_counts(single) >= least)[codes]  # a phrase is no more frequent than its words
    at = np.flatnonzero((document[:-1] == document[1:]) & frequent[:-1] & frequent[1:])
    phrases, names = pd.factorize(codes[at] * len(vocabulary) + codes[at + 1])
    double = _table(document[at], phrases, len(has_text), len(names))
    kept_words, kept_phrases = _within(single, least, most), _within(double, least, most)
    terms = [str(vocabulary[code]) for code in kept_words]
    terms += [
        f"{vocabulary[one // len(vocabulary)]} {vocabulary[one % len(vocabulary)]}" for one in names[kept_phrases]
    ]
    shown = sparse.csr_array(
        sparse.hstack([single[:, kept_words], double[:, kept_phrases]])[:, :most_terms], dtype=bool
    )
    shown.sort_indices()
    return WordIndex(shown, tuple(terms[:most_terms]), has_text)


def _coded(texts: Iterable[str | Sequence[str] | None]) -> tuple[Ints, Ints, list[str], Mask]:
    """For each word of all texts, in their order, its text's number and its own; the words; which texts there are."""
    numbers: dict[str, int] = {}
    codes, lengths, has_text = array("q"), array("q"), array("b")
    for text in texts:
        before = len(codes)
        codes.extend(numbers.setdefault(word, len(numbers)) for word in _words(text or ()))
        lengths.append(len(codes) - before)
        has_text.append(text is not None)
    document = np.repeat(np.arange(len(lengths)), lengths)
    return document, np.array(codes, dtype=np.int64), list(numbers), np.array(has_text, dtype=bool)


def _words(text: str | Sequence[str]) -> list[str]:
    return (
        _WORD.findall(text.lower()) if isinstance(text, str) else [word.lower() for word in text if _WORD.search(word)]
    )


def _table(document: Ints, term: Ints, n_documents: int, n_terms: int) -> sparse.csc_array:
    """How often each document shows each term."""
    once = np.ones(len(term), dtype=np.int32)
    return sparse.coo_array((once, (document, term)), shape=(n_documents, n_terms)).tocsc()


def _counts(table: sparse.csc_array) -> Ints:
    """The documents that show each term."""
    return np.asarray(np.diff(table.indptr), dtype=np.int64)


def _within(table: sparse.csc_array, least: float, most: float) -> Ints:
    """The terms that so many documents show, the most frequent first."""
    counts = _counts(table)
    kept = np.flatnonzero((counts >= least) & (counts <= most))
    return np.asarray(kept[np.argsort(-counts[kept], kind="stable")], dtype=np.int64)
