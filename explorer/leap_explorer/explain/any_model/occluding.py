"""Occlusion of any input of any model: each unit becomes the baseline, and the model is asked again."""

import numpy as np

from leap_explorer.explain.any_model.question import FLAT, ONLY, Answer, Question
from leap_explorer.explain.any_model.units import MOST_UNITS, units_of
from leap_explorer.explain.attribution import occlusion


def by_occlusion(question: Question) -> Answer:
    """The score of a unit is F(x) - F(x without it), spread evenly over its numbers.

    Of a text with more than `MOST_UNITS` tokens neighbours go together first, as `attribution.occlusion` does it.
    """
    inputs, units = question.inputs, units_of(question.inputs)
    scores = np.zeros(inputs.starts[-1])
    settings = {"baseline": inputs.baseline, "units": len(units)}
    if not units:
        return Answer(scores, settings)
    found = occlusion(
        question.predict,
        {FLAT: inputs.differences()},
        [unit.removed for unit in units],
        {FLAT: 0.0},
        ONLY,
        batch_size=question.batch_size,
        max_calls=MOST_UNITS * sum(part.kind in ("tokens", "numbers") for part in inputs) + 1,
    )
    for unit, score in zip(units, found.scores, strict=True):
        scores[unit.shown] += score / len(unit.shown)
    return Answer(scores, settings | {"inferences": found.n_inferences})
