"""How a run did, subset by subset, with intervals."""

from dataclasses import dataclass

import pandas as pd

from leap_explorer.intervals import Estimate as Estimate
from leap_explorer.intervals import mean_interval
from leap_explorer.runs.figures import Figure, figures
from leap_explorer.runs.figures import accuracy as accuracy
from leap_explorer.runs.run import Run


@dataclass(frozen=True)
class SubsetSummary:
    """One subset of a run."""

    subset: str
    available: int  #: samples that the integration has
    evaluated: int  #: of them in the run
    failed: int  #: of those with an error
    figures: list[Figure]  #: those of its kind of task
    loss: Estimate | None  #: mean, bootstrap interval; None where nothing is labelled


def subset_summary(run: Run) -> list[SubsetSummary]:
    """Of each subset, in the run's order."""
    return [
        SubsetSummary(
            subset,
            counts.get("available", len(rows)),
            counts.get("evaluated", len(rows)),
            counts.get("failed", 0),
            figures(run.task, rows),
            mean_loss(rows),
        )
        for subset, counts in run.info["counts"].items()
        for rows in [run.samples[run.samples["subset"] == subset]]
    ]


def mean_loss(samples: pd.DataFrame) -> Estimate | None:
    """Over the samples that have one."""
    values = samples["loss"].astype("float64").dropna().to_numpy(dtype=float)
    return Estimate(float(values.mean()), *mean_interval(values)) if len(values) else None
