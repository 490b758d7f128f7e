"""What a model reads of one sample: its inputs, of which kind each is, and what stands for nothing in it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from code_loader.contract.datasetclasses import DatasetSample

from leap_explorer.contract.host import Host
from leap_explorer.explain.any_model.tokens import looked_up_inputs

Array = npt.NDArray[Any]
Kind = Literal["tokens", "mask", "fixed", "numbers"]

BASELINE_SAMPLES = 32  #: of the training subset, whose mean stands for nothing

_FIXED = ("token_type_ids", "segment_ids", "position_ids")  # the names that transformers and keras-hub give them


@dataclass(frozen=True)
class ModelInput:
    """One input of a sample, without a batch axis.

    `tokens` are ids that the model looks up in a table, a `mask` hides some of them, and `fixed` says where they stand;
    all else is `numbers`.
    """

    name: str  #: the encoder's
    fed_as: str  #: the name of the model's input
    values: Array
    kind: Kind
    channel_axis: int
    baseline: Array  #: like `values`: what stands for nothing


@dataclass(frozen=True)
class Inputs:
    """All inputs of a sample in the order of the model's; also as one flat vector, in which each has its stretch."""

    parts: tuple[ModelInput, ...]
    baseline: str  #: what stands for nothing, in words

    def __iter__(self) -> Iterator[ModelInput]:
        return iter(self.parts)

    @property
    def starts(self) -> list[int]:
        """Where each input's stretch of the flat vector begins, and where the last one ends."""
        return [0, *np.cumsum([part.values.size for part in self.parts]).tolist()]

    def differences(self) -> Array:
        """[total], how far the sample is from its baseline; 0 is nothing."""
        return np.concatenate([np.ravel(part.values - part.baseline) for part in self.parts]).astype(np.float64)

    def batch(self, differences: Array) -> list[Array]:
        """[n, total] -> the model's inputs, [n, ...] each."""
        stretches = zip(self.parts, self.split(differences), strict=True)
        return [(stretch + part.baseline).astype(part.values.dtype) for part, stretch in stretches]

    def split(self, flat: Array) -> list[Array]:
        """[..., total] -> [..., *shape] of each input."""
        leading = flat.shape[:-1]
        bounds = zip(self.parts, pairwise(self.starts), strict=True)
        return [flat[..., start:end].reshape(*leading, *part.values.shape) for part, (start, end) in bounds]


def read_inputs(host: Host, sample: DatasetSample) -> Inputs:
    """What the host's model reads of a sample."""
    integration, model = host.integration, host.model
    looked_up = looked_up_inputs(model)
    axes = {one.name: one.channel_dim for one in integration.setup.inputs}
    parts = []
    for name, fed_as in zip(integration.inputs_of(model), model.input_names, strict=True):
        kind = kind_of(fed_as, looked_up)
        mean = _means(host).get(name) if kind == "numbers" else None
        parts.append(model_input(name, fed_as, np.asarray(sample.inputs[name]), kind, axes.get(name, -1), mean))
    return Inputs(tuple(parts), baseline_in_words(parts))


def model_input(
    name: str, fed_as: str, values: Array, kind: Kind, declared_axis: int = -1, mean: Array | None = None
) -> ModelInput:
    """`declared_axis` is that of the channels as the integration counts it, with the batch; `mean` is theirs."""
    axis = channel_axis(declared_axis, values.ndim)
    return ModelInput(name, fed_as, values, kind, axis, baseline_of(values, axis, mean))


def kind_of(fed_as: str, looked_up: set[str]) -> Kind:
    """By the input's name, and which inputs are looked up in a table; a mask or positions belong to tokens."""
    if fed_as in looked_up and fed_as not in _FIXED:
        return "tokens"
    if looked_up and fed_as.endswith("mask"):
        return "mask"
    return "fixed" if looked_up and fed_as in _FIXED else "numbers"


def channel_axis(declared: int, ndim: int) -> int:
    """The axis of one sample; what the integration declares counts the batch."""
    axis = declared if declared < 0 else declared - 1
    return axis if -ndim <= axis < ndim else -1


def baseline_of(values: Array, axis: int, mean: Array | None) -> Array:
    """Like `values`: the mean of each channel, [channels]; 0 where there is none, or none that fits."""
    baseline = np.zeros_like(values)
    if mean is not None and values.ndim and values.shape[axis] == len(mean):
        np.moveaxis(baseline, axis, -1)[...] = mean
    return baseline


def channel_means(samples: Sequence[Array], axis: int) -> Array | None:
    """[channels], the mean over samples and positions; None where they have different channels, or there are none."""
    if len({one.shape[axis] for one in samples if one.ndim}) != 1:
        return None
    return np.mean([np.moveaxis(one, axis, -1).reshape(-1, one.shape[axis]).mean(axis=0) for one in samples], axis=0)


@lru_cache(maxsize=1)
def _means(host: Host) -> dict[str, Array]:
    """The means of each input's channels over some of the training samples."""
    integration = host.integration
    subset = "training" if "training" in integration.subsets else next(iter(integration.subsets))
    ids = integration.subsets[subset]
    drawn = [ids[i] for i in np.unique(np.linspace(0, len(ids) - 1, BASELINE_SAMPLES, dtype=int))]
    read = [found for one in drawn if (found := _inputs_or_none(host, subset, one)) is not None]
    axes = {one.name: one.channel_dim for one in integration.setup.inputs}
    found = {}
    for name in integration.model_inputs:
        values = [np.asarray(one[name]) for one in read]
        if values and (means := channel_means(values, channel_axis(axes.get(name, -1), values[0].ndim))) is not None:
            found[name] = means
    return found


def _inputs_or_none(host: Host, subset: str, sample_id: str | int) -> dict[str, Array] | None:
    """A sample's inputs; None of one that cannot be read, without which the mean does as well."""
    host.tell("reading training samples")
    try:
        return host.integration.sample(subset, sample_id).inputs
    except (Exception, SystemExit):  # of any type: it is the integration's code
        return None


def baseline_in_words(parts: Sequence[ModelInput]) -> str:
    """What stands for nothing in some inputs."""
    kinds = {part.kind for part in parts}
    mean = "the mean of training samples, by channel" if any(part.baseline.any() for part in parts) else "0"
    said = [mean] if "numbers" in kinds else []
    if "tokens" in kinds:
        said.append("a hidden token (mask 0)" if "mask" in kinds else "the token 0")
    return " and ".join(said)
