"""Low performance: parts of the held-out samples whose loss is higher than that of the rest, beyond chance."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.insights.checks import status_quo
from leap_explorer.insights.comparisons import SIGNIFICANCE, Difference, excess_share, holm, welch
from leap_explorer.insights.distinguishing import distinguishing_metadata
from leap_explorer.insights.filters import describe
from leap_explorer.insights.insight import Insight, new_insight, slug
from leap_explorer.insights.rows import Columns, Mask, NotApplicable, finite_loss, held_out, wrong
from leap_explorer.insights.slices import Slice, held_out_filter, slices
from leap_explorer.insights.wording import decimals, error_rate, of_total, share

KIND = "low_performance"


@dataclass(frozen=True)
class _Compared:
    part: Slice
    difference: Difference
    p_corrected: float
    comparisons: int


def find_low_performance(
    samples: pd.DataFrame, columns: Columns, cluster_names: Mapping[int, str] | None = None
) -> list[Insight]:
    """Clusters, classes, metadata ranges and values whose mean loss is significantly above the other held-out samples'.

    Significant: Welch's t-test, two-sided, p < 0.05 after Holm's correction over all parts that were compared. The
    worst first, by their excess share of the loss. Parts may overlap.

    Raises:
        NotApplicable: no held-out sample has a loss, or a loss is infinite.
    """
    within = held_out(samples)
    if not within.any():
        raise NotApplicable("no labelled sample outside the training subset has a loss")
    loss, errors = finite_loss(samples), wrong(samples)
    compared = _compare(slices(samples, columns, within), loss, within)
    found = [
        _insight(samples, columns, one, within, loss, errors, cluster_names or {})
        for one in compared
        if one.difference.value > 0 and one.p_corrected < SIGNIFICANCE
    ]
    return sorted(found, key=lambda insight: -insight.severity)


def _compare(candidates: list[Slice], loss: npt.NDArray[np.float64], within: Mask) -> list[_Compared]:
    differences = [welch(loss[part.mask], loss[within & ~part.mask]) for part in candidates]
    corrected = holm([difference.p for difference in differences])
    return [
        _Compared(part, difference, float(p), len(candidates))
        for part, difference, p in zip(candidates, differences, corrected, strict=True)
    ]


def _insight(
    samples: pd.DataFrame,
    columns: Columns,
    compared: _Compared,
    within: Mask,
    loss: npt.NDArray[np.float64],
    errors: npt.NDArray[np.float64] | None,
    cluster_names: Mapping[int, str],
) -> Insight:
    part, rest = compared.part, within & ~compared.part.mask
    name = _name(part, cluster_names)
    conditions = (*held_out_filter(samples), *part.conditions)
    evidence = {
        **difference_evidence(compared.difference),
        "p_value": compared.difference.p,
        "p_corrected": compared.p_corrected,
        "comparisons": compared.comparisons,
        "excess_loss_share": excess_share(loss[part.mask], loss[within]),
        "errors_inside": error_rate(errors[part.mask]) if errors is not None else None,
        "errors_outside": error_rate(errors[rest]) if errors is not None else None,
    }
    n, total = int(part.mask.sum()), int(within.sum())
    return new_insight(
        samples,
        KIND,
        (part.column, part.name),
        title=_title(name, evidence, n, total),
        severity=evidence["excess_loss_share"],
        n_total=total,
        conditions=conditions,
        evidence=evidence,
        distinguishing=distinguishing_metadata(samples, part.mask, rest, columns, without=[part.column]),
        test=status_quo(samples, slug(KIND, part.column, part.name), conditions),
    )


def difference_evidence(difference: Difference) -> dict[str, Any]:
    """Both mean losses and their difference with its 95 % interval (Welch's, of this comparison alone)."""
    return {
        "loss_inside": difference.inside,
        "loss_outside": difference.outside,
        "difference": {"value": difference.value, "low": difference.low, "high": difference.high},
    }


def _name(part: Slice, cluster_names: Mapping[int, str]) -> str:
    if part.column != "cluster":
        return describe(part.conditions)
    number = part.conditions[0].value
    return f"cluster is {number} ({cluster_names[number]})" if number in cluster_names else f"cluster is {number}"


def _title(name: str, evidence: Mapping[str, Any], n: int, total: int) -> str:
    inside, outside = evidence["errors_inside"], evidence["errors_outside"]
    wrongly = (
        f", and {share(inside['errors'], inside['n'])} wrong against {share(outside['errors'], outside['n'])}"
        if inside and outside
        else ""
    )
    return (
        f"Loss is higher where {name}: {decimals(evidence['loss_inside'])} on average against "
        f"{decimals(evidence['loss_outside'])} elsewhere{wrongly} ({of_total(n, total)} held-out samples)."
    )
