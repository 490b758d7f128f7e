"""What an integration registers as a latent space, as one vector a sample."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_SEED = 0


@dataclass(frozen=True)
class LatentSpace:
    """A registered latent space."""

    name: str
    is_of_model: bool  #: computed from the model's outputs, else from the data
    reduce: Literal["MEAN_POOL", "RANDOM_PROJECTION"] | None = None
    n_components: int = 512
    channel_axis: int = -1

    def vectors(self, values: Array) -> Array:
        """[n, d] float32 of what the integration gives, [n, ...].

        Without a reduction all axes are laid in one, as the platform does. Mean pooling keeps the channel axis of one
        sample; a random projection (Gaussian, seeded; Johnson & Lindenstrauss 1984) keeps `n_components` dimensions.
        """
        array = np.asarray(values, dtype=np.float32)
        if self.reduce == "MEAN_POOL" and array.ndim > 2:
            axis = self.channel_axis if self.channel_axis < 0 else self.channel_axis + 1
            return np.moveaxis(array, axis, -1).mean(axis=tuple(range(1, array.ndim - 1)))
        flat = array.reshape(len(array), -1)
        if self.reduce == "RANDOM_PROJECTION" and flat.shape[1] > self.n_components:
            shape = flat.shape[1], self.n_components
            drawn = np.random.default_rng(_SEED).standard_normal(shape, dtype=np.float32)
            return flat @ (drawn / np.float32(self.n_components**0.5))
        return flat
