"""What models say of samples that they have not learned from: each of them, and all on average.

One model's doubt about a label may be its own mistake; models that differ rarely make the same one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.errors import ExplorerError
from leap_explorer.insights.probabilities import PREFIX, labels_of, normalised, probabilities
from leap_explorer.insights.rows import TRAINING, Mask, NotApplicable, evaluated, in_subset, numbers, type_of

Floats = npt.NDArray[np.float64]

THE_MODEL = "the run's model"
CROSS_VALIDATED = "cross-validated"

_ROUNDING = 1e-6
_LEAST_AGREEMENT = 0.8  # of ground truths under one id: labels may have been corrected, but not many of them


@dataclass(frozen=True)
class Judge:
    """A run whose probabilities may speak of the labels of another one's samples."""

    name: str
    samples: pd.DataFrame
    out_of_sample: pd.DataFrame | None = None


@dataclass(frozen=True)
class Opinions:
    """What each model says of the labels of `n` samples, where it has not learned from them."""

    names: list[str]  #: of the models that say anything
    of_each: Floats  #: [models, n, labels], NaN where a model has nothing to say

    @cached_property
    def given(self) -> Mask:
        """[models, n], which samples each model says something of."""
        return np.asarray(~np.isnan(self.of_each).any(axis=2))

    @cached_property
    def mean(self) -> Floats:
        """[n, labels], the mean probabilities of all that say something; NaN where nobody does."""
        count = self.given.sum(axis=0)[:, None]
        total = np.where(self.given[:, :, None], self.of_each, 0.0).sum(axis=0)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    def by_who_judges(self, apart: Mask) -> Iterator[npt.NDArray[np.intp]]:
        """Rows of the samples that the same models judge, those that are `apart` [n] by themselves."""
        pattern = np.concatenate([self.given, apart[None]]).T
        judged = self.given.any(axis=0)
        for one in np.unique(pattern[judged], axis=0)[::-1]:
            yield np.flatnonzero((pattern == one).all(axis=1) & judged)

    def who_judges(self, row: int) -> list[str]:
        """The names of those that say something of a sample."""
        return [name for name, given in zip(self.names, self.given[:, row], strict=True) if given]


def opinions(own: Judge, others: Iterable[Judge] = ()) -> Opinions:
    """What the models of some runs say of the labels of the first one's samples.

    A run's own probabilities count where the sample is of no training subset, those in its `out_of_sample` where it is.
    Of another run those samples count that have an id and the ground truth in common with the first one's.

    Raises:
        NotApplicable: the first run is no classifier's.
        ExplorerError: a table of out-of-sample probabilities lacks a column, or holds no probabilities.
    """
    labels = labels_of(own.samples)
    judged = labelled(own.samples)
    names, found = [], []
    for judge in (own, *others):
        if judge is not own and set(labels_of(judge.samples)) != set(labels):
            continue
        rows = np.arange(len(own.samples)) if judge is own else _rows_in(judge.samples, own.samples)
        is_there = (rows >= 0) & judged
        for name, values in _unseen(judge, labels).items():
            aligned = np.full((len(rows), len(labels)), np.nan)
            aligned[is_there] = values[rows[is_there]]
            if not np.isnan(aligned).all():
                names.append(name)
                found.append(aligned)
    return Opinions(names, np.array(found).reshape(len(found), len(own.samples), len(labels)))


def labelled(samples: pd.DataFrame) -> Mask:
    """Evaluated samples whose ground truth is one of the classifier's labels.

    Raises:
        NotApplicable: the run is no classifier's.
    """
    labels = labels_of(samples)
    if len(labels) < 2 or "ground_truth" not in samples.columns or type_of(samples["ground_truth"]) != "string":
        raise NotApplicable("the model is no classifier with a probability for each label")
    return evaluated(samples) & samples["ground_truth"].isin(labels).to_numpy(dtype=bool)


def check_out_of_sample(table: pd.DataFrame, labels: Sequence[str]) -> None:
    """Make sure that the table has an `id` and a number for the probability of each label.

    Raises:
        ExplorerError: it lacks a column, or one holds something else than numbers from 0 to 1.
    """
    names = [PREFIX + label for label in labels]
    if missing := {"id", *names} - set(table.columns):
        raise ExplorerError(f"The table of out-of-sample probabilities lacks {', '.join(sorted(missing))}.")
    for name in names:
        if not pd.api.types.is_numeric_dtype(table[name]):
            raise ExplorerError(f"The table of out-of-sample probabilities holds no numbers under {name}.")
        values = numbers(table[name])
        if (outside := values[(values < -_ROUNDING) | (values > 1 + _ROUNDING)]).size:
            raise ExplorerError(
                f"The table of out-of-sample probabilities holds {outside[0]:g} under {name}, which is not from 0 to 1."
            )


def _unseen(judge: Judge, labels: list[str]) -> dict[str, Floats]:
    """By name [n, labels], what a run's model says and what a cross-validated one; NaN where it has learned."""
    training, is_known = in_subset(judge.samples, TRAINING), evaluated(judge.samples)
    found = {judge.name: _only(probabilities(judge.samples, labels), is_known & ~training)}
    if judge.out_of_sample is not None:
        check_out_of_sample(judge.out_of_sample, labels)
        table = judge.out_of_sample.drop_duplicates("id").set_index("id").reindex(judge.samples["id"])
        found[f"{judge.name}, {CROSS_VALIDATED}"] = _only(probabilities(table, labels), is_known & training)
    return found


def _only(values: Floats, rows: Mask) -> Floats:
    """The complete rows among `rows`, whose sums, which rounding made differ from 1, are 1; NaN elsewhere."""
    is_complete = rows & ~np.isnan(values).any(axis=1)
    return np.where(is_complete[:, None], normalised(values), np.nan)


def _rows_in(others: pd.DataFrame, samples: pd.DataFrame) -> npt.NDArray[np.intp]:
    """[n], the row of each sample among `others`: that of its id, if it is one, and has the same ground truth; else -1.

    None is anywhere where ids agree and ground truths do not: they are of other data, numbered alike.
    """
    if "ground_truth" not in others.columns:
        return np.full(len(samples), -1)
    ids, sought = others["id"].astype(str), samples["id"].astype(str)
    rows = pd.Series(np.arange(len(ids)), ids)[~ids.duplicated(keep=False).to_numpy()]
    found = rows.reindex(sought).fillna(-1).to_numpy(dtype=np.intp)
    shared = (found >= 0) & ~sought.duplicated(keep=False).to_numpy() & labelled(samples)
    truth = others["ground_truth"].astype("string").take(np.maximum(found, 0)).reset_index(drop=True)
    is_same = (truth == samples["ground_truth"].astype("string").reset_index(drop=True)).fillna(False)
    is_one = shared & is_same.to_numpy(dtype=bool)
    are_the_same_data = is_one.sum() >= _LEAST_AGREEMENT * shared.sum()
    return np.where(is_one & are_the_same_data, found, -1)
