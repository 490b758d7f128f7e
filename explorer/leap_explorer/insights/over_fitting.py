"""Over-fitting: the held-out samples are answered worse than those that the model was trained on."""

from typing import Any

import numpy as np
import pandas as pd

from leap_explorer.insights.checks import status_quo
from leap_explorer.insights.comparisons import SIGNIFICANCE, welch
from leap_explorer.insights.insight import Insight, new_insight, slug
from leap_explorer.insights.low_performance import KIND, difference_evidence
from leap_explorer.insights.rows import (
    TRAINING,
    Mask,
    NotApplicable,
    finite_loss,
    held_out,
    in_subset,
    known,
    numbers,
    wrong,
)
from leap_explorer.insights.slices import SMALLEST_SLICE, held_out_filter
from leap_explorer.insights.wording import decimals, error_rate, of_total, share

SUBKIND = "over_fitting"

#: Clusters that the evidence names, those with the widest gap.
_CLUSTERS = 3


def find_over_fitting(samples: pd.DataFrame) -> list[Insight]:
    """One insight if the mean held-out loss is significantly above the mean training loss (Welch's test, p < 0.05).

    Raises:
        NotApplicable: there is no training or no held-out sample with a loss, or a loss is infinite.
    """
    training = in_subset(samples, TRAINING) & known(samples, "loss")
    others = held_out(samples)
    if not training.any() or not others.any():
        raise NotApplicable("it takes both training and other samples with a loss")
    loss = finite_loss(samples)
    difference = welch(loss[others], loss[training])
    if not (difference.value > 0 and difference.p < SIGNIFICANCE):
        return []
    conditions, n = held_out_filter(samples), int(others.sum())
    errors = _errors(samples, others, training)
    evidence = {
        **difference_evidence(difference),
        "p_value": difference.p,
        "comparisons": 1,
        "n_training": int(training.sum()),
        "errors_inside": errors[0],
        "errors_outside": errors[1],
        "error_difference": _error_difference(samples, others, training),
        "widest_clusters": _widest_clusters(samples, others, training),
    }
    return [
        new_insight(
            samples,
            KIND,
            (SUBKIND,),
            subkind=SUBKIND,
            title=_title(evidence, n, int(training.sum())),
            severity=difference.value / difference.inside if difference.inside > 0 else 0.0,
            n_total=n,
            conditions=conditions,
            evidence=evidence,
            test=status_quo(samples, slug(KIND, SUBKIND), conditions),
        )
    ]


def _errors(samples: pd.DataFrame, *masks: Mask) -> list[dict[str, Any] | None]:
    errors = wrong(samples)
    return [error_rate(errors[mask]) if errors is not None else None for mask in masks]


def _error_difference(samples: pd.DataFrame, others: Mask, training: Mask) -> dict[str, float] | None:
    """Held-out less training error rate, with Welch's 95 % interval; None for what is no classifier."""
    errors = wrong(samples)
    if errors is None:
        return None
    judged = ~np.isnan(errors)
    difference = welch(errors[others & judged], errors[training & judged])
    return {"value": difference.value, "low": difference.low, "high": difference.high}


def _widest_clusters(samples: pd.DataFrame, others: Mask, training: Mask) -> list[dict[str, Any]]:
    """The clusters with the widest gap between held-out and training loss, of those with enough samples of both."""
    if "cluster" not in samples.columns:
        return []
    loss, cluster = numbers(samples["loss"]), numbers(samples["cluster"])
    rows = []
    for number in np.unique(cluster[~np.isnan(cluster)]):
        held, trained = others & (cluster == number), training & (cluster == number)
        if min(held.sum(), trained.sum()) >= SMALLEST_SLICE:
            difference = welch(loss[held], loss[trained])
            counts = {"cluster": int(number), "n_held_out": int(held.sum()), "n_training": int(trained.sum())}
            rows.append({**counts, **difference_evidence(difference)})
    return sorted(rows, key=lambda row: -row["difference"]["value"])[:_CLUSTERS]


def _title(evidence: dict[str, Any], n: int, n_training: int) -> str:
    inside, outside = evidence["errors_inside"], evidence["errors_outside"]
    wrongly = (
        f", and {share(inside['errors'], inside['n'])} are wrong against {share(outside['errors'], outside['n'])}"
        if inside and outside
        else ""
    )
    return (
        "The model does better on what it was trained on: the mean loss of held-out samples is "
        f"{decimals(evidence['loss_inside'])}, that of training samples {decimals(evidence['loss_outside'])}{wrongly} "
        f"({of_total(n, n)} held-out and {n_training:,} training samples)."
    )
