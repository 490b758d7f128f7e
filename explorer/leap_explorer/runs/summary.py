"""How a run did, subset by subset, with intervals."""

from dataclasses import dataclass

import pandas as pd

from leap_explorer.intervals import Estimate as Estimate
from leap_explorer.intervals import mean_interval, wilson_interval
from leap_explorer.runs.run import Run


@dataclass(frozen=True)
class SubsetSummary:
    """One subset of a run."""

    subset: str
    available: int  #: samples that the integration has
    evaluated: int  #: of them in the run
    failed: int  #: of those with an error
    accuracy: Estimate | None  #: share of right predictions, 0-1, Wilson interval; None where nothing is labelled
    loss: Estimate | None  #: mean, bootstrap interval; None where nothing is labelled


def subset_summary(run: Run) -> list[SubsetSummary]:
    """Of each subset, in the run's order."""
    return [
        SubsetSummary(
            subset,
            counts["available"],
            counts["evaluated"],
            counts["failed"],
            accuracy(rows) if run.info["labels"] else None,
            mean_loss(rows),
        )
        for subset, counts in run.info["counts"].items()
        for rows in [run.samples[run.samples["subset"] == subset]]
    ]


def accuracy(samples: pd.DataFrame) -> Estimate | None:
    """Share of the labelled samples whose prediction is the ground truth."""
    known = samples[samples["ground_truth"].notna() & samples["prediction"].notna()]
    if known.empty:
        return None
    right = int((known["ground_truth"] == known["prediction"]).sum())
    return Estimate(right / len(known), *wilson_interval(right, len(known)))


def mean_loss(samples: pd.DataFrame) -> Estimate | None:
    """Over the samples that have one."""
    values = samples["loss"].astype("float64").dropna().to_numpy(dtype=float)
    return Estimate(float(values.mean()), *mean_interval(values)) if len(values) else None
