"""What a gradient starts from."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import tensorflow as tf


class Explained(Protocol):
    """Anything of a model's outputs that is one number a sample, such as `leap_explorer.explain.attribution.Target`."""

    def tensor_values(self, outputs: "tf.Tensor") -> "tf.Tensor":
        """Outputs of a batch, [n, ...] -> [n]."""

    def __hash__(self) -> int:
        """What it is compiled for is kept."""
