"""Low performance: parts of the held-out samples whose loss is higher than that of the rest, beyond chance."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.insights.checks import status_quo
from leap_explorer.insights.comparisons import SIGNIFICANCE, Difference, difference_evidence, holm, welch
from leap_explorer.insights.distinguishing import distinguishing_metadata
from leap_explorer.insights.filters import describe
from leap_explorer.insights.in_words import chance_sentence, cost_sentence, error_sentence, loss_sentence
from leap_explorer.insights.insight import Insight, new_insight, slug
from leap_explorer.insights.kind import Kind, Sentence, plain_sides, whole_title
from leap_explorer.insights.one_column import Slice, held_out_filter, slices
from leap_explorer.insights.rows import Columns, Mask, NotApplicable, finite_loss, held_out, wrong
from leap_explorer.insights.severity import removable
from leap_explorer.insights.wording import (
    capitalised,
    conditions_phrase,
    decimals,
    error_rate,
    of_total,
    share,
)

NAME = "low_performance"


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
    phrase, severity = _phrase(part, columns, cluster_names), removable(loss, part.mask, within)
    conditions = (*held_out_filter(samples), *part.conditions)
    evidence = {
        "phrase": phrase,
        **difference_evidence(compared.difference),
        "p_value": compared.difference.p,
        "p_corrected": compared.p_corrected,
        "comparisons": compared.comparisons,
        "excess_loss_share": severity.value,
        "errors_inside": error_rate(errors[part.mask]) if errors is not None else None,
        "errors_outside": error_rate(errors[rest]) if errors is not None else None,
    }
    n, total = int(part.mask.sum()), int(within.sum())
    return new_insight(
        samples,
        NAME,
        (part.column, part.name),
        title=_title(evidence, n, total),
        severity=severity,
        n_total=total,
        conditions=conditions,
        evidence=evidence,
        distinguishing=distinguishing_metadata(samples, part.mask, rest, columns, without=[part.column]),
        test=status_quo(samples, slug(NAME, part.column, part.name), conditions),
    )


def _phrase(part: Slice, columns: Columns, cluster_names: Mapping[int, str]) -> str:
    """What the samples have in common; a cluster by its name too."""
    phrase = conditions_phrase(part.conditions, columns)
    name = cluster_names.get(part.conditions[0].value) if part.column == "cluster" else None
    return f"{phrase} ({name})" if name else phrase


def _title(evidence: Mapping[str, Any], n: int, total: int) -> str:
    """Such as `Polarity 0.07-0.14 costs 61 % more loss: ...`."""
    inside, outside = evidence["errors_inside"], evidence["errors_outside"]
    wrongly = (
        f", and {share(inside['errors'], inside['n'])} wrong against {share(outside['errors'], outside['n'])}"
        if inside and outside
        else ""
    )
    means = f"{decimals(evidence['loss_inside'])} on average against {decimals(evidence['loss_outside'])} elsewhere"
    return f"{_costs(evidence)}: {means}{wrongly} ({of_total(n, total)} held-out samples)."


def _costs(evidence: Mapping[str, Any]) -> str:
    return f"{capitalised(evidence['phrase'])} costs {_more(evidence)} loss"


def _more(evidence: Mapping[str, Any]) -> str:
    """`61 % more`, or from three times on `4.2 times the`."""
    here, there = evidence["loss_inside"], evidence["loss_outside"]
    if there <= 0:
        return "more"
    return f"{100 * (here / there - 1):.0f} % more" if here < 3 * there else f"{here / there:.1f} times the"


def _in_words(insight: Insight) -> Iterator[Sentence]:
    sides = plain_sides(insight)
    yield from loss_sentence(insight, sides)
    yield from error_sentence(insight, sides)
    yield from cost_sentence(insight)
    yield from chance_sentence(insight)


def _action(insight: Insight) -> str:
    what = insight.evidence.get("phrase") or describe(insight.filter)
    return f"collect or weight training samples like these {insight.n_samples:,} ({what})"


def _headline(insight: Insight) -> str:
    return _costs(insight.evidence) if "phrase" in insight.evidence else whole_title(insight)


LOW_PERFORMANCE = Kind(
    NAME,
    lambda subject: find_low_performance(subject.samples, subject.columns, subject.cluster_names),
    _in_words,
    _action,
    headline=_headline,
)
