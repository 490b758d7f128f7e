"""Which tests a run passes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from leap_explorer.comparison.compare import Comparison
from leap_explorer.comparison.pairs import Metric
from leap_explorer.comparison.robustness import robustness
from leap_explorer.comparison.slices import Runs, Slice, everything, found_slices, label_slices
from leap_explorer.errors import ExplorerError
from leap_explorer.gate.tests_file import GateTests, NoSliceWorse
from leap_explorer.insights.change import Change
from leap_explorer.insights.checks import EXAMPLES, Check, example_ids, is_of_other_samples, run_check
from leap_explorer.runs.run import Run

#: The probability at most that a model as good as the bounds fails any of a file's tests by chance.
FALSE_ALARM = 0.05


Outcome = Literal["passed", "failed", "skipped"]

_NO_SUCH_SAMPLES = "it is about listed samples, of which this run has none"


@dataclass(frozen=True)
class Verdict:
    """What a test gave."""

    group: str  #: `tests`, `slices` or `robustness`
    name: str
    outcome: Outcome
    message: str
    examples: tuple[str, ...] = ()  #: ids of samples that a failed test is about, at most five


def judge(run: Run, tests: GateTests, base: Run | None = None, strict: bool = False) -> list[Verdict]:
    """Make the tests on a run; with a `base`, also that no slice is worse than there.

    Unless `strict`, a test fails only beyond its interval, whose level is Bonferroni's for all tests together, so that
    by chance a good model fails in `FALSE_ALARM` of all cases at most.

    A test of listed samples is skipped on a run that has none of them; if `strict`, it fails.

    Slices are those that the search found in `base`, and each label. What it finds in `run` is left out: those slices
    are found because the run does badly there, so that a comparison on them would be biased against it.

    Raises:
        ExplorerError: there is no test at all, or none that can be made on this run.
    """
    limit = tests.no_slice_worse or NoSliceWorse()
    runs = None if base is None else Runs.of(base, run)
    slices = [] if runs is None else [everything(runs), *label_slices(runs), *found_slices(runs, "base")]
    skipped = [one for one in tests.checks if is_of_other_samples(run.samples, one)]
    changes = [] if tests.costs_at_most is None else _paired_changes(run)
    count = len(tests.checks) - len(skipped) + len(slices) + len(changes)
    if not count:
        raise ExplorerError("it holds no test" + (" of this run's samples." if skipped else "."))
    level = None if strict else 1 - FALSE_ALARM / count
    verdicts = [_skipped(check, strict) if check in skipped else _checked(run, check, level) for check in tests.checks]
    verdicts += [] if runs is None else _not_worse(runs, slices, limit, level)
    return [*verdicts, *(_bearable(one, NoSliceWorse(tests.costs_at_most or 0.0), level) for one in changes)]


def _paired_changes(run: Run) -> list[Comparison]:
    """Of each simulated change whose originals are in the run."""
    return [one.comparison for one in robustness(run) if one.comparison is not None]


def _bearable(found: Comparison, limit: NoSliceWorse, level: float | None) -> Verdict:
    """Whether a change costs no more error than is allowed."""
    whole = everything(found.runs)
    metric = _metric(found.runs, limit)
    change = found.runs.pairs.change(metric, whole.rows, level or 0.95)
    passed = not (change.value if level is None else change.estimate.low) > limit.by
    examples = () if passed else _worsened(found.runs, whole, metric)
    message = f"{_told(change, metric, limit)}, over {_size(found.runs, whole)}"
    return Verdict("robustness", found.runs.new.name, _outcome(passed), message, examples)


def _skipped(check: Check, strict: bool) -> Verdict:
    return Verdict("tests", check.name, "failed" if strict else "skipped", _NO_SUCH_SAMPLES)


def _checked(run: Run, check: Check, level: float | None) -> Verdict:
    found = run_check(run.samples, check, run.words, level)
    examples = () if found.passed else tuple(example_ids(run.samples, check, run.words))
    return Verdict("tests", found.name, _outcome(found.passed), found.message, examples)


def _outcome(passed: bool) -> Outcome:
    return "passed" if passed else "failed"


def _not_worse(runs: Runs, slices: list[Slice], limit: NoSliceWorse, level: float | None) -> Iterator[Verdict]:
    metric = _metric(runs, limit)
    for one in slices:
        change = runs.pairs.change(metric, one.rows, level or 0.95)
        least = change.value if level is None else change.estimate.low
        passed = not least > limit.by
        message = _told(change, metric, limit) + f", over {_size(runs, one)}"
        examples = () if passed else _worsened(runs, one, metric)
        yield Verdict("slices", f"not worse than base: {one.name}", _outcome(passed), message, examples)


def _metric(runs: Runs, limit: NoSliceWorse) -> Metric:
    """The metric to compare by: of what is no classifier only the loss can be."""
    return limit.metric if runs.pairs.are_classifiers else "loss"


def _size(runs: Runs, one: Slice) -> str:
    n_base, n_new = map(len, one.rows)
    return f"the same {n_new:,} samples" if runs.pairs.is_paired else f"{n_new:,} samples ({n_base:,} in base)"


def _told(change: Change, metric: Metric, limit: NoSliceWorse) -> str:
    """Such as `error rate is 7.0 %, 8.3 % in base: -1.4 % (-3.1 to +0.4), and +2.0 % is allowed`."""
    name, scale, unit = ("error rate", 100.0, " %") if metric == "error" else ("mean loss", 1.0, "")
    places = 1 if metric == "error" else 3
    base, new, value, low, high, by = (
        scale * one
        for one in (change.base, change.new, change.value, change.estimate.low, change.estimate.high, limit.by)
    )
    return (
        f"{name} is {new:.{places}f}{unit}, {base:.{places}f}{unit} in base: {value:+.{places}f}{unit} "
        f"({low:+.{places}f} to {high:+.{places}f}), and {by:+.{places}f}{unit} is allowed"
    )


def _worsened(runs: Runs, one: Slice, metric: Metric) -> tuple[str, ...]:
    """The ids of samples that are worse than in base; of different samples, those that are worst."""
    base, new = one.rows
    of_new = runs.pairs.values(metric)[1][new]
    worse = of_new - runs.pairs.values(metric)[0][base] if runs.pairs.is_paired else of_new
    worst = np.argsort(-np.nan_to_num(worse, nan=-np.inf), kind="stable")[:EXAMPLES]
    return tuple(runs.new.samples["id"].iloc[new[worst]].astype(str))
