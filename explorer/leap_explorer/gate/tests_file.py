"""The tests of a gate in a file that people read and edit.

tests:
  - name: low_performance-polarity_disagrees
    why: what the finding was
    where:
      - [subset, ==, validation]
      - [metadata_polarity_disagrees, ==, true]
    expect: mean loss <= 0.4235
no_slice_worse:
  than_base_by: 0.02
  metric: error
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil, floor, log10
from pathlib import Path
from typing import Any, get_args

from leap_explorer.comparison.pairs import Metric
from leap_explorer.errors import ExplorerError
from leap_explorer.extras import require
from leap_explorer.insights.checks import Check, load_checks
from leap_explorer.insights.filters import Condition
from leap_explorer.insights.insight import Insight

_YAML = (".yaml", ".yml")
_EXPECT = re.compile(r"(?:(count|share)|mean (\S.*?)) (<=|<|>=|>) (\S+)")
_DIGITS = 4

_HEADER = """\
# Tests of a model, for: leap-explorer check RUN --insights {name}
# They were written from the insights of the run {run}. Edit them as you like.
#
# expect: mean COLUMN, share or count (of the samples that meet the conditions), a bound: "mean loss <= 0.42".
#         A mean or a share fails only where its interval lies beyond the bound, unless check is told --strict.
# where:  conditions that all must hold, each [column, operator, value]; operators: ==, !=, <, <=, >, >=, in, between,
#         and [words, has, "some word"]. No condition: all samples.
# ids:    only these samples, where a finding is about samples that the model itself has grouped.
# no_slice_worse: with --base, in no slice may the error rate (or mean loss) be higher than the base's by more than so
#         much: 0.02 are 2 of 100 samples.
# robustness: {{costs_at_most: 0.05}}: no change by `evaluate --simulate` may cost more error.
"""


@dataclass(frozen=True)
class NoSliceWorse:
    """In no slice may the `metric` be higher than that of the base by more than `by`.

    Raises:
        ExplorerError: the metric is none, or the difference no number of 0 or more.
    """

    by: float = 0.02  #: of `error` as a share, 0-1; of `loss` in its unit
    metric: Metric = "error"

    def __post_init__(self) -> None:
        if self.metric not in get_args(Metric):
            raise ExplorerError(f"no_slice_worse has a metric, error or loss, not {self.metric!r}.")
        if isinstance(self.by, bool) or not isinstance(self.by, int | float) or not self.by >= 0:
            raise ExplorerError(f"no_slice_worse has than_base_by, a number of 0 or more, not {self.by!r}.")


@dataclass(frozen=True)
class GateTests:
    """What a run must pass."""

    checks: tuple[Check, ...]
    no_slice_worse: NoSliceWorse | None = None  #: None where the file says nothing of it
    costs_at_most: float | None = None  #: error, 0-1, that a simulated change may cost; None where it says nothing


def load_tests(path: Path) -> GateTests:
    """The tests in a file: a YAML file as `yaml_of` writes it, a run's insights.json, or a list of checks in JSON.

    Raises:
        ExplorerError: it cannot be read, or something in it is no test; the message names it.
    """
    if path.suffix.lower() not in _YAML:
        return GateTests(tuple(load_checks(path)))
    try:
        return _tests_of(_read_yaml(path))
    except ExplorerError as error:
        raise ExplorerError(f"{path}: {error}") from error


def yaml_of(
    insights: Iterable[Insight], run: str, name: str, limit: NoSliceWorse, costs_at_most: float | None = None
) -> str:
    """A file with the insights' tests, in their order; bounds of four digits, rounded so that no test is stricter.

    Args:
        run: the name of the run whose insights they are.
        name: the file's.
        costs_at_most: as `GateTests` has it.
    """
    require("Writing tests", "gate")
    import yaml

    tests = [_described(one.test, one.title) for one in insights if one.test]
    data: dict[str, Any] = {"tests": tests, "no_slice_worse": {"than_base_by": limit.by, "metric": limit.metric}}
    if costs_at_most is not None:
        data["robustness"] = {"costs_at_most": costs_at_most}
    body = yaml.safe_dump(data, sort_keys=False, default_flow_style=None, allow_unicode=True, width=110)
    return f"{_HEADER.format(name=name, run=run)}{body}"


def _read_yaml(path: Path) -> Any:
    require("Reading tests in YAML", "gate")
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.SafeLoader)):
            raise ExplorerError("it has an alias (`*name`), by which few lines can stand for endless ones")
        return yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ExplorerError(f"it cannot be read ({' '.join(str(error).split())})") from error


def _tests_of(data: Any) -> GateTests:
    known = ("tests", "no_slice_worse", "robustness")
    if not isinstance(data, dict) or not set(data) <= set(known):
        raise ExplorerError(f"a file of tests has {', '.join(known)}, and nothing else.")
    tests = data.get("tests") or []
    if not isinstance(tests, list):
        raise ExplorerError("tests is a list.")
    limit = _limit_of(data.get("no_slice_worse"))
    return GateTests(tuple(map(_check_of, tests)), limit, _cost_of(data.get("robustness")))


def _cost_of(data: Any) -> float | None:
    if data is None:
        return None
    cost = data.get("costs_at_most") if isinstance(data, dict) and len(data) == 1 else None
    if isinstance(cost, bool) or not isinstance(cost, int | float) or not 0 <= cost <= 1:
        raise ExplorerError("robustness has costs_at_most, a share of samples from 0 to 1, and nothing else.")
    return float(cost)


def _limit_of(data: Any) -> NoSliceWorse | None:
    if data is None:
        return None
    if not isinstance(data, dict) or not set(data) <= {"than_base_by", "metric"}:
        raise ExplorerError("no_slice_worse has than_base_by and metric, and nothing else.")
    return NoSliceWorse(data.get("than_base_by", NoSliceWorse.by), data.get("metric", NoSliceWorse.metric))


def _check_of(test: Any) -> Check:
    if not isinstance(test, dict) or not {"name", "expect"} <= set(test) <= {"name", "why", "expect", "where", "ids"}:
        raise ExplorerError(
            f"a test has name, expect, and perhaps why, where and ids; this is none: {str(test)[:200]}."
        )
    expected = _EXPECT.fullmatch(str(test["expect"]).strip())
    if expected is None:
        raise ExplorerError(
            f"{test['name']}: expect is such as 'mean loss <= 0.42', 'share <= 0.1' or 'count <= 12', "
            f"not {test['expect']!r}."
        )
    statistic, metric, operator, bound = expected.groups()
    return Check(str(test["name"]), _filter_of(test), metric, statistic or "mean", operator, _number(test, bound))


def _number(test: Mapping[str, Any], text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise ExplorerError(f"{test['name']}: {text!r} is no number.") from error


def _filter_of(test: Mapping[str, Any]) -> tuple[Condition, ...]:
    where = test.get("where") or []
    if not isinstance(where, list) or not all(isinstance(one, list) and len(one) == 3 for one in where):
        raise ExplorerError(f"{test['name']}: where is a list of conditions, each [column, operator, value].")
    conditions = tuple(Condition(*one) for one in where)
    return (*conditions, Condition("id", "in", test["ids"])) if "ids" in test else conditions


def _described(check: Check, why: str) -> dict[str, Any]:
    ids = [value for one in check.filter if _names_ids(one) for value in one.value]
    what = f"mean {check.metric}" if check.metric else check.statistic
    return {
        "name": check.name,
        "why": why,
        "expect": f"{what} {check.operator} {_outward(check.value, check.operator)}",
        "where": [list(one.to_dict().values()) for one in check.filter if not _names_ids(one)],
        **({"ids": ids} if ids else {}),
    }


def _names_ids(condition: Condition) -> bool:
    return (condition.column, condition.operator) == ("id", "in")


def _outward(value: float, operator: str) -> str:
    """The bound in four digits, not tighter than it is."""
    if value == 0 or float(value).is_integer():
        return f"{value:.0f}"
    scale = 10.0 ** (_DIGITS - 1 - floor(log10(abs(value))))
    rounded = (ceil if operator.startswith("<") else floor)(value * scale) / scale
    return json.dumps(rounded)
