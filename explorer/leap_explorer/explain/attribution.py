"""What drives a prediction, or its loss: one signed score for each word that the model read.

The steps are pure functions on arrays, and a model enters as a callable: `Predict` for occlusion, which fits any model,
`Gradient` for the methods that follow the gradient from a model's word embeddings. All scores are in the target's unit
(logits, or nats of loss); above 0 the word raises the target, below 0 it lowers it.
"""

import itertools
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from leap_explorer.errors import ExplorerError
from leap_explorer.explain.explained import Explained

if TYPE_CHECKING:
    import tensorflow as tf

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.floating]
Positions = npt.NDArray[np.intp]
Inputs = Mapping[str, Array]  #: one sample, each input without its batch axis, or a batch of them with it
Predict = Callable[[dict[str, Array]], Floats]  #: a batch of inputs -> outputs [batch, classes]
Gradient = Callable[[Floats], tuple[Floats, Floats]]  #: [n, length, width] -> the target [n], its gradient (as given)

INTEGRATED_GRADIENTS, GRADIENT_TIMES_INPUT, OCCLUSION = "integrated gradients", "gradient x input", "occlusion"

STEPS, MAX_STEPS = 50, 400
PATH_BATCH = 10  # path points a gradient call: more would not be faster on a CPU, and take memory
MAX_GAP = 0.05
#: Below this difference, in the target's unit, a gap is measured against it: 5 % of 0.2 logits is nothing to see.
SMALLEST_DIFFERENCE = 0.2

LONGEST_SENTENCE = 25  #: in words

_SENTENCE_ENDS = frozenset(".!?…")
_SMALLEST_PROBABILITY = 1e-7


# The target


@dataclass(frozen=True)
class Target:
    """What the scores explain: the logit of a class, or the cross-entropy (nats) of a label.

    A model whose outputs are probabilities (`from_logits` False) has their logarithms taken for logits.
    """

    kind: Literal["class", "loss"]
    index: int  #: of the class, or of the label
    from_logits: bool = True

    def values(self, outputs: Floats) -> Floats:
        """Outputs [n, classes] -> the target, [n] float64.

        Raises:
            ExplorerError: the outputs have no such class.
        """
        self.check(outputs.shape)
        logits = np.asarray(outputs, dtype=np.float64)
        if not self.from_logits:
            logits = np.log(np.clip(logits, _SMALLEST_PROBABILITY, 1.0))
        of_index = logits[:, self.index]
        return of_index if self.kind == "class" else np.logaddexp.reduce(logits, axis=1) - of_index

    def tensor_values(self, outputs: "tf.Tensor") -> "tf.Tensor":
        """`values` of a tensor, so that a gradient can flow through it."""
        import tensorflow as tf

        self.check(tuple(outputs.shape))
        logits = outputs if self.from_logits else tf.math.log(tf.clip_by_value(outputs, _SMALLEST_PROBABILITY, 1.0))
        of_index = logits[:, self.index]
        return of_index if self.kind == "class" else tf.reduce_logsumexp(logits, axis=1) - of_index

    def check(self, shape: Sequence[int | None]) -> None:
        if len(shape) != 2 or shape[1] is None or not 0 <= self.index < shape[1]:
            raise ExplorerError(
                f"The model's output has shape {list(shape)}; explaining class {self.index} needs [batch, classes] "
                f"with more than {self.index} classes."
            )


def predicted_target(output: Floats, from_logits: bool = True) -> Target:
    """The class that a model predicts; `output` is one sample's, [classes]."""
    return Target("class", int(np.argmax(output)), from_logits)


@dataclass(frozen=True)
class Attribution:
    """A sample's words with their scores, and how they came about."""

    words: list[str]
    scores: Floats  #: [n_words], signed, in the target's unit
    target: Target
    method: str
    settings: dict[str, Any]
    completeness_gap: float | None  #: 0 (the scores add up to what they explain) and up; None where nothing must add up
    seconds: float
    warning: str | None = None  #: why the scores must not be shown as a map
    is_refined: npt.NDArray[np.bool_] | None = None  #: [n_words], occlusion: the word's own score, not its sentence's


