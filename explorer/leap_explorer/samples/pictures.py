"""From arrays to PNG files."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from leap_explorer.colors import ABOVE_LINE, BELOW_LINE
from leap_explorer.samples.drawings import LONGEST, Picture

Array = npt.NDArray[Any]
Bytes = npt.NDArray[np.uint8]


def as_bytes(pixels: Array) -> tuple[Bytes, list[str]]:
    """Pixels of 0 to 255, and what was done to them, in words.

    Floats of 0 to 1 are scaled, others cut at 0 and 255; values that are not finite become 0.
    """
    if pixels.dtype == np.uint8:
        return pixels, []
    is_known = np.isfinite(pixels)
    notes = [] if is_known.all() else ["Some values are not finite; they are drawn as 0."]
    known = np.where(is_known, pixels, 0.0)
    low, high = float(known.min(initial=0)), float(known.max(initial=0))
    if low >= 0 and 0 < high <= 1:
        notes.append("Its values, from 0 to 1, are scaled to be seen; the platform, which takes 0 to 255, draws black.")
        known = known * 255
    elif low < 0 or high > 255:
        notes.append(f"Its values, from {low:.3g} to {high:.3g}, are cut at 0 and 255.")
    return np.clip(known, 0, 255).astype(np.uint8), notes


def stretched(pixels: Array) -> Bytes:
    """Pixels from the lowest to the highest as 0 to 255."""
    known = np.where(np.isfinite(pixels), pixels, 0.0).astype(np.float64)
    low, high = known.min(), known.max()
    return ((known - low) / ((high - low) or 1.0) * 255).astype(np.uint8)


def picture(pixels: Bytes, longest: int = LONGEST) -> Picture:
    """Of [height, width, 1, 3 or 4] (grey, colour, colour with transparency); a large one is made smaller."""
    height, width, channels = pixels.shape
    image = Pillow.fromarray(pixels[..., 0] if channels == 1 else pixels)
    shrink = longest / max(height, width)
    if shrink < 1:
        size = max(1, round(width * shrink)), max(1, round(height * shrink))
        # Classes and transparency must not mix at their edges
        image = image.resize(size, Pillow.Resampling.NEAREST if channels == 4 else Pillow.Resampling.BOX)
    file = BytesIO()
    image.save(file, "PNG")
    return Picture(file.getvalue(), width, height)


def smaller(drawn: Picture | None, longest: int = 128) -> Picture | None:
    """The picture with a longer side of at most so many pixels."""
    if drawn is None or max(drawn.width, drawn.height) <= longest:
        return drawn
    image = Pillow.open(BytesIO(drawn.png))
    image.thumbnail((longest, longest), Pillow.Resampling.BOX)
    file = BytesIO()
    image.save(file, "PNG")
    return Picture(file.getvalue(), drawn.width, drawn.height)


def class_layer(mask: Array, value: int, color: str) -> Picture:
    """[height, width] of a mask: the places of one value in its colour, all else transparent."""
    pixels = np.zeros((*mask.shape, 4), dtype=np.uint8)
    pixels[mask == value] = (*bytes.fromhex(color[1:]), 255)
    return picture(pixels)


def heat_layer(heat: Array) -> Picture:
    """[height, width] of scores: orange above 0 and blue below it, the further from 0 the less transparent."""
    known = np.where(np.isfinite(heat), heat, 0.0).astype(np.float64)
    strength = np.abs(known) / (np.abs(known).max() or 1.0)
    pixels = np.empty((*heat.shape, 4), dtype=np.uint8)
    pixels[..., :3] = np.where((known >= 0)[..., None], _rgb(ABOVE_LINE[True]), _rgb(BELOW_LINE[True]))
    pixels[..., 3] = (strength * 255).astype(np.uint8)
    return picture(pixels)


def _rgb(color: str) -> Sequence[int]:
    return list(bytes.fromhex(color[1:]))
