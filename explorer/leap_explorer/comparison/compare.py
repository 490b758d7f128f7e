"""Two runs compared: what the second one fixes and breaks, overall and in slices."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from leap_explorer.comparison.matching import Matching
from leap_explorer.comparison.pairs import Metric, Pairs, RowsOfBoth
from leap_explorer.comparison.slices import (
    Runs,
    Slice,
    column_slices,
    everything,
    found_slices,
    label_slices,
)
from leap_explorer.comparison.training_data import TrainingData, compare_training_data
from leap_explorer.errors import ExplorerError
from leap_explorer.insights.calibration import calibration_change
from leap_explorer.insights.change import Change, paired_mean
from leap_explorer.insights.comparisons import SIGNIFICANCE, holm
from leap_explorer.insights.log_odds import WordOdds, words_apart
from leap_explorer.intervals import Estimate
from leap_explorer.runs.run import Run

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

#: A slice of fewer samples in a run is not looked at.
FEWEST = 20
#: Words that are told of what is fixed, and of what is broken.
_MOST_WORDS = 8


@dataclass(frozen=True)
class SliceChange:
    """How a slice changed."""

    slice: Slice
    change: Change  #: of the comparison's metric
    p: float  #: corrected for all slices looked at (Holm 1979)

    @property
    def is_sure(self) -> bool:
        """Whether chance does not explain it."""
        return self.p < SIGNIFICANCE


@dataclass(frozen=True)
class Outcomes:
    """Of samples that both runs have and a classifier judged: their places by who is right."""

    fixed: Rows  #: base is wrong, new is right
    broken: Rows  #: base is right, new is wrong
    still_wrong: Rows  #: whether or not both say the same
    both_right: int


@dataclass(frozen=True)
class Comparison:
    """What changed from the run `base` to `new`, on their held-out samples; what takes long waits to be asked for."""

    runs: Runs
    metric: Metric  #: by which slices are compared: the error of classifiers, else the loss
    error: Change | None  #: error rate, 0-1; None of what is no classifier
    loss: Change
    outcomes: Outcomes | None  #: None of what is no classifier, and of runs of different samples

    @property
    def matching(self) -> Matching:
        return self.runs.pairs.matching

    @property
    def confidence(self) -> Change | None:
        """Mean probability of the predicted label, of the same samples; None elsewhere."""
        return self._sureness[0]

    @property
    def calibration(self) -> tuple[float, float, Estimate] | None:
        """The calibration error in base and in new, 0-1, and the change."""
        return self._sureness[1]

    @cached_property
    def _sureness(self) -> tuple[Change | None, tuple[float, float, Estimate] | None]:
        return _calibration(self.runs) if self.outcomes else (None, None)

    @cached_property
    def slices(self) -> tuple[SliceChange, ...]:
        """The surest first."""
        return _slices(self.runs, self.metric)

    @cached_property
    def words(self) -> Mapping[str, tuple[WordOdds, ...]]:
        """Those that set the `fixed` apart from the `broken`, and the reverse."""
        return _words(self.runs, self.outcomes) if self.outcomes else {}

    @cached_property
    def training_data(self) -> TrainingData | None:
        """How the training samples differ; None where the data's hashes are equal."""
        return compare_training_data(self.runs.base, self.runs.new)

    def sure(self, is_worse: bool) -> list[SliceChange]:
        """The slices that are surely worse, or surely better."""
        return [one for one in self.slices if one.is_sure and (one.change.value > 0) == is_worse]


def compare(base: Run, new: Run) -> Comparison:
    """Compare two runs of one task.

    Slices are each label, the clusters of base, each metadata's values or ranges, and those that the slice search found
    in either run, with at least `FEWEST` samples in both; several of the very same samples are one.

    Raises:
        ExplorerError: the runs are of different tasks, or one has no held-out sample with a loss.
    """
    _refuse_other_tasks(base, new)
    runs = Runs.of(base, new)
    pairs = runs.pairs
    if not all(len(rows) for rows in pairs.rows):
        raise ExplorerError("A run has no labelled sample that its model was not trained on: nothing can be compared.")
    metric: Metric = "error" if pairs.are_classifiers else "loss"
    outcomes = who_is_right(pairs, pairs.rows) if pairs.are_classifiers and pairs.is_paired else None
    return Comparison(
        runs,
        metric,
        pairs.change("error", pairs.rows) if pairs.are_classifiers else None,
        pairs.change("loss", pairs.rows),
        outcomes,
    )


