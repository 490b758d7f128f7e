"""A fair rest to compare some samples with: of the same subsets and labels, in the same mix."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.insights.rows import Mask, type_of

Codes = npt.NDArray[np.intp]

#: What is matched, the most first; where a selection is a whole subset or label, that cannot be.
MATCHES = (("subset", "ground_truth"), ("ground_truth",), ("subset",), ())
#: Fewer samples of a subset and label are no counterpart.
FEWEST = 5
#: This share of the selected samples must have a counterpart.
LEAST_COVERED = 0.9


@dataclass(frozen=True)
class Match:
    """Some samples, and those that they are compared with."""

    selected: Mask  #: those with a counterpart
    rest: Mask  #: drawn from the others
    by: tuple[str, ...]  #: the columns in which both have the same mix of values; empty: none


def matched_rest(samples: pd.DataFrame, selected: Mask, others: Mask, seed: int = 0) -> Match:
    """As many of the others as can be had with the selected samples' mix of subset and ground truth.

    A selection of one label alone would differ from an unmatched rest in all that goes with the label. The first of
    `MATCHES` counts in which 90 % of the selected samples have a counterpart; which others of a subset and label are
    taken, if not all, is drawn by chance.
    """
    usable = [by for by in MATCHES if all(_can_match(samples, name) for name in by)]
    for by in usable:
        codes = _strata(samples, by)
        n, others_n = (np.bincount(codes[mask], minlength=codes.max(initial=0) + 1) for mask in (selected, others))
        covered = (n > 0) & (others_n >= (FEWEST if by else 1))
        if n[covered].sum() >= LEAST_COVERED * selected.sum() > 0:
            ratio = (others_n[covered] / n[covered]).min()
            wanted = np.where(covered, np.floor(ratio * n + 1e-9), 0).astype(int)
            return Match(selected & covered[codes], _drawn(codes, others, wanted, seed), by)
    return Match(selected, others, ())


def _can_match(samples: pd.DataFrame, name: str) -> bool:
    """Whether the column has values that several samples share: a regression's ground truth has not."""
    return name in samples.columns and type_of(samples[name]) == "string"


def _strata(samples: pd.DataFrame, by: tuple[str, ...]) -> Codes:
    """[n], the number of each sample's combination of values; an unknown value is one of them."""
    codes = np.zeros(len(samples), dtype=np.intp)
    for name in by:
        of_column, names = pd.factorize(samples[name])
        codes = codes * (len(names) + 1) + of_column + 1
    return np.unique(codes, return_inverse=True)[1].astype(np.intp)


def _drawn(codes: Codes, others: Mask, wanted: npt.NDArray[np.int_], seed: int) -> Mask:
    """So many of the others of each stratum."""
    generator = np.random.default_rng(seed)
    drawn = np.zeros(len(codes), dtype=bool)
    for code in np.flatnonzero(wanted):
        rows = np.flatnonzero(others & (codes == code))
        drawn[generator.permutation(rows)[: wanted[code]]] = True
    return drawn
