"""Which words are over-represented among some samples: log-odds ratios with an informative Dirichlet prior."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from leap_explorer.runs.words import ShownWords

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

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


def log_odds(
    inside: npt.ArrayLike, outside: npt.ArrayLike, prior: npt.ArrayLike | None = None, strength: float = 500.0
) -> tuple[Floats, Floats]:
    """Log-odds ratio of each term between two corpora, and its standard error (Monroe, Colaresi and Quinn 2008).

    With y terms counted in a corpus of n, and a Dirichlet prior a of sum a0 (equations 16 and 19 there):

        value = log((y1 + a) / (n1 + a0 - y1 - a)) - log((y2 + a) / (n2 + a0 - y2 - a))
        error = sqrt(1 / (y1 + a) + 1 / (y2 + a))

    `prior` gives the terms' frequencies in general, of both corpora together by default; it is scaled to add up to
    `strength`, which is the number of counts that the prior is worth. Above 0 where a term is more usual inside.

    Raises:
        ValueError: the lengths differ, a count is negative, or a term occurs nowhere, the prior included.
    """
    first, second = (np.asarray(counts, dtype=np.float64) for counts in (inside, outside))
    general = first + second if prior is None else np.asarray(prior, dtype=np.float64)
    if not first.shape == second.shape == general.shape:
        raise ValueError(f"one count a term is needed in each corpus: {first.shape}, {second.shape}, {general.shape}")
    if (first < 0).any() or (second < 0).any() or not (general > 0).all():
        raise ValueError("counts are 0 or more, and the prior is above 0 for each term")
    a = strength * general / general.sum()
    value = _log_odds(first, a) - _log_odds(second, a)
    return value, np.sqrt(1 / (first + a) + 1 / (second + a))


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


def _log_odds(counts: Floats, prior: Floats) -> Floats:
    posterior = counts + prior
    return np.asarray(np.log(posterior) - np.log(posterior.sum() - posterior))
