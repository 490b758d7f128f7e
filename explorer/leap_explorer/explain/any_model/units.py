"""What is left out of a sample at once, and judged as one: a token, a number, a patch of an image."""

from dataclasses import dataclass

import numpy as np

from leap_explorer.explain.any_model.inputs import Array, Inputs, ModelInput
from leap_explorer.explain.attribution import Positions, word_groups

MOST_UNITS = 196  #: of an input: a grid of 14 x 14 patches
MOST_CHANNELS = 16  #: so many channels of a curve are judged one by one


@dataclass(frozen=True)
class Unit:
    """Positions of the flat vector of `Inputs`."""

    removed: Positions  #: that become the baseline where the unit is left out
    shown: Positions  #: that its score belongs to


def units_of(inputs: Inputs) -> list[Unit]:
    """Each token that is no padding and not hidden; each number, or block of them where there are many."""
    starts = dict(zip((part.name for part in inputs), inputs.starts, strict=False))
    found = []
    for part in inputs:
        start = starts[part.name]
        if part.kind == "tokens":
            mask = _mask_of(part, inputs)
            removed = start if mask is None else starts[mask.name]
            tokens = np.flatnonzero(_held(part, mask))[:, None]
            found += [Unit(place + removed, place + start) for place in tokens]
        elif part.kind == "numbers":
            places = [block + start for block in blocks(part.values.shape, part.channel_axis)]
            found += [Unit(place, place) for place in places]
    return found


def units_in_words(inputs: Inputs) -> str:
    """Such as `tokens and numbers`."""
    named = {"tokens": "tokens", "numbers": "numbers"}
    kinds = [
        "patches" if part.kind == "numbers" and part.values.ndim > 2 else named[part.kind]
        for part in inputs
        if part.kind in named
    ]
    return " and ".join(dict.fromkeys(kinds))


def held_tokens(part: ModelInput, inputs: Inputs) -> Array:
    """[*shape], True where a token is one that the model reads: neither 0, which is padding, nor hidden by a mask."""
    return _held(part, _mask_of(part, inputs)).reshape(part.values.shape)


def blocks(shape: tuple[int, ...], channel_axis: int, most: int = MOST_UNITS) -> list[Positions]:
    """Flat positions of each block of a grid over an array, the blocks as alike in size as they can be.

    Channels of an image (three axes and more) go together; those of a curve (two axes) one by one, unless they are
    many. All other axes are divided into equally many blocks, `most` in all.
    """
    axis = channel_axis % len(shape) if len(shape) > 1 else None
    counts = [1] * len(shape)
    if axis is not None and len(shape) == 2 and shape[axis] <= MOST_CHANNELS:
        counts[axis] = shape[axis]
    others = [i for i in range(len(shape)) if i != axis]
    left = most / np.prod(counts)
    for done, i in enumerate(sorted(others, key=lambda i: shape[i])):  # what a short axis leaves over, long ones take
        counts[i] = max(1, min(shape[i], int(left ** (1 / (len(others) - done)) + 1e-9)))
        left /= counts[i]
    number = np.zeros(shape, dtype=np.intp)
    for i, (size, count) in enumerate(zip(shape, counts, strict=True)):
        along = np.arange(size) * count // max(size, 1)
        number = number * count + along.reshape([-1 if i == j else 1 for j in range(len(shape))])
    return word_groups(number.ravel(), int(np.prod(counts)))


def _mask_of(part: ModelInput, inputs: Inputs) -> ModelInput | None:
    """The mask that hides an input's tokens: the first of its shape."""
    return next((one for one in inputs if one.kind == "mask" and one.values.shape == part.values.shape), None)


def _held(part: ModelInput, mask: ModelInput | None) -> Array:
    is_token = np.ravel(part.values) != 0
    return is_token if mask is None else is_token & (np.ravel(mask.values) != 0)
