"""What was found of a run's changes, made once, and which of them the page speaks of."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from threading import Lock

import pandas as pd

from leap_explorer.comparison.report import samples_at
from leap_explorer.comparison.robustness import Robustness, robustness
from leap_explorer.contract.recipe import SEPARATOR
from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.search import Place
from leap_explorer.dashboard.state import State
from leap_explorer.insights.rows import ADDITIONAL, Mask

CHANGE, PAIR = "robustness.change", "robustness.pair"  #: parameters of the page's address

_KEPT = 8
_ONE_AT_A_TIME = Lock()  # several cards ask at once
_WORD = re.compile(r"\S+")


def found_in(data: RunData) -> tuple[Robustness, ...]:
    """Of each change among the run's samples, in the run's order. The first time takes seconds."""
    with _ONE_AT_A_TIME:
        return _found_in(data)


@lru_cache(maxsize=_KEPT)
def _found_in(data: RunData) -> tuple[Robustness, ...]:
    return tuple(robustness(data.run))


def change_shown(state: State, found: Sequence[Robustness]) -> Robustness:
    """The change that the address names, else the dearest one."""
    named = [one for one in found if one.change == state.get(CHANGE)]
    return named[0] if named else max(found, key=_cost)


def _cost(one: Robustness) -> float:
    if one.comparison is None:
        return float("-inf")
    return (one.comparison.error or one.comparison.loss).value


@dataclass(frozen=True)
class Flip:
    """A sample whose prediction the change turns."""

    source: str  #: its id as it was written
    subset: str
    label: str
    before: str
    after: str
    loss_before: float
    loss_after: float

    def key_changed(self, change: str) -> str:
        """`subset/id` of the changed sample."""
        return f"{ADDITIONAL}/{self.source}{SEPARATOR}{change}"

    @property
    def key(self) -> str:
        """`subset/id` as it was written."""
        return f"{self.subset}/{self.source}"


def flips_of(context: Context, state: State, data: RunData, one: Robustness) -> list[Flip]:
    """Those that the page's filter and search keep, the largest change of the loss first."""
    if one.comparison is None or one.comparison.outcomes is None:
        return []
    pairs = one.comparison.runs.pairs.rows
    table = samples_at(one.comparison, pd.RangeIndex(len(pairs[0])).to_numpy())
    kept = _kept(context, state, data)
    found = table[(table["prediction_base"] != table["prediction_new"]) & table["id"].isin(kept)]
    return [
        Flip(row["id"], row["subset"], row["ground_truth"], row["prediction_base"], row["prediction_new"],
             row["loss_base"], row["loss_new"])
        for row in found.to_dict("records")
    ]  # fmt: skip


def _kept(context: Context, state: State, data: RunData) -> set[str]:
    """Ids of the originals that are chosen above."""
    mask: Mask = context.highlighted(state)
    return set(data.frame["id"][mask].astype(str))


class ChangedWords:
    """Marks the words of a changed text that are not those of the original."""

    def __init__(self, original: str) -> None:
        self._original = _WORD.findall(original)

    def places(self, text: str) -> list[Place]:
        """Starts and ends of new words, in order."""
        words = list(_WORD.finditer(text))
        matcher = SequenceMatcher(None, self._original, [one.group() for one in words], autojunk=False)
        changed = (range(b1, b2) for kind, _, _, b1, b2 in matcher.get_opcodes() if kind != "equal")
        return [words[place].span() for places in changed for place in places]
