"""Automatic tests: a bound that the samples of an insight must keep in a later run."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from leap_explorer.errors import ExplorerError
from leap_explorer.insights.comparisons import mean_bounds
from leap_explorer.insights.filters import (
    Condition,
    Filter,
    Words,
    describe,
    ids_filter,
    readable,
    readable_value,
    select,
)
from leap_explorer.insights.rows import column, numbers, type_of
from leap_explorer.intervals import mean_interval, wilson_interval
from leap_explorer.runs.schema import NOT_FINITE
from leap_explorer.runs.strict_json import read_json

STATISTICS = ("mean", "count", "share")

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
}

#: Columns whose values another model, or other samples, would change.
_OF_THE_MODEL = (
    "cluster",
    "outlier_score",
    "prediction",
    "map_",
    "pca_",
    "probability_",
    "metric_",
    "loss",
    "topic",
    "subtopic",
)

#: Samples that a failed check names.
EXAMPLES = 5

#: Conditions (column and value) that leave out the samples without a value.
_KNOWN = (("error", None), ("loss", None))


@dataclass(frozen=True)
class Check:
    """One automatic test: `statistic` of the samples that `filter` selects, compared with `value`.

    - `mean`: of the column `metric`, over the samples where it is known;
    - `count`: of the selected samples; `share`: of all samples of the run that are selected, 0-1. Both leave `metric`
      None.

    Raises:
        ExplorerError: one of them is unknown, or they do not go together.
    """

    name: str
    filter: Filter
    metric: str | None
    statistic: str
    operator: str
    value: float

    def __post_init__(self) -> None:
        _validate(self)

    def to_dict(self) -> dict[str, Any]:
        """The check as JSON."""
        conditions = [condition.to_dict() for condition in self.filter]
        return {**{name: getattr(self, name) for name in self.__dataclass_fields__}, "filter": conditions}

    @classmethod
    def from_dict(cls, data: Any) -> "Check":
        """The check that `to_dict` wrote.

        Raises:
            ExplorerError: it is no check.
        """
        if not isinstance(data, dict) or set(data) != set(cls.__dataclass_fields__):
            fields = ", ".join(cls.__dataclass_fields__)
            raise ExplorerError(f"A check has the fields {fields}; this is none: {str(data)[:200]}.")
        if not isinstance(data["filter"], list):
            raise ExplorerError(f"The filter of the check {data['name']!r} is no list of conditions.")
        return cls(**{**data, "filter": tuple(map(Condition.from_dict, data["filter"]))})


@dataclass(frozen=True)
class CheckResult:
    """What a check gave: the measured value (None where there is none), over how many samples, and one sentence."""

    name: str
    passed: bool
    measured: float | None
    n: int
    message: str


@dataclass(frozen=True)
class _Measured:
    """A statistic of some samples: its value, None where there is none, and their number."""

    value: float | None
    n: int
    bounds: tuple[float, float]  #: of its interval; the value itself of a count


def run_check(
    samples: pd.DataFrame, check: Check, words: Words | None = None, level: float | None = None
) -> CheckResult:
    """Make a check on a run, whose `words` answer conditions on words.

    With a `level`, such as 0.95, a mean or a share fails only where its whole interval of this level breaks the bound;
    without one, where the measured value does. A count is of what is there, and has no interval.

    It fails, with the reason, where the run lacks a column or its words, where a mean or share has no sample to be
    taken of, and where the model, a loss or a metric gave one of the samples a value that is not finite. A count of 0
    is a measurement like any other: samples that are gone can break no bound from above.
    """
    try:
        found = _measure(samples, check, words, level)
        not_finite = _not_finite(samples, check, words)
    except ExplorerError as error:
        return CheckResult(check.name, False, None, 0, str(error))
    if not_finite:
        message = f"{not_finite:,} of these samples have a value that is not finite, so that nothing can be measured."
        return CheckResult(check.name, False, None, found.n, message)
    if found.value is None or (found.n == 0 and check.statistic != "count"):
        known = f" with a known {readable(check.metric)}" if check.metric else ""
        message = f"No sample of this run{known} meets the filter ({describe(check.filter)}), so nothing was checked."
        return CheckResult(check.name, False, None, 0, message)
    keeps = _OPERATORS[check.operator]
    is_kept, best = keeps(found.value, check.value), found.bounds[0 if check.operator.startswith("<") else 1]
    passed = is_kept or keeps(best, check.value)
    message = _message(check, found.value, found.n)
    if level is not None and not is_kept:
        message += _by_chance(found, level, passed)
    return CheckResult(check.name, passed, found.value, found.n, message)


def is_of_other_samples(samples: pd.DataFrame, check: Check) -> bool:
    """Whether the check is about samples that it lists, of which the run has none: it is of a sample drawn anew."""
    listed = [set(one.value) for one in check.filter if one.column == "id" and one.operator == "in"]
    return bool(listed) and not samples["id"].isin(set.intersection(*listed)).any()


def example_ids(samples: pd.DataFrame, check: Check, words: Words | None = None) -> list[str]:
    """Samples that a failed check is about, at most `EXAMPLES`: of a mean, those that break the bound most first.

    None where the run lacks what the check asks for.
    """
    try:
        rows = np.flatnonzero(select(samples, check.filter, words))
        if check.metric is not None:
            values = numbers(column(samples, check.metric))[rows]
            rows = rows[np.argsort(-values if check.operator.startswith("<") else values, kind="stable")]
    except (ExplorerError, ValueError, TypeError):
        return []
    return samples["id"].iloc[rows[:EXAMPLES]].astype(str).tolist()


def status_quo(
    samples: pd.DataFrame,
    name: str,
    conditions: Filter,
    metric: str = "loss",
    highest: bool = True,
    words: Words | None = None,
) -> Check:
    """The check that the mean of `metric` over these samples gets no higher (or no lower) than it is now.

    The bound is the end of the mean's 95 % interval (of one sample: its value), so that a model that is as good passes
    despite chance.
    """
    conditions = portable(samples, conditions, words)
    values = numbers(samples[metric])[select(samples, conditions, words)]
    values = values[~np.isnan(values)]
    low, high = mean_interval(values)
    bound = np.nanmax([values.mean(), high]) if highest else np.nanmin([values.mean(), low])
    return Check(name, conditions, metric, "mean", "<=" if highest else ">=", float(bound))


def portable(samples: pd.DataFrame, conditions: Filter, words: Words | None = None) -> Filter:
    """The filter for another run: samples are named one by one where a condition rests on what the model made.

    That a loss is known depends on the labels, not on the model.
    """
    of_the_model = [c for c in conditions if c.column.startswith(_OF_THE_MODEL) and c.value is not None]
    return ids_filter(samples, select(samples, conditions, words)) if of_the_model else conditions


def load_checks(path: Path) -> list[Check]:
    """The checks in a file: a run's insights.json, or what `write_checks` wrote; insights without one are passed over.

    Raises:
        ExplorerError: the file is missing or holds something else.
    """
    try:
        data = read_json(path)
        data = data.get("insights") if isinstance(data, dict) else data
    except (OSError, ValueError) as error:
        raise ExplorerError(f"{path} cannot be read ({error}); give a run's insights.json.") from error
    if not isinstance(data, list) or not all(isinstance(one, dict) for one in data):
        raise ExplorerError(f"{path} is no list of insights or checks; give a run's insights.json.")
    tests = [one.get("test", one) for one in data]
    try:
        return [Check.from_dict(test) for test in tests if test is not None]
    except ExplorerError as error:
        raise ExplorerError(f"{path}: {error}") from error


def _validate(check: Check) -> None:
    if check.statistic not in STATISTICS:
        raise ExplorerError(f"Unknown statistic {check.statistic!r}; there are {', '.join(STATISTICS)}.")
    if check.operator not in _OPERATORS:
        raise ExplorerError(f"Unknown operator {check.operator!r} of a check; there are {', '.join(_OPERATORS)}.")
    if not isinstance(check.value, int | float) or isinstance(check.value, bool) or not np.isfinite(check.value):
        raise ExplorerError(f"The value of the check {check.name!r} is a number, not {check.value!r}.")
    if (check.statistic == "mean") != isinstance(check.metric, str):
        raise ExplorerError(f"The check {check.name!r} needs a metric for a mean, and none (null) for anything else.")


def _measure(samples: pd.DataFrame, check: Check, words: Words | None, level: float | None) -> _Measured:
    mask = select(samples, check.filter, words)
    if check.metric is None:
        n = int(mask.sum())
        share = n / len(samples) if len(samples) else 0.0
        value = float(n) if check.statistic == "count" else share
        if level is None or check.statistic == "count" or not len(samples):
            return _Measured(value, n, (value, value))
        return _Measured(value, n, wilson_interval(n, len(samples), level))
    values = column(samples, check.metric)
    if type_of(values) == "string" and values.notna().any():
        raise ExplorerError(f"The mean of {check.metric} cannot be taken: its values are strings.")
    chosen = numbers(values)[mask]
    chosen = chosen[~np.isnan(chosen)]
    value = float(chosen.mean()) if len(chosen) else float("nan")
    bounds = mean_bounds(chosen, level) if level is not None and np.isfinite(chosen).all() else (value, value)
    return _Measured(value if len(chosen) else None, len(chosen), bounds)


def _not_finite(samples: pd.DataFrame, check: Check, words: Words | None) -> int:
    """How many of the samples, evaluated or not, have a value that is not finite."""
    of_all = tuple(one for one in check.filter if (one.column, one.value) not in _KNOWN)
    mask = select(samples, of_all, words)
    is_bad = np.zeros(len(samples), dtype=bool)
    if "error" in samples.columns:
        is_bad |= samples["error"].astype("string").str.startswith(NOT_FINITE).to_numpy(dtype=bool, na_value=False)
    if check.metric is not None and type_of(samples[check.metric]) == "number":
        is_bad |= np.isinf(numbers(samples[check.metric]))
    return int((is_bad & mask).sum())


def _message(check: Check, measured: float, n: int) -> str:
    what = f"mean {readable(check.metric)}" if check.metric else f"{check.statistic} of samples"
    listed = [len(c.value) for c in check.filter if c.column == "id" and c.operator == "in"]
    samples = f"{n:,} of the {listed[0]:,} listed samples" if listed else f"{n:,} samples ({describe(check.filter)})"
    bound = f"{check.operator} {readable_value(float(check.value))}"
    return f"{what} is {readable_value(measured)} over {samples}, and must be {bound}"


def _by_chance(found: _Measured, level: float, passed: bool) -> str:
    """Whether chance alone could explain that the bound is broken."""
    if found.bounds[0] == found.bounds[1]:
        return ""
    if not np.isfinite(found.bounds).all():
        return "; a single sample says nothing"
    ends = f"{readable_value(found.bounds[0])} to {readable_value(found.bounds[1])}"
    verdict = "which chance could explain" if passed else "which is beyond chance"
    return f"; {verdict} ({100 * level:.4g} % interval {ends})"
