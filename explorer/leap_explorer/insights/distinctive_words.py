"""Which words set some texts apart from others."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

#: A letter and what follows; the same word may have an apostrophe within.
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
_MARKUP = re.compile(r"<[^<>]{0,100}>")
_SHORTEST = 3
_FEWEST_TEXTS = 5


@dataclass(frozen=True)
class WordShare:
    """A word, and in which share of the texts it stands, 0-1."""

    word: str
    inside: float
    outside: float
    z: float  #: the difference in standard errors; above 0 the word is more frequent inside


def distinguishing_words(inside: Sequence[str], outside: Sequence[str], limit: int = 12) -> list[WordShare]:
    """Words that stand in more of the texts inside than outside, the surest first.

    Compared are shares of texts, not of words, so that one long text counts once; `z` is that of two proportions with
    a pooled share. Words of fewer than three letters, or in fewer than five texts inside, are left out, and so is what
    differs by less than 3 standard errors: among thousands of words, smaller ones come by chance.
    """
    if not inside or not outside:
        return []
    of_inside, of_outside = _text_counts(inside), _text_counts(outside)
    n1, n2 = len(inside), len(outside)
    shares = [
        WordShare(word, count / n1, of_outside[word] / n2, _z(count, n1, of_outside[word], n2))
        for word, count in of_inside.items()
        if count >= _FEWEST_TEXTS
    ]
    return sorted((one for one in shares if one.z >= 3), key=lambda one: (-one.z, one.word))[:limit]


def _text_counts(texts: Iterable[str]) -> Counter[str]:
    """In how many texts each word stands."""
    counts: Counter[str] = Counter()
    for text in texts:
        words = set(_WORD.findall(_MARKUP.sub(" ", text).lower()))
        counts.update(word for word in words if len(word) >= _SHORTEST)
    return counts


def _z(k1: int, n1: int, k2: int, n2: int) -> float:
    pooled = (k1 + k2) / (n1 + n2)
    error = sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    return (k1 / n1 - k2 / n2) / error if error else 0.0
