"""The kinds of insight there are."""

from collections.abc import Iterator

from leap_explorer.insights.data_leakage import DATA_LEAKAGE
from leap_explorer.insights.domain_gap import DOMAIN_GAP
from leap_explorer.insights.duplication import DUPLICATION
from leap_explorer.insights.filters import describe
from leap_explorer.insights.in_words import (
    chance_sentence,
    cost_sentence,
    error_sentence,
    loss_sentence,
    same_samples_sentence,
)
from leap_explorer.insights.insight import Insight
from leap_explorer.insights.kind import Kind, Sentence, plain_sides
from leap_explorer.insights.low_performance import LOW_PERFORMANCE
from leap_explorer.insights.mislabeled import MISLABELED
from leap_explorer.insights.out_of_distribution import OUT_OF_DISTRIBUTION
from leap_explorer.insights.over_fitting import OVER_FITTING
from leap_explorer.insights.robustness import ROBUSTNESS

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        LOW_PERFORMANCE,
        OVER_FITTING,
        OUT_OF_DISTRIBUTION,
        DUPLICATION,
        DATA_LEAKAGE,
        DOMAIN_GAP,
        MISLABELED,
        ROBUSTNESS,
    )
}


def kind_of(insight: Insight) -> Kind:
    """The insight's kind; one that shows what all kinds share for a run that knows kinds that this version does not."""
    name = insight.subkind or insight.kind
    return KINDS.get(name) or Kind(name, lambda _subject: [], _shared_in_words, _look)


def evidence_in_words(insight: Insight) -> list[Sentence]:
    """(name, sentence) of each piece of evidence that is there."""
    return [*kind_of(insight).in_words(insight), *same_samples_sentence(insight)]


def _shared_in_words(insight: Insight) -> Iterator[Sentence]:
    yield from loss_sentence(insight, plain_sides(insight))
    yield from error_sentence(insight, plain_sides(insight))
    yield from cost_sentence(insight)
    yield from chance_sentence(insight)


def _look(insight: Insight) -> str:
    return f"look at the {insight.n_samples:,} samples where {describe(insight.filter)}"
