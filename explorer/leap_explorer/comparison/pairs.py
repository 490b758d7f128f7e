"""The held-out samples that two runs are compared on, as arrays."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.comparison.matching import Matching, Rows, match
from leap_explorer.errors import ExplorerError
from leap_explorer.insights.change import Change, paired_mean, paired_share, unpaired_mean, unpaired_share
from leap_explorer.insights.rows import Mask, held_out, numbers, wrong

Floats = npt.NDArray[np.float64]
Metric = Literal["error", "loss"]
RowsOfBoth = tuple[Rows, Rows]

#: From this share of the smaller run's held-out samples on, the two runs are compared sample by sample.
_SHARED = 0.5


@dataclass(frozen=True)
class Side:
    """One run's held-out samples."""

    samples: pd.DataFrame

    @cached_property
    def held_out(self) -> Mask:
        return held_out(self.samples)

    @cached_property
    def loss(self) -> Floats:
        """[n], NaN where unknown."""
        return numbers(self.samples["loss"])

    @cached_property
    def error(self) -> Floats | None:
        """[n], 1 where the prediction is wrong, 0 where it is right, NaN where unknown; None of no classifier."""
        return wrong(self.samples)


@dataclass(frozen=True)
class Pairs:
    """Two runs, and the held-out samples that both have with the same ground truth."""

    base: Side
    new: Side
    matching: Matching

    @classmethod
    def of(cls, base: pd.DataFrame, new: pd.DataFrame) -> "Pairs":
        return cls(Side(base), Side(new), match(base, new))

    @cached_property
    def relabelled(self) -> Mask:
        """[pairs], those whose ground truth differs: they are compared in nothing."""
        truths = [
            side.samples["ground_truth"].iloc[rows].astype(object).where(lambda one: one.notna(), None).to_numpy()
            for side, rows in ((self.base, self.matching.base), (self.new, self.matching.new))
        ]
        return np.asarray(truths[0] != truths[1], dtype=bool)

    @cached_property
    def judged(self) -> Mask:
        """[pairs], those that are held out in both runs, and of one ground truth."""
        of_base = self.base.held_out[self.matching.base]
        return of_base & self.new.held_out[self.matching.new] & ~self.relabelled

    @cached_property
    def rows(self) -> RowsOfBoth:
        """Of either run the rows of the held-out samples: pair by pair, where it `is_paired`, else all that it has."""
        if self.is_paired:
            return self.matching.base[self.judged], self.matching.new[self.judged]
        return np.flatnonzero(self.base.held_out), np.flatnonzero(self.new.held_out)

    @cached_property
    def is_paired(self) -> bool:
        """Whether the runs share enough samples to be compared one by one."""
        fewest = min(int(self.base.held_out.sum()), int(self.new.held_out.sum()))
        return fewest > 0 and int(self.judged.sum()) >= _SHARED * fewest

    @property
    def are_classifiers(self) -> bool:
        return self.base.error is not None and self.new.error is not None

    def change(self, metric: Metric, rows: RowsOfBoth, level: float = 0.95) -> Change:
        """How the `error` rate, or the mean `loss`, changed in some of the held-out samples; `NOTHING` without any.

        Args:
            rows: as `rows` has them, or some of them.
        """
        values = [of[mine] for of, mine in zip(self.values(metric), rows, strict=True)]
        known = [np.isfinite(one) for one in values]
        if self.is_paired:
            known = [known[0] & known[1]] * 2
        compare = _COMPARE[metric, self.is_paired]
        return compare(values[0][known[0]], values[1][known[1]], level)

    def values(self, metric: Metric) -> tuple[Floats, Floats]:
        """Of all samples of either run.

        Raises:
            ExplorerError: the error is asked for of what is no classifier.
        """
        if metric == "loss":
            return self.base.loss, self.new.loss
        if self.base.error is None or self.new.error is None:
            raise ExplorerError("The predictions are neither right nor wrong: compare the loss instead.")
        return self.base.error, self.new.error


_COMPARE = {
    ("error", True): paired_share,
    ("error", False): unpaired_share,
    ("loss", True): paired_mean,
    ("loss", False): unpaired_mean,
}