# Along the gradient


def path(start: Floats, end: Floats, steps: int) -> Floats:
    """[steps, *shape], the midpoints of `steps` equal pieces of the straight line from `start` to `end`."""
    shares = (np.arange(steps) + 0.5) / steps
    return start + shares.reshape(-1, *[1] * start.ndim) * (end - start)


def integrate(gradients: Floats, start: Floats, end: Floats) -> Floats:
    """[length], the mean gradient along the path times the way, summed over the embedding axis.

    `gradients` is [steps, length, width], at the points of `path`; `start` and `end` are [length, width]. Formula:
    Sundararajan et al. 2017, "Axiomatic Attribution for Deep Networks", by the midpoint rule.
    """
    return (gradients.mean(axis=0, dtype=np.float64) * (end - start)).sum(axis=-1)


def completeness_gap(scores: Floats, at_end: float, at_start: float) -> float:
    """How far the scores' sum is from F(end) - F(start), as a share of it: 0 is best, allowed is `MAX_GAP`.

    A difference smaller than `SMALLEST_DIFFERENCE` counts as that.
    """
    difference = at_end - at_start
    return float(abs(np.sum(scores) - difference) / max(abs(difference), SMALLEST_DIFFERENCE))


@dataclass(frozen=True)
class Integral:
    """Scores of positions, with the numbers that say how exact they are."""

    scores: Floats  #: [length]
    gap: float
    steps: int
    warning: str | None


def integrated_gradients(
    gradient: Gradient,
    baseline: Floats,
    embedded: Floats,
    steps: int = STEPS,
    max_steps: int = MAX_STEPS,
    batch_size: int = PATH_BATCH,
) -> Integral:
    """Integrated gradients from `baseline` to `embedded`, both [length, width].

    The number of steps is doubled, up to `max_steps`, until the completeness gap is at most `MAX_GAP`; if it never is,
    the result carries a warning.
    """
    (at_start, at_end), _ = gradient(np.stack([baseline, embedded]))
    while True:
        points = path(baseline, embedded, steps)
        gradients = [gradient(points[first : first + batch_size])[1] for first in range(0, steps, batch_size)]
        scores = integrate(np.concatenate(gradients), baseline, embedded)
        gap = completeness_gap(scores, float(at_end), float(at_start))
        if gap <= MAX_GAP or 2 * steps > max_steps:
            break
        steps *= 2
    if gap <= MAX_GAP:  # False for NaN, too
        return Integral(scores, gap, steps, None)
    warning = (
        f"After {steps} steps the scores still miss what they explain by {gap:.0%} (allowed: {MAX_GAP:.0%}), "
        "so they are not to be relied on."
    )
    return Integral(scores, gap, steps, warning)


def gradient_times_input(gradient: Gradient, baseline: Floats, embedded: Floats) -> Floats:
    """[length], the gradient at the input times the way from `baseline`: integrated gradients in a single step.

    What a word would take with it if the model were as linear everywhere as it is at the input.
    """
    _, gradients = gradient(embedded[None])
    return integrate(gradients, baseline, embedded)


def word_baseline(embedded: Floats, word_of: Positions, filler: Floats) -> Floats:
    """[length, width]: `filler` [width] where a word stands; padding and special tokens keep their own embedding.

    So a path leads from a review of fillers, framed as the model expects it, to the review itself, and what holds no
    word gets the score 0.
    """
    return np.where((word_of >= 0)[:, None], filler, embedded)


class Differentiable(Protocol):
    """A model with a table of word embeddings, to be started from any point of their space."""

    settings: Mapping[str, Any]  #: what of its gradient is not the plain one, to be shown beside the method

    def embed(self, ids: Array) -> Floats:
        """[length] -> [length, width], the embeddings of the ids."""

    def gradient(self, points: Floats, inputs: Inputs, target: Explained) -> tuple[Floats, Floats]:
        """Target [n] and gradients [n, length, width] with `points` [n, length, width] in place of the embeddings.

        Whatever else the model makes of `inputs` (one sample's), masks and positions included, stays.
        """


