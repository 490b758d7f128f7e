"""Every kind of insight of a run, in one ranking."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from leap_explorer.insights.duplication import Signatures
from leap_explorer.insights.filters import describe, select
from leap_explorer.insights.in_words import SAME_SAMPLES
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
    """Look for every kind of insight in what `Subject` describes; those of a kind and of the same samples are one.

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
    ranked = sorted(insights, key=lambda one: (-one.severity, one.id))
    return Findings(_with_ids_of_their_own(_merged(samples, ranked, words)), skipped)


def _merged(samples: pd.DataFrame, ranked: list[Insight], words: ShownWords | None) -> list[Insight]:
    """One insight for those of a kind that are of the very same samples; its evidence names what the others are of."""
    of_rows: dict[tuple[str, str | None, bytes], list[Insight]] = {}
    for insight in ranked:
        rows = np.packbits(select(samples, insight.filter, words)).tobytes()
        of_rows.setdefault((insight.kind, insight.subkind, rows), []).append(insight)
    return [
        replace(first, evidence={**first.evidence, SAME_SAMPLES: [_named(one) for one in others]}) if others else first
        for first, *others in of_rows.values()
    ]


def _named(insight: Insight) -> str:
    return str(insight.evidence.get("phrase") or describe(insight.filter))


def _with_ids_of_their_own(insights: list[Insight]) -> list[Insight]:
    """Number the ids that several insights share, as values that differ in punctuation alone make them."""
    seen: dict[str, int] = {}
    named = []
    for insight in insights:
        seen[insight.id] = seen.get(insight.id, 0) + 1
        count = seen[insight.id]
        named.append(insight if count == 1 else replace(insight, id=f"{insight.id}-{count}"))
    return named
