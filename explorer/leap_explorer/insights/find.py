"""Every kind of insight of a run, in one ranking."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from leap_explorer.insights.duplication import Signatures
from leap_explorer.insights.insight import Insight
from leap_explorer.insights.kind import Subject
from leap_explorer.insights.kinds import KINDS
from leap_explorer.insights.rows import Columns, NotApplicable
from leap_explorer.runs.words import ShownWords


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
    words: ShownWords | None = None,
) -> Findings:
    """Look for every kind of insight in what `Subject` describes.

    Raises:
        ExplorerError: there is no column `domain`, or `out_of_sample` lacks a column.
    """
    subject = Subject(samples, columns, signatures, out_of_sample, domain, cluster_names or {}, words)
    insights: list[Insight] = []
    skipped: dict[str, str] = {}
    for name, kind in KINDS.items():
        try:
            insights += kind.find(subject)
        except NotApplicable as reason:
            skipped[name] = str(reason)
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