def explain_by_gradient(
    model: Differentiable,
    inputs: Inputs,
    ids_name: str,
    words: Sequence[str],
    word_of: Positions,
    target: Target,
    baseline_id: int = 0,
    method: str = INTEGRATED_GRADIENTS,
    **options: int,
) -> Attribution:
    """The words' scores by `INTEGRATED_GRADIENTS` or `GRADIENT_TIMES_INPUT`.

    Args:
        inputs: one sample's, [length] each; the one named `ids_name` holds the token ids.
        word_of: [length], the index of each position's word, -1 where none stands.
        baseline_id: the token that stands for "no word", mostly PAD or MASK.
        options: of `integrated_gradients`.
    """
    began = time.perf_counter()
    embedded = model.embed(inputs[ids_name])
    baseline = word_baseline(embedded, word_of, model.embed(np.array([baseline_id]))[0])

    def gradient(points: Floats) -> tuple[Floats, Floats]:
        return model.gradient(points, inputs, target)

    settings = {"baseline_id": baseline_id, **model.settings}
    gap = warning = None
    if method == GRADIENT_TIMES_INPUT:
        scores = gradient_times_input(gradient, baseline, embedded)
    else:
        integral = integrated_gradients(gradient, baseline, embedded, **options)
        scores, gap, warning = integral.scores, integral.gap, integral.warning
        settings["steps"] = integral.steps
    of_words = merge_positions(scores, word_of, len(words))
    return Attribution(list(words), of_words, target, method, settings, gap, time.perf_counter() - began, warning)


# Occlusion


@dataclass(frozen=True)
class Occlusion:
    """What the target loses without each word."""

    scores: Floats  #: [n_words]
    is_refined: npt.NDArray[np.bool_]  #: [n_words]; False where a word got its share of its sentence's score
    n_inferences: int


