"""How a model stands when samples change: each simulation's samples compared with what they are made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leap_explorer.comparison.compare import Comparison, compare
from leap_explorer.comparison.sentences import in_words, p_in_words
from leap_explorer.intervals import Estimate
from leap_explorer.runs.figures import accuracy
from leap_explorer.runs.run import Run
from leap_explorer.runs.simulated import Rows, as_two_runs, changes_of

#: Titles of the columns of `robustness_rows`.
TITLES = ("change", "samples", "accuracy", "error rate", "p", "loss", "flips")


@dataclass(frozen=True)
class Robustness:
    """What a change does to a model."""

    change: str  #: such as `typos:rate=0.05,kind=all`
    n: int  #: simulated samples
    accuracy: Estimate | None  #: of them; None of what is no classifier
    comparison: Comparison | None  #: from the originals to the changed samples; None without originals

    @property
    def flips(self) -> int | None:
        """Predictions that differ from the original's; None without originals."""
        if self.comparison is None:
            return None
        base, new = self.comparison.runs.pairs.rows
        said = [
            side["prediction"].iloc[rows].astype(str).to_numpy()
            for side, rows in (
                (self.comparison.runs.base.samples, base),
                (self.comparison.runs.new.samples, new),
            )
        ]
        return int(np.count_nonzero(said[0] != said[1]))


def robustness(run: Run) -> list[Robustness]:
    """Of each change among the run's simulated samples, in the run's order.

    Samples are paired with their originals where ids say so (`SOURCE~CHANGE`).
    """
    return [_of(run, change, rows) for change, rows in changes_of(run.samples).items()]


def _of(run: Run, change: str, rows: Rows) -> Robustness:
    base, new = as_two_runs(run, change, rows)
    comparison = compare(base, new) if len(new.samples) else None
    right = accuracy(run.samples.iloc[rows]) if run.task.is_classifier else None
    return Robustness(change, len(rows), right, comparison)


def robustness_rows(found: Sequence[Robustness]) -> list[tuple[str, ...]]:
    """Cells of a table, a row for each change; differences are of the same samples (McNemar, paired t)."""
    return [
        (
            one.change,
            f"{one.n:,}",
            one.accuracy.text(percent=True) if one.accuracy else "",
            *_paired(one),
            "" if one.flips is None else f"{one.flips:,}",
        )
        for one in found
    ]


def hardest_hit(one: Robustness) -> str:
    """The slice in which the change surely costs most; empty where there is none."""
    sure = one.comparison.sure(is_worse=True) if one.comparison else []
    if not sure or one.comparison is None:
        return ""
    worst = max(sure, key=lambda slice_: slice_.change.value)
    size = in_words(worst.change, one.comparison.metric == "error")
    return f"{one.change} costs most where {worst.slice.name}: {size}, {len(worst.slice.rows[0]):,} samples."


def _paired(one: Robustness) -> tuple[str, str, str]:
    found = one.comparison
    if found is None:
        return "", "", ""
    error = (in_words(found.error, True), p_in_words(found.error.p)) if found.error else ("", "")
    return *error, in_words(found.loss, False)
