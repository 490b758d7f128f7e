"""A question to a model: what in this sample drives that number, or the loss."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from leap_explorer.contract.model import Model
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.any_model.inputs import Array, Inputs
from leap_explorer.explain.any_model.value import Loss, Number
from leap_explorer.explain.attribution import Floats, Target

FLAT = "flat"  #: the name of the only input of `Question.predict`: how far the sample is from its baseline
ONLY = Target("class", 0)  #: the only number that `Question.predict` gives

_NUMBERS_A_CALL = 4_000_000  # of inputs: 32 MB


class NoGradientError(ExplorerError):
    """No gradient of the model's leads from the number to the input."""


@dataclass(frozen=True)
class Question:
    """The sample, the model, and the number."""

    model: Model
    inputs: Inputs
    target: Number | Loss

    def predict(self, rows: Mapping[str, Array]) -> Floats:
        """`FLAT` [n, total] -> the number, [n, 1]."""
        outputs, _ = self.model.predict(self.inputs.batch(rows[FLAT]))
        return self.target.values(outputs)[:, None]

    @property
    def batch_size(self) -> int:
        """How many samples of this size go well into one call."""
        return int(np.clip(_NUMBERS_A_CALL // max(self.inputs.starts[-1], 1), 1, 64))


@dataclass(frozen=True)
class Answer:
    """A score for each number of the flat vector of `Inputs`, and how they came about."""

    scores: Floats  #: [total], above 0 what raises the number
    settings: dict[str, Any] = field(default_factory=dict)
    warning: str | None = None  #: why they must not be shown as a map
