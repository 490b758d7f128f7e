"""Every kind of insight of a run, in one ranking."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import pandas as pd

from leap_explorer.insights.data_leakage import find_data_leakage
from leap_explorer.insights.domain_gap import find_domain_gaps
from leap_explorer.insights.duplication import Signatures, find_duplication
from leap_explorer.insights.insight import Insight
from leap_explorer.insights.low_performance import find_low_performance
from leap_explorer.insights.mislabeled import find_mislabeled
from leap_explorer.insights.out_of_distribution import find_out_of_distribution
from leap_explorer.insights.over_fitting import find_over_fitting
from leap_explorer.insights.rows import Columns, NotApplicable


class Findings(NamedTuple):
    """The insights, the most severe first, and the kinds that the data did not allow, each with its reason."""

    insights: list[Insight]
    skipped: dict[str, str]


def find_insights(
    samples: pd.DataFrame,
    columns: Columns,
    signatures: Signatures | None = None,
    out_of_sample: pd.DataFrame | None = None,
    domain: str = "subset",
    cluster_names: Mapping[int, str] | None = None,
) -> Findings:
    """Look for every kind of insight.

    `columns` says what each column of `samples` is (as in run.json), `signatures` [samples, 128] are those of near-
    identical inputs, `out_of_sample` has probabilities of training samples (see `label_issues`), `domain` is the column
    whose parts are compared, and `cluster_names` are for titles.

    Raises:
        ExplorerError: there is no column `domain`, or `out_of_sample` lacks a column.
    """
    kinds: dict[str, Callable[[], list[Insight]]] = {
        "low_performance": partial(find_low_performance, samples, columns, cluster_names),
        "over_fitting": partial(find_over_fitting, samples),
        "out_of_distribution": partial(find_out_of_distribution, samples, columns),
        "duplication": partial(find_duplication, samples, signatures),
        "data_leakage": partial(find_data_leakage, samples, signatures),
        "domain_gap": partial(find_domain_gaps, samples, columns, domain),
        "mislabeled": partial(find_mislabeled, samples, columns, out_of_sample),
    }
    insights: list[Insight] = []
    skipped: dict[str, str] = {}
    for kind, find in kinds.items():
        try:
            insights += find()
        except NotApplicable as reason:
            skipped[kind] = str(reason)
    return Findings(_with_ids_of_their_own(sorted(insights, key=lambda one: (-one.severity, one.id))), skipped)


def _with_ids_of_their_own(insights: list[Insight]) -> list[Insight]:
    """Number the ids that several insights share, as values that differ in punctuation alone make them."""
    seen: dict[str, int] = {}
    named = []
    for insight in insights:
        seen[insight.id] = seen.get(insight.id, 0) + 1
        count = seen[insight.id]
        named.append(insight if count == 1 else replace(insight, id=f"{insight.id}-{count}"))
    return named
