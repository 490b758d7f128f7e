"""Which words are over-represented among some samples: log-odds ratios with an informative Dirichlet prior."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from leap_explorer.runs.words import ShownWords
from leap_explorer.word_odds import log_odds

Mask = npt.NDArray[np.bool_]

_FEWEST = 10  # samples that show a word that is compared


@dataclass(frozen=True)
class WordOdds:
    """A term, how many documents inside and outside show it, and its log-odds ratio with an interval.

    `value` is above 0 where the term is more usual inside, in nats.
    """

    term: str
    inside: int
    outside: int
    value: float
    low: float
    high: float

    @property
    def is_sure(self) -> bool:
        """Whether the interval lies above 0."""
        return self.low > 0


def distinctive(
    terms: Sequence[str],
    inside: npt.ArrayLike,
    outside: npt.ArrayLike,
    most: int = 10,
    level: float = 0.95,
    comparisons: int | None = None,
) -> list[WordOdds]:
    """The terms that are over-represented inside, those farthest from chance (in standard errors) first.

    Only terms whose interval lies above 0; it is at `level` corrected (Bonferroni) for as many comparisons as there are
    terms, or as given. Terms that occur nowhere are left out; a single term has no odds against others, and is no list.
    """
    first, second = (np.asarray(counts, dtype=np.float64) for counts in (inside, outside))
    kept = np.flatnonzero(first + second > 0)
    if len(kept) < 2:
        return []
    value, error = log_odds(first[kept], second[kept])
    half = NormalDist().inv_cdf(1 - (1 - level) / 2 / (comparisons or len(kept)))
    order = np.argsort(-value / error, kind="stable")
    order = order[(value - half * error)[order] > 0][:most]
    return [
        WordOdds(
            terms[kept[at]],
            int(first[kept[at]]),
            int(second[kept[at]]),
            float(value[at]),
            float(value[at] - half * error[at]),
            float(value[at] + half * error[at]),
        )
        for at in order
    ]


def words_apart(words: ShownWords, inside: Mask, outside: Mask, most: int = 10, families: int = 1) -> list[WordOdds]:
    """The words that more samples `inside` show than `outside`, as of `distinctive`; counts are samples.

    Terms that fewer than ten of both together show are not compared, so that they widen no other's interval.

    Args:
        families: of how many such lists this is one; the intervals are corrected for the words of all.
    """
    of_inside, of_outside = words.counts(inside), words.counts(outside)
    usual = np.flatnonzero(of_inside + of_outside >= _FEWEST)
    terms = [words.terms[position] for position in usual]
    comparisons = max(1, families * len(usual))
    return distinctive(terms, of_inside[usual], of_outside[usual], most, comparisons=comparisons)
