"""How the integration's own loss, of which only values are known, changes with each number that the model gives."""

from dataclasses import dataclass

import numpy as np

from leap_explorer.explain.any_model.inputs import Array
from leap_explorer.explain.any_model.question import NoGradientError, Question
from leap_explorer.explain.any_model.value import Loss, Number
from leap_explorer.explain.attribution import Floats

MOST_NUMBERS = 16  #: of an output; a loss of more is explained by occlusion
SETTINGS = {"slope_of_the_loss": "by differences"}

_STEP = 0.01  # of a probability's distance from 0 and 1, and of other numbers; of those below 1, itself
_STEP_FROM_AN_END = 1e-6  # of a share that is 0 or 1, or as near as float32 tells


@dataclass(frozen=True)
class LossOfNumbers:
    """A loss as a function of the numbers of one output."""

    loss: Loss
    output: int
    numbers: tuple[Number, ...]
    is_vector: bool  #: whether the output is [n, k], rather than [n]

    def values(self, rows: Floats) -> Floats:
        """[n, k] -> [n]"""
        given = rows.astype(np.float32) if self.is_vector else rows[:, 0].astype(np.float32)
        return self.loss.values([given] * (self.output + 1))  # no other output is read

    def values_and_slopes(self, rows: Floats) -> tuple[Floats, Floats]:
        """[n, k] -> the losses [n] and their slopes [n, k], by central differences.

        Raises:
            NoGradientError: the loss has no slope there, as one that counts errors has none.
        """
        count, width = rows.shape
        steps = _steps(rows)
        moves = steps[:, :, None] * np.eye(width)  # [n, k, k], each moves one number
        beside = np.stack([rows[:, None] + moves, rows[:, None] - moves]).astype(np.float32)
        moved = np.einsum("nkk->nk", beside[0].astype(np.float64) - beside[1])  # as far as float32 can
        found = self.values(np.concatenate([rows, beside.reshape(-1, width)]))
        above, below = found[count:].reshape(2, count, width)
        slopes = (above - below) / moved
        if not np.isfinite(slopes).all() or not slopes.any():
            raise NoGradientError("The loss has no slope at what the model says. Explain it by occlusion.")
        return found[:count], slopes


def loss_of_numbers(question: Question) -> LossOfNumbers:
    """The question's loss, where it depends on a few numbers of one output.

    Raises:
        NoGradientError: it depends on several outputs, or on more numbers.
    """
    loss = question.target
    assert isinstance(loss, Loss)
    read = {int(one.key) for one in loss.function.arguments.values() if one.kind == "prediction"}
    if len(read) != 1:
        raise NoGradientError("The loss reads several outputs, so it is explained by occlusion.")
    (output,) = read
    outputs, _ = question.model.predict([part.values[None] for part in question.inputs])
    shape = np.shape(outputs[output])
    if len(shape) > 2 or shape[-1] > MOST_NUMBERS:
        raise NoGradientError(f"The loss reads more than {MOST_NUMBERS} numbers. Explain it by occlusion.")
    numbers = tuple(Number(output, index, -1) for index in range(shape[1] if len(shape) == 2 else 1))
    return LossOfNumbers(loss, output, numbers, len(shape) == 2)


def _steps(rows: Floats) -> Array:
    """Small beside each number; of shares, which a loss may take the logarithm of, so that none leaves 0 to 1."""
    are_shares = ((rows >= 0) & (rows <= 1)).all(axis=1, keepdims=True)
    room = np.minimum(rows, 1 - rows)
    finest = 4 * np.spacing(np.abs(rows).astype(np.float32))
    of_shares = np.where(room > finest, np.maximum(_STEP * room, finest), _STEP_FROM_AN_END)
    return np.where(are_shares, of_shares, _STEP * np.maximum(np.abs(rows), 1))
