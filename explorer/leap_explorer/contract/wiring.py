"""What an integration test calls its functions with: encoders' arrays and the model's outputs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy.typing as npt
from code_loader.contract.mapping import NodeMapping

from leap_explorer.errors import ExplorerError

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Source:
    """Where an argument of a loss, metric or visualizer comes from."""

    kind: Literal["input", "ground_truth", "prediction"]
    key: str | int  #: the encoder's name, or the number of the model's output


@dataclass(frozen=True)
class WiredFunction:
    """A loss, metric or visualizer as the integration test calls it."""

    name: str  #: unique, as shown
    registered_name: str  #: as `LeapLoader` knows it
    arguments: Mapping[str, Source]


@dataclass(frozen=True)
class Output:
    """One of the model's outputs, as the integration declares it."""

    name: str | None
    labels: tuple[str, ...] = ()  #: of its classes, or of its numbers
    channel_dim: int = -1  #: the axis of the classes


@dataclass(frozen=True)
class Tensors:
    """What functions are called with: arrays by name or output number. Batched or not, as the function needs."""

    inputs: Mapping[str, Array]
    ground_truths: Mapping[str, Array]
    predictions: Sequence[Array] = ()

    def of(self, function: WiredFunction) -> dict[str, Array] | None:
        """The function's arguments; None if one is missing, as the ground truth of unlabelled samples is."""
        try:
            return {name: self._get(source) for name, source in function.arguments.items()}
        except (KeyError, IndexError):
            return None

    def _get(self, source: Source) -> Array:
        if source.kind == "prediction":
            return self.predictions[int(source.key)]
        return (self.inputs if source.kind == "input" else self.ground_truths)[str(source.key)]


def source_of(node: NodeMapping) -> Source:
    kind = node.type.value
    if kind == "GroundTruth":
        return Source("ground_truth", node.name)
    if kind.startswith("Prediction"):
        return Source("prediction", int(kind.removeprefix("Prediction")))
    if kind.startswith("Input"):
        return Source("input", node.name)
    raise ExplorerError(f"The integration test passes a {kind} ({node.name}), which is not supported here.")
