"""What a model says of a sample, as one number: so that it can be told how much of it hangs on what is left out."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from leap_explorer.explain.any_model.inputs import Array
from leap_explorer.explain.any_model.value import Number, are_probabilities
from leap_explorer.explain.attribution import Floats
from leap_explorer.runs.task import Task

Kind = Literal["classes", "two classes", "numbers"]


@dataclass(frozen=True)
class Scale:
    """Turns outputs into columns, of which the largest of a sample is what the model says of it.

    Of classes they are the outputs; of one output for two classes, the output for the one and the other. Of numbers
    they are how far each is from the mean of some samples, up and down, in standard deviations.
    """

    kind: Kind
    output: int
    class_axis: int  #: of a batch of outputs
    from_logits: bool = False  #: whether columns become probabilities by softmax
    mean: tuple[float, ...] = ()  #: of each number
    deviation: tuple[float, ...] = ()

    @property
    def in_words(self) -> str:
        """What is measured."""
        if self.kind == "numbers":
            return "distance of the most unusual number from its mean, in standard deviations"
        return "probability of the predicted class"

    def row(self, outputs: list[Array]) -> Floats:
        """[n, width] of the analysed output; over positions the mean."""
        values = np.asarray(outputs[self.output], dtype=np.float64)
        if values.ndim == 1:
            return values[:, None]
        classes_last = np.moveaxis(values, self.class_axis, -1)
        return classes_last.reshape(len(values), -1, classes_last.shape[-1]).mean(axis=1)

    def columns(self, outputs: list[Array]) -> Floats:
        """[n, columns]"""
        row = self.row(outputs)
        if self.kind == "two classes":
            return np.concatenate([np.zeros_like(row) if self.from_logits else 1 - row, row], axis=1)
        if self.kind == "classes":
            return row
        unusual = (row - np.array(self.mean)) / np.array(self.deviation)
        return np.concatenate([unusual, -unusual], axis=1)

    def number(self, outputs: list[Array]) -> Number:
        """What drives it is explained, so that it is what the largest column of the one sample says."""
        columns = self.columns(outputs)
        index, width = int(columns[0].argmax()), self.row(outputs).shape[1]
        if self.kind == "two classes":
            return Number(self.output, 0, self.class_axis, sign=1 if index else -1)
        if self.kind == "numbers":
            return Number(self.output, index % width, self.class_axis, sign=1 if index < width else -1)
        values = np.asarray(outputs[self.output])
        return Number(self.output, index, self.class_axis, are_probabilities(values, self.class_axis))


def scale_of(task: Task, class_axis: int) -> Scale:
    """The scale of a run's analysed output; of numbers still without their mean.

    Args:
        class_axis: as the integration declares it for a batch.
    """
    from_logits = task.activation == "logits"
    if task.kind == "binary":
        return Scale("two classes", task.output_index, class_axis, from_logits)
    if task.kind == "single-label" or (task.kind == "positions" and task.class_axis is not None):
        return Scale("classes", task.output_index, class_axis, from_logits)
    return Scale("numbers", task.output_index, class_axis)
