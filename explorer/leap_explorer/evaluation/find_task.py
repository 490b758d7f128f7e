"""Which kind of task it is, from what the model gives and what the data says is right, together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from leap_explorer.errors import ExplorerError
from leap_explorer.runs.task import Activation, Kind, Task

Array = npt.NDArray[Any]

_TOLERANCE = 1e-3  # of sums and of smoothed labels, which are float32


@dataclass(frozen=True)
class Probes:
    """An output of some samples, and the ground truths that it may be compared with."""

    output: Sequence[Array]  #: of each sample, without a batch axis
    truths: Mapping[str, Sequence[Array | None]]  #: by encoder, in the order of preference; None where there is none
    labels: tuple[str, ...] = ()  #: as the integration names the output's classes or numbers
    channel_dim: int = -1  #: the axis of the classes, as the integration declares it


def find_task(probes: Probes, kind: Kind | None = None) -> Task:
    """The first kind that output and ground truth fit together, of the first ground truth that fits any.

    The number of labels alone decides nothing: labels may name the numbers of a regression as well.

    - scalar output, truths 0 and 1, and two labels or outputs within 0 to 1: binary; any other number: regression;
    - vector output, class numbers, one-hot or smoothed truths: single label; several ones or none: multi-label; any
      other numbers: vector regression;
    - more axes, and a class number or a one-hot vector for each position: positions;
    - all else, other. Without any ground truth only outputs that sum to 1 are taken for something: a single label.

    Args:
        kind: set by hand; the ground truth only has to fit it.

    Raises:
        ExplorerError: the output or the ground truths do not fit the kind that was set.
    """
    if kind == "other":
        return Task("other", decided_by="hand")
    for name, truths in probes.truths.items():
        known = [
            (np.asarray(out), np.asarray(one)) for out, one in zip(probes.output, truths, strict=True) if _is_known(one)
        ]
        for task in _tasks(known, probes) if known else ():
            if kind in (None, task.kind):
                return replace(task, ground_truth=name, decided_by="outputs" if kind is None else "hand")
    if kind is not None:
        return _unlabelled(probes, kind)
    if _are_probabilities(_flat(probes.output)) and _width(probes.output) > 1:
        return Task("single-label", _names(probes.labels, _width(probes.output)), "probabilities")
    return Task("other")


def activation_of(outputs: Sequence[Array]) -> Activation:
    """What the numbers of some outputs are, [n] of one sample each."""
    flat = _flat(outputs)
    if _are_probabilities(flat):
        return "probabilities"
    return "shares" if len(flat) and ((flat >= 0) & (flat <= 1)).all() else "logits"


def _tasks(known: list[tuple[Array, Array]], probes: Probes) -> Iterator[Task]:
    """All kinds that fit, the likeliest first."""
    outputs, truths = [one[0] for one in known], [one[1] for one in known]
    sizes = {out.size for out in outputs}
    is_flat = all(np.squeeze(out).ndim <= 1 for out in outputs) and len(sizes) == 1
    if not is_flat:
        yield from _of_positions(outputs, truths, probes)
    elif sizes == {1}:
        yield from _of_scalars(outputs, truths, probes)
    else:
        yield from _of_vectors(outputs, truths, probes)
        yield from _of_positions(outputs, truths, probes)


def _of_scalars(outputs: list[Array], truths: list[Array], probes: Probes) -> Iterator[Task]:
    if any(truth.size != 1 for truth in truths):
        return
    values = _flat(truths).ravel()
    activation: Activation = "shares" if activation_of(outputs) != "logits" else "logits"
    is_between = bool(((values >= 0) & (values <= 1)).all())
    binary = Task("binary", _two_names(probes.labels), activation)
    regression = Task("regression", probes.labels[:1])
    is_binary = is_between and (
        (len(probes.labels) == 2 and len(np.unique(values)) <= 2) or (activation == "shares" and _is_zero_one(values))
    )
    yield from (binary, regression) if is_binary else (regression, binary)


def _of_vectors(outputs: list[Array], truths: list[Array], probes: Probes) -> Iterator[Task]:
    width = outputs[0].size
    names, activation = _names(probes.labels, width), activation_of(outputs)
    single = Task("single-label", names, activation)
    if all(truth.size == 1 for truth in truths):
        if _are_class_numbers(_flat(truths).ravel(), width):
            yield single
    elif all(truth.size == width for truth in truths):
        values = _flat(truths)
        multi, vector = Task("multi-label", names, activation), Task("vector-regression", names)
        if _are_labels_of_one(values, activation == "probabilities"):
            yield from (single, multi, vector)
        elif len(np.unique(values)) <= 2 and ((values >= 0) & (values <= 1)).all():
            yield from (multi, single, vector)
        else:
            yield from (vector, single, multi)


def _of_positions(outputs: list[Array], truths: list[Array], probes: Probes) -> Iterator[Task]:
    """Classes on the declared axis, the last or the first; or one channel of 0 to 1, for two classes."""
    for axis in dict.fromkeys((_unbatched(probes.channel_dim), -1, 0)):
        if all(_fits_axis(out, truth, axis) for out, truth in zip(outputs, truths, strict=True)):
            width = outputs[0].shape[axis]
            if width > 1 and all(out.shape[axis] == width for out in outputs):
                yield Task("positions", _names(probes.labels, width), class_axis=axis)
    is_alike = all(np.squeeze(out).shape == np.squeeze(truth).shape for out, truth in zip(outputs, truths, strict=True))
    if is_alike and all(_is_zero_one(truth) for truth in truths) and len(probes.labels) <= 2:
        between = all(((out >= 0) & (out <= 1)).all() for out in outputs)
        yield Task("positions", _two_names(probes.labels), "shares" if between else "logits")


def _fits_axis(output: Array, truth: Array, axis: int) -> bool:
    """Whether the truth has a class for each position, as a number or a one-hot vector on the axis."""
    if output.ndim < 2 or not -output.ndim <= axis < output.ndim:
        return False
    width = output.shape[axis]
    if truth.shape == output.shape:
        return _is_zero_one(truth) and bool((truth.sum(axis=axis) <= 1).all()) and bool(truth.any())
    positions = np.delete(output.shape, axis)
    return tuple(np.squeeze(truth).shape) == tuple(positions[positions != 1]) and _are_class_numbers(truth, width)


def _unlabelled(probes: Probes, kind: Kind) -> Task:
    """The kind that was set by hand, where no ground truth says anything against it.

    Raises:
        ExplorerError: the output has another shape, or a ground truth does not fit.
    """
    if any(_is_known(one) for truths in probes.truths.values() for one in truths):
        shapes = "; ".join(f"{name} {_shapes(truths)}" for name, truths in probes.truths.items())
        raise ExplorerError(
            f"The task {kind} does not fit the output of shape {_shapes(probes.output)} and the ground truth of shape "
            f"{shapes}. Leave --task out, or choose another."
        )
    width = _width(probes.output)
    names = _two_names(probes.labels) if kind == "binary" else _names(probes.labels, width)
    return Task(
        kind, names, activation_of(probes.output), class_axis=-1 if kind == "positions" else None, decided_by="hand"
    )


def _is_known(truth: Array | None) -> bool:
    return truth is not None and np.size(truth) > 0


def _shapes(arrays: Sequence[Array | None]) -> str:
    return str(next((np.shape(one) for one in arrays if one is not None), None))


def _flat(arrays: Sequence[Array]) -> npt.NDArray[np.float64]:
    """[n, width]; [n, 0] where they differ in size."""
    sizes = {np.size(one) for one in arrays}
    if len(sizes) != 1:
        return np.empty((len(arrays), 0))
    return np.stack([np.asarray(one, dtype=np.float64).ravel() for one in arrays])


def _width(outputs: Sequence[Array]) -> int:
    return int(np.asarray(outputs[0]).shape[-1]) if len(outputs) and np.ndim(outputs[0]) else 1


def _are_probabilities(flat: Array) -> bool:
    is_vector = flat.shape[1] > 1 if flat.ndim == 2 else False
    return is_vector and bool((flat >= 0).all() and np.allclose(flat.sum(axis=1), 1.0, atol=_TOLERANCE))


def _is_zero_one(values: Array) -> bool:
    return bool(np.isin(values, (0, 1)).all())


def _are_class_numbers(values: Array, width: int) -> bool:
    """Whole numbers that name a class; negative ones, and 255, mark what does not count, as losses have it."""
    whole = np.asarray(values) == np.round(values)
    named = values[(values >= 0) & (values != 255)] if width <= 255 else values[values >= 0]
    return bool(whole.all()) and bool(named.size) and bool((named < width).all())


def _are_labels_of_one(values: Array, sums_to_one: bool) -> bool:
    """Whether each row is one-hot or smoothed; all-zero rows, which say nothing, only beside outputs that sum to 1."""
    sums = values.sum(axis=1)
    says = np.abs(sums - 1) < _TOLERANCE
    if not says.any() or not (says | (sums_to_one & (sums == 0))).all() or (values < 0).any():
        return False
    ordered = np.sort(values[says], axis=1)
    is_smoothed = ordered[:, -2] - ordered[:, 0] < _TOLERANCE
    return bool((is_smoothed & (ordered[:, -1] - ordered[:, -2] > _TOLERANCE)).all())


def _unbatched(channel_dim: int) -> int:
    """The declared axis counts the batch, so that 1 is the first of one sample."""
    return channel_dim if channel_dim < 0 else max(channel_dim - 1, 0)


def _names(labels: tuple[str, ...], width: int) -> tuple[str, ...]:
    """The labels, or the numbers of the outputs where they do not name them."""
    return labels if len(labels) == width else tuple(map(str, range(width)))


def _two_names(labels: tuple[str, ...]) -> tuple[str, str]:
    """The label of 0 and of 1."""
    if len(labels) == 2:
        return labels[0], labels[1]
    return (f"not {labels[0]}", labels[0]) if labels else ("0", "1")