def occlusion(
    predict: Predict,
    inputs: Inputs,
    groups: Sequence[Positions],
    fill: Mapping[str, float],
    target: Target,
    batch_size: int = 16,
    sentences: Sequence[range] | None = None,
    max_calls: int | None = None,
) -> Occlusion:
    """The score of a word is F(x) - F(x without it), where `fill` takes the place of all of the word's positions.

    If a model call for each word would exceed `max_calls`, whole sentences are left out first. Then, beginning
    with the sentence of the largest effect, words are left out one by one, while all of a sentence's words fit into the
    calls that remain. The words of the others share their sentence's score evenly and are not refined.

    Args:
        predict: a batch of inputs -> outputs [batch, classes].
        inputs: one sample's, [length] each; without padding the calls are cheapest.
        groups: for each word its positions.
        fill: what replaces a word's positions, by the input's name; inputs that are not named stay.
        sentences: ranges of word indices that cover all words in order; by default, runs of equal length.
        max_calls: rows that the model may be asked for; by default, as many as there are words, and one.
    """
    n_words = len(groups)
    max_calls = n_words + 1 if max_calls is None else max_calls
    fits = n_words < max_calls
    by_word = [range(word, word + 1) for word in range(n_words)]
    parts = by_word if fits else merge_ranges(sentences or by_word, max(1, max_calls // 2))

    def values(removals: list[Positions]) -> Floats:
        return target.values(outputs_without(predict, inputs, removals, fill, batch_size))

    nothing = np.empty(0, dtype=np.intp)
    at_sample, *without_part = values([nothing, *(np.concatenate([groups[word] for word in part]) for part in parts)])
    of_parts = at_sample - np.array(without_part)
    sizes = np.array([len(part) for part in parts], dtype=np.intp)
    scores, is_refined = np.repeat(of_parts / sizes, sizes), np.repeat(sizes == 1, sizes)
    refined = words_to_refine(parts, of_parts, max_calls - len(parts) - 1)
    if len(refined):
        scores[refined] = at_sample - values([groups[word] for word in refined])
        is_refined[refined] = True
    return Occlusion(scores, is_refined, 1 + len(parts) + len(refined))


def words_to_refine(sentences: Sequence[range], scores: Floats, budget: int) -> Positions:
    """The words of the sentences with the largest scores, positive or negative, of which all words fit into `budget`.

    A sentence of one word needs no second look.
    """
    chosen: list[int] = []
    for index in np.argsort(-np.abs(scores), kind="stable"):
        if 1 < len(sentences[index]) <= budget - len(chosen):
            chosen += sentences[index]
    return np.array(sorted(chosen), dtype=np.intp)


def merge_ranges(ranges: Sequence[range], count: int) -> list[range]:
    """The same words in at most `count` ranges, neighbours joined."""
    if len(ranges) <= count:
        return list(ranges)
    parts = np.array_split(np.arange(len(ranges)), count)
    return [range(ranges[part[0]].start, ranges[part[-1]].stop) for part in parts]


def sentence_ranges(words: Sequence[str], longest: int = LONGEST_SENTENCE) -> list[range]:
    """The sentences of words that include their punctuation, each up to its full stops, "!" or "?".

    A longer one is split into equal pieces of at most `longest` words, since sentences are refined whole.
    """
    is_end = np.array([word[-1:] in _SENTENCE_ENDS for word in words], dtype=np.bool_)
    goes_on = np.append(is_end[1:], False)
    starts = np.flatnonzero(is_end & ~goes_on) + 1
    bounds = np.unique([0, *starts, len(words)])
    sentences = [range(int(start), int(end)) for start, end in itertools.pairwise(bounds)]
    return [piece for sentence in sentences for piece in split_range(sentence, longest)]


def split_range(sentence: range, longest: int) -> list[range]:
    """A range in equal pieces of at most `longest`."""
    count = math.ceil(len(sentence) / longest)
    bounds = np.linspace(sentence.start, sentence.stop, count + 1).round().astype(int)
    return [range(int(start), int(end)) for start, end in itertools.pairwise(bounds)]


def outputs_without(
    predict: Predict, inputs: Inputs, removals: Sequence[Positions], fill: Mapping[str, float], batch_size: int
) -> Floats:
    """[n_removals, classes], the model's outputs for the sample with `fill` at each removal's positions."""
    return np.concatenate(
        [
            np.asarray(predict(without(inputs, removals[first : first + batch_size], fill)))
            for first in range(0, len(removals), batch_size)
        ]
    )


def without(inputs: Inputs, removals: Sequence[Positions], fill: Mapping[str, float]) -> dict[str, Array]:
    """[n_removals, length] of each input: a copy of the sample for each removal, with `fill` at its positions."""
    rows = {name: np.repeat(values[None], len(removals), axis=0) for name, values in inputs.items()}
    for name, value in fill.items():
        for row, positions in zip(rows[name], removals, strict=True):
            row[positions] = value
    return rows


def explain_by_occlusion(
    predict: Predict,
    inputs: Inputs,
    words: Sequence[str],
    word_of: Positions,
    fill: Mapping[str, float],
    target: Target,
    **options: Any,
) -> Attribution:
    """The words' scores by `occlusion`, whose `options` may follow."""
    began = time.perf_counter()
    result = occlusion(predict, inputs, word_groups(word_of, len(words)), fill, target, **options)
    settings = {"fill": dict(fill), "inferences": result.n_inferences}
    seconds = time.perf_counter() - began
    return Attribution(
        list(words), result.scores, target, OCCLUSION, settings, None, seconds, is_refined=result.is_refined
    )


# Positions and words


def merge_positions(scores: Floats, word_of: Positions, n_words: int) -> Floats:
    """[n_words], the sum of the scores at each word's positions; what stands where no word is (-1) is left out."""
    is_word = word_of >= 0
    of_words = np.bincount(word_of[is_word], weights=scores[is_word], minlength=n_words)
    return of_words.astype(np.float64, copy=False)


def word_groups(word_of: Positions, n_words: int) -> list[Positions]:
    """For each word the positions that hold it."""
    order = np.argsort(word_of, kind="stable")
    bounds = np.searchsorted(word_of[order], np.arange(n_words + 1))
    return [order[start:end] for start, end in itertools.pairwise(bounds)]
