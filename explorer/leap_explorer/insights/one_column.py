"""The parts of the held-out samples that are compared with the rest: clusters, classes, metadata ranges and values."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from leap_explorer.insights.bins import bin_filter, bin_name, quantile_edges
from leap_explorer.insights.filters import Condition, Filter, select
from leap_explorer.insights.rows import (
    Mask,
    evaluated,
    held_out,
    known,
    numbers,
    type_of,
)

#: Fewer samples, inside or outside, are no slice.
SMALLEST_SLICE = 30
#: Ranges a number is cut into.
RANGES = 5
#: Of a text column, only this many most frequent values are slices: more would be a name of each sample.
MOST_VALUES = 50


#: The columns that conditions on what is held out may name.
HELD_OUT_BY = ("subset", "loss", "error")


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


def parts(values: pd.Series, name: str, ranges: int = RANGES) -> Iterator[tuple[str, Filter]]:
    """The parts that a column divides samples into, each with its name: values, or ranges of a number.

    An empty text is no value.
    """
    if name != "cluster" and type_of(values) == "number":
        edges = quantile_edges(numbers(values), ranges)
        for index in range(len(edges) + 1 if len(edges) else 0):
            yield bin_name(edges, index), bin_filter(name, edges, index)
        return
    for value in values.dropna().value_counts().index[:MOST_VALUES]:
        plain_value = _plain(value)
        if plain_value == "":
            continue
        yield str(plain_value).lower(), (Condition(name, "==", plain_value),)


def _one_of(name: str, values: tuple[str, ...]) -> Condition:
    return Condition(name, "==", values[0]) if len(values) == 1 else Condition(name, "in", values)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