def _refuse_other_tasks(base: Run, new: Run) -> None:
    if (base.task.kind, sorted(base.task.labels)) != (new.task.kind, sorted(new.task.labels)):
        said = [f"{run.name} says {run.task.kind} of {', '.join(run.task.labels) or 'numbers'}" for run in (base, new)]
        raise ExplorerError(f"The runs are of different tasks: {'; '.join(said)}.")


def who_is_right(pairs: Pairs, rows: RowsOfBoth) -> Outcomes:
    """Of some pairs, row by row, which run is right; those without a label or a prediction count nowhere.

    Raises:
        ExplorerError: the predictions are neither right nor wrong.
    """
    base, new = (of[mine] for of, mine in zip(pairs.values("error"), rows, strict=True))
    kinds = ((base == 1) & (new == 0), (base == 0) & (new == 1), (base == 1) & (new == 1))
    fixed, broken, still_wrong = map(np.flatnonzero, kinds)
    return Outcomes(fixed, broken, still_wrong, int(((base == 0) & (new == 0)).sum()))


def _calibration(runs: Runs) -> tuple[Change | None, tuple[float, float, Estimate] | None]:
    """Of the judged pairs, whose probabilities both runs have."""
    confidences = [confidence_of(run) for run in (runs.base, runs.new)]
    if any(one is None for one in confidences):
        return None, None
    sides = [
        (confidence[rows], 1 - errors[rows])
        for confidence, errors, rows in zip(confidences, runs.pairs.values("error"), runs.pairs.rows, strict=True)
        if confidence is not None
    ]
    known = np.all([np.isfinite(values) for side in sides for values in side], axis=0)
    base, new = ((confidence[known], right[known]) for confidence, right in sides)
    return paired_mean(base[0], new[0]), calibration_change(base, new)


def confidence_of(run: Run) -> Floats | None:
    """[samples], the probability of the predicted label; None where the run has no probabilities."""
    names = [name for name, facts in run.columns.items() if facts.get("role") == "probability"]
    if not names:
        return None
    return run.samples[names].to_numpy(dtype=np.float64, na_value=np.nan).max(axis=1)


def _slices(runs: Runs, metric: Metric) -> tuple[SliceChange, ...]:
    slices = [
        *label_slices(runs),
        *found_slices(runs, "base"),
        *found_slices(runs, "new"),
        *column_slices(runs),
    ]
    all_of = min(map(len, everything(runs).rows))
    some = [one for one in slices if FEWEST <= min(map(len, one.rows)) < all_of]
    looked_at = list({b"/".join(rows.tobytes() for rows in one.rows): one for one in reversed(some)}.values())
    changes = [runs.pairs.change(metric, one.rows) for one in looked_at]
    corrected = holm([one.p for one in changes])
    told = map(SliceChange, looked_at, changes, map(float, corrected))
    return tuple(sorted(told, key=lambda one: (one.p, one.change.p, -abs(one.change.value))))


def _words(runs: Runs, outcomes: Outcomes) -> dict[str, tuple[WordOdds, ...]]:
    """By `fixed` and `broken` the words that set the one apart from the other; none of runs that keep no words."""
    if runs.base.words is None:
        return {}
    masks = []
    for places in (outcomes.fixed, outcomes.broken):
        mask = np.zeros(len(runs.base.samples), dtype=bool)
        mask[runs.pairs.rows[0][places]] = True
        masks.append(mask)
    fixed, broken = masks
    words = runs.base.words
    return {
        "fixed": tuple(words_apart(words, fixed, broken, _MOST_WORDS, families=2)),
        "broken": tuple(words_apart(words, broken, fixed, _MOST_WORDS, families=2)),
    }
