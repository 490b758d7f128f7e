"""From a sample's id to arrays: the integration's encoders and metadata."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from leap_explorer.contract.failures import describe_failure
from leap_explorer.contract.integration import Integration
from leap_explorer.contract.wiring import Tensors
from leap_explorer.population.duplicates import minhash

Array = npt.NDArray[Any]
SampleKey = tuple[str, str | int]  # subset and id


@dataclass
class EncodedSample:
    """One sample as the integration gives it; `error` instead, where an encoder raised."""

    subset: str
    id: str | int
    inputs: dict[str, Array] = field(default_factory=dict)
    ground_truths: dict[str, Array] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)  #: None where the integration gave none, or an empty text
    latent_spaces: dict[str, Array] = field(default_factory=dict)
    signature: npt.NDArray[np.uint32] | None = None  #: MinHash of its words, where it shows text
    input_hash: int = 0  #: 64 bits; equal for samples of identical inputs and words
    error: str | None = None


def encode(integration: Integration, key: SampleKey) -> EncodedSample:
    """One sample; whatever its encoders raise is kept as its error, with their message."""
    subset, sample_id = key
    try:
        sample = integration.sample(subset, sample_id)
        words = integration.words(sample)
    except (Exception, SystemExit) as error:  # of any type: it is the integration's code
        return EncodedSample(subset, sample_id, error=describe_failure(error, integration.folder))
    digest = hashlib.blake2b(digest_size=8)
    for name in sorted(sample.inputs):
        digest.update(np.ascontiguousarray(sample.inputs[name]).tobytes())
    digest.update("\0".join(words or []).encode("utf-8", "surrogatepass"))
    absent = sample.metadata_is_none
    return EncodedSample(
        subset,
        sample_id,
        dict(sample.inputs),
        dict(sample.gt or {}),
        {name: None if absent[name] or value == "" else value for name, value in sample.metadata.items()},
        dict(sample.custom_latent_spaces or {}),
        None if words is None else minhash(words),
        int.from_bytes(digest.digest(), "little"),
    )


def stacked(samples: Sequence[EncodedSample], group: list[int], outputs: list[Array]) -> Tensors:
    """The batch that losses, metrics and visualizers are called with: the samples at the places of `group`."""
    first = samples[group[0]]
    return Tensors(
        {name: np.stack([samples[i].inputs[name] for i in group]) for name in first.inputs},
        {name: np.stack([samples[i].ground_truths[name] for i in group]) for name in first.ground_truths},
        outputs,
    )
