"""How well a model does, in the figures that its kind of task has; what is undefined is not there."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.intervals import Estimate, mean_interval, ratio_interval, wilson_interval
from leap_explorer.runs.task import Kind, Task

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Figure:
    """One figure of some samples, with its 95 % interval."""

    name: str
    estimate: Estimate
    is_share: bool = False  #: 0-1, shown in percent


@dataclass(frozen=True)
class LabelScore:
    """Of several labels, how well one is told; None where it is undefined."""

    label: str
    right: int  #: samples that have it, of those with a ground truth
    precision: Estimate | None  #: of those it is predicted for, the share that has it; Wilson interval
    recall: Estimate | None  #: of those that have it, the share it is predicted for; Wilson interval


@dataclass(frozen=True)
class NumberScore:
    """Of several numbers, how far off one is; None where it is undefined."""

    name: str
    error: Estimate | None  #: mean absolute error, in the number's unit
    explained: Estimate | None  #: R2, at most 1; 0 is as good as always saying the mean


def figures(task: Task, samples: pd.DataFrame) -> list[Figure]:
    """Those of the task's kind that have a meaning for these samples.

    - one label: accuracy; any number of labels: the share of samples of which all labels are right;
    - a number, or several: mean absolute error, and R2 (of several the mean over those that vary);
    - positions: the share of all positions that is right, with an interval over samples;
    - other: none.
    """
    make = _MAKERS.get(task.kind)
    return list(make(task, samples)) if make and len(samples) else []


def figure_names(kind: Kind) -> tuple[str, ...]:
    """Of all figures that a kind of task may have, in order."""
    return _NAMES.get(kind, ())


def accuracy(samples: pd.DataFrame) -> Estimate | None:
    """Share of the labelled samples whose prediction is the ground truth."""
    known = samples[samples["ground_truth"].notna() & samples["prediction"].notna()]
    if known.empty:
        return None
    right = int((known["ground_truth"] == known["prediction"]).sum())
    return Estimate(right / len(known), *wilson_interval(right, len(known)))


def label_scores(task: Task, samples: pd.DataFrame) -> list[LabelScore]:
    """Of a task of any number of labels; a label is predicted where its probability is one half or more."""
    found = []
    for label in task.labels if task.kind == "multi-label" else ():
        truth, given = _floats(samples, f"label_truth_{label}"), _floats(samples, f"label_probability_{label}")
        known = np.isfinite(truth) & np.isfinite(given)
        is_right, is_said = truth[known] == 1, given[known] >= 0.5
        hits = int((is_right & is_said).sum())
        found.append(
            LabelScore(label, int(is_right.sum()), _share(hits, int(is_said.sum())), _share(hits, int(is_right.sum())))
        )
    return found


def number_scores(task: Task, samples: pd.DataFrame) -> list[NumberScore]:
    """Of a task of several numbers."""
    pairs = {name: (_floats(samples, f"true_{name}"), _floats(samples, f"predicted_{name}")) for name in task.numbers}
    return [NumberScore(name, mean_error(*pair), explained(*pair)) for name, pair in pairs.items()]


def mean_error(truth: Floats, said: Floats) -> Estimate | None:
    """Mean absolute error of the pairs that are known."""
    return _mean(np.abs(truth - said))


def explained(truth: Floats, said: Floats) -> Estimate | None:
    """R2, the share of the truth's variance that the predictions explain: 1 - sum of squared errors / sum of squares.

    None with fewer than two known pairs, and where the truth does not vary.
    """
    known = np.isfinite(truth) & np.isfinite(said)
    truth, said = truth[known], said[known]
    if len(truth) < 2 or np.ptp(truth) == 0:
        return None
    errors, spread = (truth - said) ** 2, (truth - truth.mean()) ** 2
    low, high = ratio_interval(errors, spread)
    return Estimate(float(1 - errors.sum() / spread.sum()), 1 - high, 1 - low)


def _of_label(_task: Task, samples: pd.DataFrame) -> Iterator[Figure]:
    if (right := accuracy(samples)) is not None:
        yield Figure(ACCURACY, right, is_share=True)


def _of_labels(_task: Task, samples: pd.DataFrame) -> Iterator[Figure]:
    if (right := accuracy(samples)) is not None:
        yield Figure(SUBSET_ACCURACY, right, is_share=True)


def _of_number(_task: Task, samples: pd.DataFrame) -> Iterator[Figure]:
    truth, said = _floats(samples, "ground_truth"), _floats(samples, "prediction")
    if (error := mean_error(truth, said)) is not None:
        yield Figure(ERROR, error)
    if (share := explained(truth, said)) is not None:
        yield Figure(EXPLAINED, share)


def _of_numbers(task: Task, samples: pd.DataFrame) -> Iterator[Figure]:
    if (error := _mean(_floats(samples, "absolute_error"))) is not None:
        yield Figure(ERROR, error)
    shares = [one.explained for one in number_scores(task, samples) if one.explained is not None]
    if shares:
        mean = float(np.mean([one.value for one in shares]))
        yield Figure(EXPLAINED, Estimate(mean, float("nan"), float("nan")))


def _of_positions(_task: Task, samples: pd.DataFrame) -> Iterator[Figure]:
    count, right = _floats(samples, "positions"), _floats(samples, "position_accuracy")
    known = (count > 0) & np.isfinite(right)
    if known.any():
        hits = count[known] * right[known]
        share = float(hits.sum() / count[known].sum())
        yield Figure(POSITION_ACCURACY, Estimate(share, *ratio_interval(hits, count[known])), is_share=True)


def _share(hits: int, count: int) -> Estimate | None:
    return Estimate(hits / count, *wilson_interval(hits, count)) if count else None


def _mean(values: Floats) -> Estimate | None:
    known = values[np.isfinite(values)]
    return Estimate(float(known.mean()), *mean_interval(known)) if len(known) else None


def _floats(samples: pd.DataFrame, name: str) -> Floats:
    """[n], NaN where unknown or no number, and where the run has no such column."""
    if name not in samples.columns:
        return np.full(len(samples), np.nan)
    return pd.to_numeric(samples[name], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


ACCURACY = "accuracy"
SUBSET_ACCURACY = "all labels right"
ERROR = "mean absolute error"
EXPLAINED = "R2"
POSITION_ACCURACY = "accuracy by position"

_MAKERS: Mapping[Kind, Callable[[Task, pd.DataFrame], Iterator[Figure]]] = {
    "single-label": _of_label,
    "binary": _of_label,
    "multi-label": _of_labels,
    "regression": _of_number,
    "vector-regression": _of_numbers,
    "positions": _of_positions,
}
_NAMES: Mapping[Kind, tuple[str, ...]] = {
    "single-label": (ACCURACY,),
    "binary": (ACCURACY,),
    "multi-label": (SUBSET_ACCURACY,),
    "regression": (ERROR, EXPLAINED),
    "vector-regression": (ERROR, EXPLAINED),
    "positions": (POSITION_ACCURACY,),
}
