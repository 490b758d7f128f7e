"""Which words and two-word phrases each sample shows, as a sparse table that holds no text."""

import re
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import IO

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

_BLOCK = 16_384  # texts at a time

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


def index_words(
    texts: Iterable[str | Sequence[str] | None], most_terms: int = MOST_TERMS, block: int = _BLOCK
) -> WordIndex:
    """The index of some texts, each a string, or its words in their order; None where nothing shows text.

    Words are lower-cased runs of letters and digits, with apostrophes inside; given words without any are passed over.
    A term is kept if 0.2-30 % of the texts show it, and at least 30 of them. `block` texts at a time are looked at;
    of the others nothing is held but their words' numbers, in a file.
    """
    with tempfile.TemporaryFile() as file:
        coded = _coded(texts, file, block)
        n = coded.has_text.sum()
        least, most = max(LEAST_SHARE * n, LEAST_SAMPLES), MOST_SHARE * n
        words = _count_words(coded)
        frequent = words >= least  # a phrase is no more frequent than its words
        names, phrases = _count_phrases(coded, frequent)
        kept_words = _within(words, least, most)[:most_terms]
        kept_phrases = _within(phrases, least, most)[: most_terms - len(kept_words)]
        size = int(words[kept_words].sum() + phrases[kept_phrases].sum())
        shown = _shown(coded, frequent, kept_words, names[kept_phrases], size)
    vocabulary = coded.vocabulary
    terms = [vocabulary[code] for code in kept_words]
    terms += [" ".join(vocabulary[code] for code in divmod(one, len(vocabulary))) for one in names[kept_phrases]]
    return WordIndex(shown, tuple(terms), coded.has_text)


@dataclass(frozen=True)
class _Coded:
    """The words of all texts, in their order, as numbers in a file."""

    file: IO[bytes]
    lengths: Ints  #: of the texts
    vocabulary: list[str]  #: by number
    has_text: Mask
    block: int

    def blocks(self) -> Iterator[tuple[Ints, Ints, int]]:
        """Some texts at a time: for each word the number of its text among them, and its own; how many texts."""
        self.file.seek(0)
        for start in range(0, len(self.lengths), self.block):
            lengths = self.lengths[start : start + self.block]
            codes = np.frombuffer(self.file.read(4 * int(lengths.sum())), dtype=np.int32)
            yield np.repeat(np.arange(len(lengths)), lengths), codes.astype(np.int64), len(lengths)


def _coded(texts: Iterable[str | Sequence[str] | None], file: IO[bytes], block: int) -> _Coded:
    numbers: dict[str, int] = {}
    lengths, has_text = array("q"), array("b")
    for text in texts:
        codes = array("i", [numbers.setdefault(word, len(numbers)) for word in _words(text or ())])
        file.write(codes.tobytes())
        lengths.append(len(codes))
        has_text.append(text is not None)
    return _Coded(file, np.array(lengths, dtype=np.int64), list(numbers), np.array(has_text, dtype=bool), block)


def _count_words(coded: _Coded) -> Ints:
    """The texts that show each word of the vocabulary."""
    counts = np.zeros(len(coded.vocabulary), dtype=np.int64)
    for document, codes, n in coded.blocks():
        counts += np.bincount(_table(document, codes, n, len(counts)).indices, minlength=len(counts))
    return counts


def _count_phrases(coded: _Coded, frequent: Mask) -> tuple[Ints, Ints]:
    """The phrases of two frequent words, each as one number, by their first appearance; the texts that show each."""
    names, counts = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    for document, codes, n in coded.blocks():
        document, phrases = _phrases(document, codes, frequent)
        numbers, of_block = pd.factorize(phrases)
        shown = np.bincount(_table(document, numbers, n, len(of_block)).indices, minlength=len(of_block))
        places, names = pd.factorize(np.concatenate([names, of_block]))
        counts = np.bincount(places, np.concatenate([counts, shown]), len(names)).astype(np.int64)
    return names, counts


def _phrases(document: Ints, codes: Ints, frequent: Mask) -> tuple[Ints, Ints]:
    """Each two words of one text that follow each other and are both frequent: the text, and a number for the two."""
    is_frequent = frequent[codes]
    at = np.flatnonzero((document[:-1] == document[1:]) & is_frequent[:-1] & is_frequent[1:])
    return document[at], codes[at] * len(frequent) + codes[at + 1]


def _shown(coded: _Coded, frequent: Mask, words: Ints, phrases: Ints, size: int) -> sparse.csr_array:
    """(texts, terms), the kept words and after them the kept phrases; `size` is how many values are true."""
    column = np.full(len(frequent), -1)
    column[words] = np.arange(len(words))
    order = np.argsort(phrases)
    indices, lengths, filled = np.empty(size, dtype=np.int32), [np.zeros(1, dtype=np.int64)], 0
    for document, codes, n in coded.blocks():
        pairs, keys = _phrases(document, codes, frequent)
        place = np.minimum(np.searchsorted(phrases[order], keys), len(phrases) - 1)
        is_kept = phrases[order[place]] == keys if len(phrases) else np.zeros(len(keys), dtype=bool)
        columns = np.concatenate([column[codes], len(words) + order[place[is_kept]]])
        documents = np.concatenate([document, pairs[is_kept]])
        table = _table(documents[columns >= 0], columns[columns >= 0], n, len(words) + len(phrases))
        indices[filled : filled + table.nnz] = table.indices
        filled += table.nnz
        lengths.append(np.diff(table.indptr))
    starts = np.cumsum(np.concatenate(lengths))
    shape = len(coded.lengths), len(words) + len(phrases)
    return sparse.csr_array((np.ones(size, dtype=bool), indices, starts.astype(np.int32)), shape=shape)


def _words(text: str | Sequence[str]) -> list[str]:
    return (
        _WORD.findall(text.lower()) if isinstance(text, str) else [word.lower() for word in text if _WORD.search(word)]
    )


def _table(document: Ints, term: Ints, n_documents: int, n_terms: int) -> sparse.csr_array:
    """Which terms each document shows, each once, in ascending order."""
    once = np.ones(len(term), dtype=np.int32)
    return sparse.coo_array((once, (document, term)), shape=(n_documents, n_terms)).tocsr()


def _within(counts: Ints, least: float, most: float) -> Ints:
    """The terms that so many documents show, the most frequent first."""
    kept = np.flatnonzero((counts >= least) & (counts <= most))
    return np.asarray(kept[np.argsort(-counts[kept], kind="stable")], dtype=np.int64)
