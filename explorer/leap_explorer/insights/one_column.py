"""The parts of the held-out samples that are compared with the rest: clusters, classes, metadata ranges and values."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from leap_explorer.insights.bins import bin_filter, bin_name, quantile_edges
from leap_explorer.insights.filters import Condition, Filter, select
from leap_explorer.insights.rows import (
    Columns,
    Mask,
    evaluated,
    held_out,
    is_the_label,
    known,
    metadata_columns,
    numbers,
    type_of,
)

#: Fewer samples, inside or outside, are no slice.
SMALLEST_SLICE = 30
#: Ranges a number is cut into.
RANGES = 5
#: Of a text column, only this many most frequent values are slices: more would be a name of each sample.
MOST_VALUES = 50


@dataclass(frozen=True)
class Slice:
    """Some held-out samples: what they have in common, and which rows of the run they are."""

    column: str
    name: str  #: of the range or value, for an id
    conditions: Filter  #: without those that say what is held out
    mask: Mask


def held_out_filter(samples: pd.DataFrame) -> Filter:
    """The conditions that select the held-out samples: those of `rows.held_out`."""
    mask = held_out(samples)
    names = tuple(str(name) for name in samples["subset"][mask].unique())
    return restricted(samples, mask, (_one_of("subset", names),))


def restricted(samples: pd.DataFrame, mask: Mask, conditions: Filter) -> Filter:
    """The conditions, with those added without which they would select unlabelled or failed samples."""
    for condition, may_add in (
        (Condition("loss", "!=", None), not (mask & ~known(samples, "loss")).any()),
        (Condition("error", "==", None), "error" in samples.columns and not (mask & ~evaluated(samples)).any()),
    ):
        if may_add and condition.column in samples.columns and (select(samples, conditions) != mask).any():
            conditions = (*conditions, condition)
    return conditions


def slices(samples: pd.DataFrame, columns: Columns, within: Mask) -> list[Slice]:
    """Every slice of the samples `within` that has enough samples inside and outside."""
    found = []
    for name in ["cluster", "ground_truth", *_metadata(samples.loc[within], columns)]:
        if name in samples.columns:
            for label, conditions in parts(samples.loc[within, name], name):
                mask = within & select(samples, conditions)
                if SMALLEST_SLICE <= mask.sum() <= within.sum() - SMALLEST_SLICE:
                    found.append(Slice(name, label, conditions, mask))
    return found


def parts(values: pd.Series, name: str, ranges: int = RANGES) -> Iterator[tuple[str, Filter]]:
    """The parts that a column divides samples into, each with its name: values, or ranges of a number."""
    if name != "cluster" and type_of(values) == "number":
        edges = quantile_edges(numbers(values), ranges)
        for index in range(len(edges) + 1 if len(edges) else 0):
            yield bin_name(edges, index), bin_filter(name, edges, index)
        return
    for value in values.dropna().value_counts().index[:MOST_VALUES]:
        plain_value = _plain(value)
        yield str(plain_value).lower(), (Condition(name, "==", plain_value),)


def _metadata(samples: pd.DataFrame, columns: Columns) -> list[str]:
    """Metadata that are not the label by another name, which `ground_truth` itself stands for."""
    return [name for name in metadata_columns(samples, columns) if not is_the_label(samples, name)]


def _one_of(name: str, values: tuple[str, ...]) -> Condition:
    return Condition(name, "==", values[0]) if len(values) == 1 else Condition(name, "in", values)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
