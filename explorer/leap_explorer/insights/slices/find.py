"""Where a model fails: slices of the held-out samples, none by chance and none twice."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

from leap_explorer.insights.rows import Columns, NotApplicable, column, finite_loss, held_out, numbers, wrong
from leap_explorer.insights.slices.confirm import SIGNIFICANCE, Confirmed, Effect, confirm
from leap_explorer.insights.slices.discover import discover
from leap_explorer.insights.slices.features import SMALLEST_SLICE, Feature, features
from leap_explorer.insights.slices.found import FoundSlice
from leap_explorer.insights.slices.giveaway import giveaways
from leap_explorer.insights.slices.half import Candidate, Half
from leap_explorer.insights.slices.score import search_outcome
from leap_explorer.insights.slices.space import Space
from leap_explorer.insights.slices.tables import Grids
from leap_explorer.insights.slices.tell import tell
from leap_explorer.insights.slices.topics import TOPICS, topic_numbers
from leap_explorer.insights.slices.word_index import WordIndex, index_words, no_words
from leap_explorer.runs.words import ShownWords

Floats = npt.NDArray[np.float64]
Words = WordIndex | ShownWords | Sequence[str | Sequence[str] | None] | None

#: Rows that propose slices at most; more of them, and as many drawn at random stand for the half.
_MOST_ROWS = 200_000


def find_slices(
    samples: pd.DataFrame,
    columns: Columns,
    words: Words = None,
    *,
    outcome: str = "loss",
    least: Effect | None = None,
    seed: int = 0,
) -> list[FoundSlice]:
    """The slices of the held-out samples that are answered worse than the others, the largest excess first.

    A slice is what one, two or three conditions have in common: a range of a metadata, one of its values or its
    absence, a label, a cluster, a topic, a word or phrase that is there or not. One random half of the samples proposes
    slices, and the other confirms them, both ways round. Where no column tells anything of the outcome, slices are
    found in 2 % of all cases.

    Args:
        samples: a run's samples, of which those with a loss that the model was not trained on are searched.
        columns: what the run says of each column; metadata, clusters, ground truth and prediction are searched.
        words: what each sample shows: an index, what a run keeps, or for each sample its text, its words in order, or
            None. Topics are made of them by `topic_numbers`, unless `samples` has a column `topic` or `subtopic`.
        outcome: the numeric column to be explained, higher is worse; or `error`, whether a prediction is wrong.
        least: the least effect that is worth telling.
        seed: decides which samples are in which half.

    Raises:
        NotApplicable: no sample is held out, a loss is infinite, or nothing divides the samples.
        ExplorerError: there is no column `outcome`.
    """
    within = np.flatnonzero(held_out(samples))
    if len(within) < 2 * SMALLEST_SLICE:
        known = f"{len(within):,} labelled samples outside the training subset have a loss"
        raise NotApplicable(f"{known}; at least {2 * SMALLEST_SLICE} are needed")
    held, index = samples.iloc[within], _index(words, within)
    values, errors = _outcomes(held, outcome)
    y = search_outcome(values, None if errors is values else errors)
    with threadpool_limits(1, "blas"):
        space = _space(held, columns, index, errors, y, seed)
        if not space.features:
            raise NotApplicable("no metadata, label or cluster divides the held-out samples")
        confirmed = _search(space, y, values, errors, least or Effect(), seed)
    found = [tell(held, columns, space, one, values, errors) for one in confirmed]
    return [_spread(one, within, len(samples)) for one in found]


def _index(words: Words, within: npt.NDArray[np.intp]) -> WordIndex:
    """Of the samples `within`."""
    if isinstance(words, ShownWords):
        return WordIndex.of(words.of(within))
    if words is None:
        return no_words(len(within))
    return (words if isinstance(words, WordIndex) else index_words(words)).take(within)


def _outcomes(held: pd.DataFrame, outcome: str) -> tuple[Floats, Floats | None]:
    """The outcome of each sample, and whether its prediction is wrong, where that can be told."""
    errors = wrong(held)
    if outcome == "error":
        if errors is None:
            raise NotApplicable("the predictions are neither right nor wrong")
        return errors, errors
    if outcome == "loss":
        return finite_loss(held), errors
    return numbers(column(held, outcome)), None


def _space(
    held: pd.DataFrame, columns: Columns, index: WordIndex, errors: Floats | None, y: Floats, seed: int
) -> Space:
    found = features(held, columns)
    if not set(TOPICS) & set(held.columns):
        found += _topics(index, seed)
    if errors is None or len(_labels(held)) != 2:
        found = [feature for feature in found if feature.column != "prediction"]
    names = {number: feature.column for number, feature in enumerate(found)}
    alone = frozenset(number for number, name in names.items() if name == "prediction")
    apart = frozenset(number for number, name in names.items() if _tells_the_outcome(name, columns))
    if errors is not None:
        label = pd.factorize(held["ground_truth"].astype(str))[0]
        apart |= giveaways(found, label)
    expected = _expected_by_prediction(held, errors, y) if errors is not None and alone else None
    return Space(found, index, alone, apart, expected)


def _tells_the_outcome(name: str, columns: Columns) -> bool:
    """Whether a column tells what is right or what the model says; two such together only say where it is wrong."""
    return name in ("ground_truth", "prediction") or columns.get(name, {}).get("role") == "cluster"


def _labels(held: pd.DataFrame) -> npt.NDArray[np.str_]:
    """All labels that are true or predicted somewhere."""
    return np.unique(held[["ground_truth", "prediction"]].astype(str).to_numpy())


def _expected_by_prediction(held: pd.DataFrame, errors: Floats, y: Floats) -> Floats:
    """The excess of each sample that its prediction, one of two labels, makes likely were errors spread evenly.

    Of the predictions of the rarer label more are wrong, as the many samples of the other give more wrong ones to it.
    Of more labels it depends on which are taken for each other, so that no such expectation can be had.
    """
    rate, wrong_ones, right = float(np.nanmean(errors)), errors == 1, errors == 0
    if not wrong_ones.any() or not right.any():
        return np.zeros(len(y))
    of_label = {label: float((held["ground_truth"].astype(str) == label).mean()) for label in _labels(held)}
    share = {
        label: rate * (1 - one) / max(rate * (1 - one) + (1 - rate) * one, 1e-12) for label, one in of_label.items()
    }
    step = float(y[wrong_ones].mean() - y[right].mean())
    return (held["prediction"].astype(str).map(share).to_numpy(dtype=np.float64) - rate) * step


def _topics(index: WordIndex, seed: int) -> Iterator[Feature]:
    for name, topics in topic_numbers(index, seed).items():
        known = ~np.isnan(topics)
        values = np.unique(topics[known])
        ranks = np.where(known, np.searchsorted(values, topics), len(values)).astype(np.int32)
        if len(values) > 1:
            yield Feature(name, values, ranks, is_ordered=True)


def _search(
    space: Space, y: Floats, values: Floats, errors: Floats | None, least: Effect, seed: int
) -> list[Confirmed]:
    """Slices that one half proposes and the other confirms, both ways round, each kept once."""
    grids, halves = Grids(space), np.array_split(np.random.default_rng(seed).permutation(space.n), 2)

    def proposed_by(half: npt.NDArray[np.intp]) -> list[Candidate]:
        return discover(Half(space, np.sort(half[:_MOST_ROWS]), y), grids)

    with ThreadPoolExecutor(len(halves)) as pool:
        proposals = list(pool.map(proposed_by, halves))
    found = []
    for candidates, confirming in zip(proposals, halves[::-1], strict=True):
        judge = Half(space, np.sort(confirming), y)
        found += confirm(judge, candidates, values, errors, least, SIGNIFICANCE / 2)
    return _cover(space, y, found)


def _cover(space: Space, y: Floats, found: list[Confirmed]) -> list[Confirmed]:
    """Those slices that are not explained by a better one, the largest unexplained excess first."""
    everything = Half(space, np.arange(space.n), y)
    kept = []
    while found:
        scored = [(everything.candidate(one.literals).score, one) for one in found]
        score, best = max(scored, key=lambda pair: pair[0])
        if score <= 0:
            break
        mask = everything.mask(best.literals)
        kept.append(replace(best, unexplained=float(everything.excess[mask].sum())))
        everything.explain(mask)
        found = [one for one in found if one is not best]
    return sorted(kept, key=lambda one: -one.unexplained)


def _spread(found: FoundSlice, within: npt.NDArray[np.intp], n: int) -> FoundSlice:
    """The slice with its masks over all samples, of which `within` are held out."""
    rows, judged = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    rows[within[found.rows]], judged[within[found.judged]] = True, True
    return replace(found, rows=rows, judged=judged)
