"""What is explained: one number of a model's outputs, or the integration's own loss of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from code_loader.contract.datasetclasses import DatasetSample

from leap_explorer.contract.integration import Integration
from leap_explorer.contract.wiring import Source, Tensors, WiredFunction
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.any_model.inputs import Array

if TYPE_CHECKING:
    import tensorflow as tf

LOSS = "loss"

_SMALLEST_PROBABILITY = 1e-7
_TOLERANCE = 1e-3  # of a sum of probabilities


@dataclass(frozen=True)
class Number:
    """A class, or a number, of one of the outputs: of probabilities the logarithm; over positions the mean."""

    output: int
    index: int  #: on the axis of the classes
    class_axis: int  #: of a batch of the output
    are_probabilities: bool = False
    sign: int = 1  #: -1 of the first of two labels that share one number

    def values(self, outputs: Sequence[Array]) -> Array:
        """The outputs of a batch -> [n] float64."""
        one = np.asarray(outputs[self.output], dtype=np.float64)
        one = one if one.ndim == 1 else np.take(one, self.index, axis=self.class_axis)
        if self.are_probabilities:
            one = np.log(np.clip(one, _SMALLEST_PROBABILITY, 1.0))
        return self.sign * one.reshape(len(one), -1).mean(axis=1)

    def tensor_values(self, outputs: "tf.Tensor") -> "tf.Tensor":
        """`values` of tensors, one or several, so that a gradient can flow through them."""
        import tensorflow as tf

        one = tf.nest.flatten(outputs)[self.output]
        one = one if one.shape.rank == 1 else tf.gather(one, self.index, axis=self.class_axis)
        if self.are_probabilities:
            one = tf.math.log(tf.clip_by_value(one, _SMALLEST_PROBABILITY, 1.0))
        return self.sign * tf.reduce_mean(tf.reshape(one, [tf.shape(one)[0], -1]), axis=1)


@dataclass(frozen=True)
class Loss:
    """The integration's own loss, of the sample's own inputs and ground truth whatever the model is given."""

    integration: Integration
    function: WiredFunction
    sample: DatasetSample

    def values(self, outputs: Sequence[Array]) -> Array:
        """The outputs of a batch -> [n]

        Raises:
            ExplorerError: the sample lacks what the loss is made of, as unlabelled ones do.
        """
        count, read = len(outputs[0]), {source.key for source in self.function.arguments.values()}
        inputs, truths = (
            {name: np.repeat(np.asarray(one)[None], count, axis=0) for name, one in (of or {}).items() if name in read}
            for of in (self.sample.inputs, self.sample.gt)
        )
        arguments = Tensors(inputs, truths, outputs).of(self.function)
        if arguments is None or any(one.size == 0 for one in arguments.values()):
            raise ExplorerError(f"The sample {self.sample.index} has no ground truth, so it has no loss to explain.")
        ids = np.array([self.sample.index] * count)
        return self.integration.run_loss(self.function, ids, self.sample.state.name, arguments).astype(np.float64)


def number_of(integration: Integration, outputs: Sequence[Array], output: int, index: int) -> Number:
    """The number of that index.

    Of an output of one number, 1 is that number, and so is 0, unless the integration names two labels for it: then 0
    is the other label, for which the number counts negative.

    Args:
        outputs: the model's for one sample, as a batch of one.

    Raises:
        ExplorerError: there is no such output or number.
    """
    if not 0 <= output < len(outputs):
        raise ExplorerError(f"The model has {len(outputs)} outputs, so there is no output {output}.")
    declared = integration.outputs[output] if output < len(integration.outputs) else None
    values = np.asarray(outputs[output])
    axis = -1 if declared is None or not -values.ndim < declared.channel_dim < values.ndim else declared.channel_dim
    width = 1 if values.ndim == 1 else values.shape[axis]
    if width == 1 and index in (0, 1):
        is_other = index == 0 and declared is not None and len(declared.labels) == 2
        return Number(output, 0, axis, sign=-1 if is_other else 1)
    if not 0 <= index < width:
        raise ExplorerError(f"The output {output} has {width} numbers, so there is no number {index}.")
    return Number(output, index, axis, are_probabilities(values, axis))


def are_probabilities(values: Array, axis: int) -> bool:
    """Whether the numbers of an output are from 0 to 1 and sum to 1, as only probabilities of classes do."""
    return bool((values >= 0).all() and np.allclose(values.sum(axis=axis), 1.0, atol=_TOLERANCE))


def loss_of(integration: Integration, sample: DatasetSample, output: int) -> Loss:
    """The first loss that the output enters, or else the first of all.

    Raises:
        ExplorerError: the integration test calls none.
    """
    losses = integration.losses
    if not losses:
        raise ExplorerError("The integration test calls no loss, so there is none to explain.")
    own = [loss for loss in losses if Source("prediction", output) in loss.arguments.values()]
    return Loss(integration, (own or losses)[0], sample)
