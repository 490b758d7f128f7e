"""Samples to read: which they are, and how each model reads them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.report.still import still_drawings
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.state import State
from leap_explorer.dashboard.views.labels.review import ranking
from leap_explorer.dashboard.views.sample.reading import Reading, explained, highest_losses, target_of
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.reader import Explanation
from leap_explorer.insights.mislabeled import LIKELY
from leap_explorer.insights.rows import NotApplicable, held_out, wrong
from leap_explorer.samples.drawings import Drawing

_ERRORS, _DISAGREEMENTS, _LABELS = 6, 4, 4  #: samples of each kind, the errors and labels of all models together


ERROR, DISAGREEMENT, LABEL = "Highest-loss held-out samples", "Where the models disagree", "Likely mislabelled"


@dataclass(frozen=True)
class NotableSample:
    """A sample, and why it stands in the report."""

    key: str
    kind: str  #: `ERROR`, `DISAGREEMENT` or `LABEL`
    reason: str


@dataclass(frozen=True)
class ModelReading:
    """A model's reading of a sample: what drives it, or the problem that stands in the way."""

    explanation: Explanation | None
    note: str | None  #: where another class is explained than was wanted
    problem: str | None


@dataclass(frozen=True)
class SampleReading:
    """A sample with its words and each model's reading of them."""

    sample: NotableSample
    text: str | None
    by_run: dict[str, ModelReading]  #: of the runs that hold the sample
    drawings: dict[str, tuple[Drawing, ...]] = field(default_factory=dict)  #: by run, where its integration is at hand
    problems: dict[str, str] = field(default_factory=dict)  #: by run, why its integration drew nothing


def notable_samples(context: Context) -> list[NotableSample]:
    """Errors of the highest loss, where the models disagree most, the likeliest wrong labels; each key once."""
    runs = list(context.data.values())
    share = -(-_ERRORS // len(runs)), -(-_LABELS // len(runs))
    taken: dict[str, NotableSample] = {}
    for data in runs:
        _take(taken, worst_errors(data), share[0])
    _take(taken, disagreements(runs), _DISAGREEMENTS)
    for data in runs:
        _take(taken, doubtful_labels(data), share[1])
    return list(taken.values())


def worst_errors(data: RunData) -> Iterator[NotableSample]:
    """Held-out samples that the model gets wrong, the surest of its errors first; of a regression the highest loss."""
    is_wrong = wrong(data.frame)
    mask = data.is_evaluated if is_wrong is None else is_wrong == 1
    for rank, row in enumerate(highest_losses(data, mask, data.n), start=1):
        yield NotableSample(data.keys[row], ERROR, f"number {rank} by loss of {data.name}'s errors")


def disagreements(runs: Sequence[RunData]) -> Iterator[NotableSample]:
    """Held-out samples of all classifiers by how far apart their probabilities of one label are, the farthest first."""
    judges = [data for data in runs if data.labels]
    if len(judges) < 2 or any(data.labels != judges[0].labels for data in judges):
        return
    first = judges[0]
    keys = [
        key
        for key, is_unseen in zip(first.keys, held_out(first.frame), strict=True)
        if is_unseen and all(key in data.rows for data in judges)
    ]
    columns = [f"probability_{label}" for label in first.labels]
    said = np.array(
        [[data.numbers(column)[[data.rows[key] for key in keys]] for column in columns] for data in judges]
    )  # [runs, labels, samples]
    gaps = np.max(said.max(axis=0) - said.min(axis=0), axis=0)
    for place in np.argsort(-gaps, kind="stable"):
        if not np.isnan(gaps[place]):
            points = f"{100 * gaps[place]:.1f} points between the probabilities"
            yield NotableSample(keys[place], DISAGREEMENT, points)


def doubtful_labels(data: RunData) -> Iterator[NotableSample]:
    """Samples whose label is likely wrong by the run, the most suspicious first."""
    try:
        found = ranking(data)
    except NotApplicable:
        return
    for issue in found[found["kind"] == LIKELY].reset_index().to_dict("records"):
        given, suggested = issue["ground_truth"], issue["suggested"]
        reason = f"number {issue['rank']} of {data.name}: the data say {given}, the model says {suggested}"
        yield NotableSample(str(issue["key"]), LABEL, reason)


def read_sample(context: Context, sample: NotableSample) -> SampleReading:
    """The sample's words and, for the same label in each model, what drives it. May take seconds a model."""
    text = context.text(sample.key.partition("/")[2])
    holding = [data for data in context.data.values() if sample.key in data.rows]
    if context.explainer is None and context.drawer is not None:
        return _drawn(context, sample, text, [data for data in holding if context.drawer.draws(data.run)])
    if text is None:
        return SampleReading(sample, None, {})
    return SampleReading(sample, text, {data.name: _read(context, data, sample.key, text) for data in holding})


def _drawn(context: Context, sample: NotableSample, text: str | None, runs: Sequence[RunData]) -> SampleReading:
    """The sample as the runs' integrations draw it."""
    assert context.drawer is not None
    found = SampleReading(sample, text, {})
    subset, _, sample_id = sample.key.partition("/")
    for data in runs:
        try:
            found.drawings[data.name] = tuple(still_drawings(context.drawer.drawings(data.run, subset, sample_id)))
        except ExplorerError as error:
            found.problems[data.name] = str(error)
    return found


def _take(taken: dict[str, NotableSample], found: Iterator[NotableSample], count: int) -> None:
    """Add the first so many that are not there yet."""
    for one in islice((one for one in found if one.key not in taken), count):
        taken[one.key] = one


def _read(context: Context, data: RunData, key: str, text: str) -> ModelReading:
    if context.explainer is None:
        return ModelReading(None, None, "The models are unavailable here, so the words are not coloured.")
    try:
        reading = Reading(key, text, False)
        target, note = target_of(context, State(), reading)
        found = explained(context.explainer.explain, data, reading, target)
    except ExplorerError as error:
        return ModelReading(None, None, str(error))
    return ModelReading(found, note, None)
