"""The other half has its say: which proposed slices are confirmed there."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leap_explorer.insights.severity import removable
from leap_explorer.insights.slices.half import LEAST, Candidate, Half
from leap_explorer.insights.slices.score import tail_probability
from leap_explorer.insights.slices.space import Literals

Floats = npt.NDArray[np.float64]

#: The probability that anything is confirmed where nothing is there, of both directions together.
SIGNIFICANCE = 0.03
#: Scores from which a proposal is none that chance makes; it is searched on beside them.
SURE = 4.0
#: Of scores below, the odds are 0 in numbers of this size.
_LEAST_SCORE = -700.0


@dataclass(frozen=True)
class Effect:
    """The least effect worth acting on: a slice counts that has one of the two.

    - `error_rate`: higher than outside by this much (0-1; of a classifier).
    - `excess_share`: this share (0-1) of the whole outcome that would vanish were the slice as all samples on average.
    """

    error_rate: float = 0.05
    excess_share: float = 0.01


@dataclass(frozen=True)
class Confirmed:
    """A slice that its other half confirmed; p is corrected, `unexplained` the excess outcome there (sum, in standard
    deviations) beyond what slices before it explain."""

    literals: Literals
    rows: npt.NDArray[np.int64]
    p: float
    unexplained: float


def confirm(
    half: Half,
    candidates: Sequence[Candidate],
    outcome: Floats,
    errors: Floats | None,
    least: Effect,
    significance: float,
) -> list[Confirmed]:
    """The candidates, which another half proposed, that this half confirms; those explain the half.

    Each is put to a one-sided test at its share of `significance` (weighted Bonferroni; Genovese, Roeder and Wasserman
    2006), beside what those confirmed before it explain. The shares rest on the half that proposed them alone.
    """
    found = []
    for candidate, part in zip(candidates, shares([one.score for one in candidates]), strict=True):
        mask = half.mask(candidate.literals)
        if not LEAST <= mask.sum() <= len(mask) - LEAST or not _is_worth_it(half, mask, outcome, errors, least):
            continue
        relative = half.excess_of(candidate.literals) / np.sqrt(half.variance)
        p = min(1.0, tail_probability(relative[mask], relative) / part)
        if p < significance:
            found.append(Confirmed(candidate.literals, half.rows, p, float(half.excess[mask].sum())))
            half.explain(mask)
    return found


def shares(scores: Sequence[float]) -> Floats:
    """The share of the significance that each candidate is tested at, 0-1, which add up to 1.

    Those that chance does not make (scores of `SURE` and more) get equal parts of one half, or of the whole if there
    are no others; the others get theirs in proportion to the odds that their scores are the logarithm of.
    """
    score = np.asarray(scores, dtype=np.float64)
    sure = score >= SURE
    parts = np.where(sure, 1.0, np.exp(np.clip(score, _LEAST_SCORE, SURE)))
    groups = [group for group in (sure, ~sure) if group.any()]
    for group in groups:
        parts[group] /= parts[group].sum() * len(groups)
    return parts


def _is_worth_it(
    half: Half, mask: npt.NDArray[np.bool_], outcome: Floats, errors: Floats | None, least: Effect
) -> bool:
    """Whether the effect on this half is at least what the user asks for."""
    values = outcome[half.rows]
    if removable(values, mask, np.ones(len(mask), dtype=bool)).value >= least.excess_share:
        return True
    if errors is None:
        return False
    wrong = errors[half.rows]
    inside, outside = wrong[mask], wrong[~mask]
    if np.isnan(inside).all() or np.isnan(outside).all():
        return False
    return bool(np.nanmean(inside) - np.nanmean(outside) >= least.error_rate)
