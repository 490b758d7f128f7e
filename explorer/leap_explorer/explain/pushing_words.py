"""Which words pushed wrong predictions: the scores of heat-maps, added up over some samples."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from leap_explorer.explain.alignment import Span
from leap_explorer.intervals import Estimate, mean_interval

Scores = Mapping[str, float]  #: by word in lower case, of one sample: the sum of its scores there

#: A word that fewer of the samples show is one sample's affair.
FEWEST_SAMPLES = 3


@dataclass(frozen=True)
class PushingWord:
    """A word, how many samples' scores it has, and its score per sample (0 where it is not), in the target's unit."""

    word: str
    n: int
    push: Estimate


def word_scores(text: str, spans: Sequence[Span]) -> dict[str, float]:
    """By word in lower case, the sum of its scores in a text; words that were not read are left out."""
    scores: dict[str, list[float]] = {}
    for span in spans:
        if span.score is not None:
            scores.setdefault(text[span.start : span.end].lower(), []).append(span.score)
    return {word: math.fsum(of_word) for word, of_word in scores.items() if any(sign.isalnum() for sign in word)}


def pushing_words(samples: Sequence[Scores], most: int = 15) -> list[PushingWord]:
    """The words that raise the samples' target most, those with the highest score per sample first.

    A word is listed that at least `FEWEST_SAMPLES` samples show and whose 95 % interval lies above 0: it is how far the
    draw of the samples may have moved the mean, not corrected for the number of words.
    """
    shown = {word for scores in samples for word in scores}
    found = [push_of(word, samples) for word in sorted(shown)]
    found = [one for one in found if one.n >= FEWEST_SAMPLES and one.push.low > 0]
    return sorted(found, key=lambda one: -one.push.value)[:most]


def push_of(word: str, samples: Sequence[Scores]) -> PushingWord:
    """A word's score per sample with its 95 % interval, as of `intervals.mean_interval`."""
    scores = np.array([one.get(word, 0.0) for one in samples])
    mean = float(scores.mean()) if len(scores) else math.nan
    return PushingWord(word, sum(word in one for one in samples), Estimate(mean, *mean_interval(scores)))
