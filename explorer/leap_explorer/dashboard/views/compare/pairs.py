"""Which pairs of two compared runs the page speaks of."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from threading import Lock

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.comparison.compare import Comparison, compare
from leap_explorer.comparison.report import ALL_OUTCOMES, outcomes_of, samples_at
from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.state import State
from leap_explorer.insights.rows import Mask

BASE, SHOW = "compare.base", "compare.show"  #: parameters of the page's address
CHANGED, EVERY = "changed", "all"  #: what may be shown besides one outcome

_KEPT = 8
_ONE_AT_A_TIME = Lock()  # several cards ask at once


@dataclass(frozen=True)
class Compared:
    """The active run, what it is compared with, and what was found."""

    base: RunData
    new: RunData
    found: Comparison
    outcomes: npt.NDArray[np.str_] | None  #: [pairs], of `ALL_OUTCOMES`; None of what is no classifier

    @property
    def rows(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """[pairs] of either run."""
        return self.found.runs.pairs.rows

    @cached_property
    def samples(self) -> pd.DataFrame:
        """All pairs of a classifier as `samples_at` gives them, made once; the index is the pair."""
        return samples_at(self.found, np.arange(len(self.rows[0])))

    def chosen_samples(self, mask: Mask) -> pd.DataFrame:
        """Those of a mask of pairs, in the same order."""
        return self.samples[mask[self.samples.index]]


def base_of(context: Context, state: State) -> RunData:
    """What the active run is compared with: the run that the address names, else the first other one."""
    active = context.active(state)
    others = {name: data for name, data in context.data.items() if data is not active}
    return others.get(state.get(BASE)) or next(iter(others.values()))


def compared(context: Context, state: State) -> Compared:
    """The comparison, made once for each two runs.

    Raises:
        ExplorerError: they cannot be compared.
    """
    with _ONE_AT_A_TIME:
        return _compared(base_of(context, state), context.active(state))


@lru_cache(maxsize=_KEPT)
def _compared(base: RunData, new: RunData) -> Compared:
    found = compare(base.run, new.run)
    return Compared(base, new, found, outcomes_of(found))


def shown_outcomes(state: State) -> tuple[str, ...]:
    """The outcomes that are chosen: by default those that changed."""
    wanted = state.get(SHOW, CHANGED)
    if wanted == EVERY:
        return ALL_OUTCOMES
    return (wanted,) if wanted in ALL_OUTCOMES else ALL_OUTCOMES[:2]


def within(context: Context, state: State, of: Compared) -> Mask:
    """[pairs], those that meet the page's filter and search and lie in the area drawn on a map of either run."""
    base, new = of.rows
    if state.selection is not None and state.selection.run == of.base.name:
        return context.filtered(state)[new] & of.base.within(state.selection)[base]
    return context.highlighted(state)[new]


def chosen(context: Context, state: State, of: Compared) -> Mask:
    """[pairs], those within of the outcomes that are chosen."""
    mask = within(context, state, of)
    return mask if of.outcomes is None else mask & np.isin(of.outcomes, shown_outcomes(state))
