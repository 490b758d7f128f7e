"""Low performance: slices of the held-out samples that a model does worse on, found on one half of them."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.extras import require
from leap_explorer.insights.checks import status_quo
from leap_explorer.insights.comparisons import difference_evidence, welch
from leap_explorer.insights.filters import Condition, Filter, describe
from leap_explorer.insights.in_words import chance_sentence, cost_sentence, error_sentence, loss_sentence
from leap_explorer.insights.insight import Insight, new_insight, slug
from leap_explorer.insights.kind import Kind, Sentence, plain_sides, whole_title
from leap_explorer.insights.one_column import held_out_filter
from leap_explorer.insights.rows import Columns, finite_loss, held_out, wrong
from leap_explorer.insights.severity import removable
from leap_explorer.insights.wording import (
    capitalised,
    conditions_phrase,
    decimals,
    error_rate,
    of_total,
    share,
)
from leap_explorer.runs.words import ShownWords

if TYPE_CHECKING:
    from leap_explorer.insights.slices import FoundSlice

NAME = "low_performance"

#: The name under which other descriptions of a slice are told.
ALSO_SEEN = "Also seen as"

#: A topic is named by so many of its words.
_TOPIC_WORDS = 3


def find_low_performance(
    samples: pd.DataFrame,
    columns: Columns,
    cluster_names: Mapping[int, str] | None = None,
    words: ShownWords | None = None,
) -> list[Insight]:
    """The slices that `find_slices` finds, the largest share of the loss first; none tells what another one tells.

    Each is what one to three conditions have in common: a range of a metadata, one of its values, a label, a cluster, a
    topic, a word that is there or not. All figures are of the half that confirmed the slice, whose losses took no part
    in choosing it.

    Raises:
        NotApplicable: too few held-out samples have a loss, or a loss is infinite.
        ExplorerError: scikit-learn or scipy is not installed.
    """
    require("Looking for slices", "analysis")
    from leap_explorer.insights.slices import find_slices

    found = find_slices(samples, columns, words)
    told = [_insight(samples, columns, one, cluster_names or {}, words) for one in found]
    return sorted(told, key=lambda insight: -insight.severity)


def _insight(
    samples: pd.DataFrame,
    columns: Columns,
    found: "FoundSlice",
    cluster_names: Mapping[int, str],
    words: ShownWords | None,
) -> Insight:
    inside, outside = found.judged & found.rows, found.judged & ~found.rows
    loss, errors = finite_loss(samples), wrong(samples)
    severity = removable(loss, inside, found.judged)
    topic = ", ".join(one.term for one in found.words[:_TOPIC_WORDS])
    evidence = {
        "phrase": _phrase(found.conditions, columns, cluster_names, topic),
        **difference_evidence(welch(loss[inside], loss[outside])),
        "p_corrected": found.p,
        "confirmed_on": int(found.judged.sum()),
        "excess_loss_share": severity.value,
        "errors_inside": _errors(errors, inside),
        "errors_outside": _errors(errors, outside),
        "similar": [
            {
                "phrase": _phrase(one.conditions, columns, cluster_names, topic),
                "jaccard": one.jaccard,
                "filter": [condition.to_dict() for condition in one.conditions],
            }
            for one in found.similar
        ],
        "words": [{"term": one.term, "odds": one.value, "low": one.low, "high": one.high} for one in found.words],
    }
    conditions, id_parts = (*held_out_filter(samples), *found.conditions), list(map(_named, found.conditions))
    total = int(held_out(samples).sum())
    return new_insight(
        samples,
        NAME,
        id_parts,
        title=_title(evidence, found.n, total),
        severity=severity,
        n_total=total,
        conditions=conditions,
        evidence=evidence,
        distinguishing=found.distinguishing,
        test=status_quo(samples, slug(NAME, *id_parts), conditions, words=words),
        words=words,
    )


def _errors(errors: npt.NDArray[np.float64] | None, part: npt.NDArray[np.bool_]) -> dict[str, Any] | None:
    return error_rate(errors[part]) if errors is not None else None


def _named(condition: Condition) -> str:
    """A condition for an id: its column, and what it asks for where that is no number."""
    return f"{condition.column} {condition.value}" if isinstance(condition.value, str | bool) else condition.column


def _phrase(conditions: Filter, columns: Columns, cluster_names: Mapping[int, str], topic: str) -> str:
    """What the samples have in common; clusters and topics by their names too."""
    names = {
        "cluster": ", ".join(filter(None, (cluster_names.get(one.value) for one in _on(conditions, "cluster")))),
        "topic": topic if _on(conditions, "topic", "subtopic") else "",
    }
    told = "; ".join(filter(None, names.values()))
    phrase = conditions_phrase(conditions, columns)
    return f"{phrase} ({told})" if told else phrase


def _on(conditions: Filter, *names: str) -> list[Condition]:
    return [one for one in conditions if one.column in names]


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
    yield from _confirmed_sentence(insight)
    yield from _similar_sentence(insight)
    yield from _words_sentence(insight)


def _confirmed_sentence(insight: Insight) -> Iterator[Sentence]:
    if n := insight.evidence.get("confirmed_on"):
        text = f"Found on one half of the held-out samples; every figure is of the other {n:,}, which confirmed it."
        yield "Where it was measured", text


def _similar_sentence(insight: Insight) -> Iterator[Sentence]:
    """Other descriptions of nearly the same samples."""
    if found := insight.evidence.get("similar"):
        parts = [f"{one['phrase']} ({100 * one['jaccard']:.0f} % the same samples)" for one in found]
        yield ALSO_SEEN, "; ".join(parts) + "."


def _words_sentence(insight: Insight) -> Iterator[Sentence]:
    """The words that are more usual in the slice than elsewhere."""
    if found := insight.evidence.get("words"):
        yield "Its words", ", ".join(f"“{one['term']}”" for one in found) + "."


def _action(insight: Insight) -> str:
    what = insight.evidence.get("phrase") or describe(insight.filter)
    return f"collect or weight training samples like these {insight.n_samples:,} ({what})"


def _headline(insight: Insight) -> str:
    return _costs(insight.evidence) if "phrase" in insight.evidence else whole_title(insight)


LOW_PERFORMANCE = Kind(
    NAME,
    lambda subject: find_low_performance(subject.samples, subject.columns, subject.cluster_names, subject.words),
    _in_words,
    _action,
    headline=_headline,
)
