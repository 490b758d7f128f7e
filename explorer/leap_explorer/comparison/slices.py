"""Slices in which two runs are compared."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from leap_explorer.comparison.pairs import Pairs, RowsOfBoth
from leap_explorer.errors import ExplorerError
from leap_explorer.insights.bins import bin_filter, quantile_edges
from leap_explorer.insights.filters import Condition, Filter, select
from leap_explorer.insights.insight import Insight
from leap_explorer.insights.low_performance import NAME as LOW_PERFORMANCE
from leap_explorer.insights.rows import Columns, is_the_label, metadata_columns, numbers, type_of
from leap_explorer.insights.wording import conditions_phrase
from leap_explorer.runs.run import Run

_RANGES = 4
_MOST_VALUES = 30

Named = tuple[str, Filter]
Origin = Literal["base", "new", "label", "metadata", "cluster", "all"]


@dataclass(frozen=True)
class Slice:
    """Held-out samples of both runs that have something in common."""

    name: str  #: a phrase
    filter: Filter
    origin: Origin  #: `base` or `new`: the slice search on that run; else the kind of column that divides the samples
    rows: RowsOfBoth  #: as `Pairs.rows`


@dataclass(frozen=True)
class Runs:
    """Two runs and their held-out samples."""

    base: Run
    new: Run
    pairs: Pairs

    @classmethod
    def of(cls, base: Run, new: Run) -> "Runs":
        return cls(base, new, Pairs.of(base.samples, new.samples))

    def slice(self, name: str, conditions: Filter, origin: Origin) -> Slice | None:
        """The samples that meet the conditions; None where a run cannot tell, lacking a column or a word.

        Of pairs, one run decides for both: `new` on the slices that were found in it, else `base`.
        """
        first, second = self.pairs.rows
        try:
            if self.pairs.is_paired:
                run, rows = (self.new, second) if origin == "new" else (self.base, first)
                inside = select(run.samples, conditions, run.words)[rows]
                return Slice(name, conditions, origin, (first[inside], second[inside]))
            masks = [select(run.samples, conditions, run.words) for run in (self.base, self.new)]
        except ExplorerError:
            return None
        return Slice(name, conditions, origin, (first[masks[0][first]], second[masks[1][second]]))


def everything(runs: Runs) -> Slice:
    """All held-out samples."""
    return Slice("all held-out samples", (), "all", runs.pairs.rows)


def found_slices(runs: Runs, origin: Literal["base", "new"]) -> list[Slice]:
    """Those that the slice search found in one of the runs."""
    finder = runs.base if origin == "base" else runs.new
    found = [one for one in map(Insight.from_dict, finder.insights) if one.kind == LOW_PERFORMANCE and not one.subkind]
    named = [(str(one.evidence.get("phrase") or one.title), one.test.filter) for one in found if one.test]
    return _made(runs, named, origin)


def label_slices(runs: Runs) -> list[Slice]:
    """One of each ground truth of a classifier."""
    if not runs.pairs.are_classifiers:
        return []
    truths = runs.base.samples["ground_truth"].iloc[runs.pairs.rows[0]].dropna().unique()
    named = [(f"label: {label}", (Condition("ground_truth", "==", label),)) for label in sorted(map(str, truths))]
    return _made(runs, named, "label")


def column_slices(runs: Runs) -> list[Slice]:
    """The clusters of base, and of each metadata the values, or four ranges with about as many samples each.

    Metadata of more than `_MOST_VALUES` values, and those that only tell the label, divide nothing.
    """
    rows = runs.base.samples.iloc[runs.pairs.rows[0]]
    slices = _made(runs, list(_by_value(rows, "cluster", runs.base.columns)), "cluster") if "cluster" in rows else []
    for name in metadata_columns(rows, runs.base.columns):
        if not is_the_label(rows, name):
            by = _by_range if type_of(rows[name]) == "number" else _by_value
            slices += _made(runs, list(by(rows, name, runs.base.columns)), "metadata")
    return slices


def _by_value(rows: pd.DataFrame, name: str, columns: Columns) -> Iterator[Named]:
    values = rows[name].dropna().unique().tolist()
    for value in sorted(values) if len(values) <= _MOST_VALUES else ():
        conditions = (Condition(name, "==", value),)
        yield conditions_phrase(conditions, columns), conditions


def _by_range(rows: pd.DataFrame, name: str, columns: Columns) -> Iterator[Named]:
    edges = quantile_edges(numbers(rows[name]), _RANGES)
    for index in range(len(edges) + 1 if len(edges) else 0):
        conditions = bin_filter(name, edges, index)
        yield conditions_phrase(conditions, columns), conditions


def _made(runs: Runs, named: Sequence[Named], origin: Origin) -> list[Slice]:
    made = (runs.slice(name, conditions, origin) for name, conditions in named)
    return [one for one in made if one is not None and len(one.rows[0])]
