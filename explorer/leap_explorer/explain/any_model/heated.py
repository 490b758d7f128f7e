"""A heat-map on what a visualizer has drawn, in code-loader's own classes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from code_loader.contract import visualizer_classes as leap

from leap_explorer.errors import ExplorerError

Array = npt.NDArray[Any]


def heated(shown: Any, heat: Array, label: str) -> Any:
    """The drawing with a heat-map: words with scores, a picture with a map, lines or bars of the scores instead.

    Args:
        shown: of a class of `code_loader.contract.visualizer_classes`.
        heat: of its words, pixels, points or bars; a leading axis of 1 is allowed, and a last one of channels.
        label: names the heat-map.

    Raises:
        ExplorerError: the heat-map has another shape than what is drawn, or none can be on what is drawn.
    """
    lay = _LAYERS.get(type(shown))
    if lay is None:
        raise ExplorerError(f"No heat-map can be laid on a {type(shown).__name__}.")
    return lay(shown, np.asarray(heat, dtype=np.float32), label)


def _on_text(shown: leap.LeapText, heat: Array, _label: str) -> leap.LeapText:
    return leap.LeapText(list(shown.data), heatmap=_scores(heat, len(shown.data)))


def _on_marked_text(shown: leap.LeapTextMask, heat: Array, _label: str) -> leap.LeapText:
    return leap.LeapText(list(shown.text), heatmap=_scores(heat, len(shown.text)))


def _scores(heat: Array, count: int) -> list[float]:
    """One a word; of several channels their sum. Positions after the last word may follow, if nothing is there."""
    positions = heat[0] if heat.ndim > 1 and heat.shape[0] == 1 else heat
    is_padded = len(positions) > count and not positions[count:].any()
    return [float(value) for value in _fitted(positions[:count] if is_padded else positions, (count,), "words")]


def _on_image(shown: Any, heat: Array, label: str) -> leap.LeapImageWithHeatmap:
    image = np.asarray(shown.image if hasattr(shown, "image") else shown.data, dtype=np.float32)
    return leap.LeapImageWithHeatmap(image, _fitted(heat, image.shape[:2], "pixels")[None], [label])


def _on_lines(shown: leap.LeapGraph, heat: Array, label: str) -> leap.LeapGraph:
    """Scores over the same axis, of each line or of all together."""
    points, lines = shown.data.shape
    each = np.squeeze(heat) if heat.ndim > 2 else heat
    if each.shape == (points, lines):
        return replace(shown, data=np.ascontiguousarray(each), y_label=label)
    total = _fitted(heat, (points,), "points")[:, None]
    return replace(shown, data=total, y_label=label, legend=[label])


def _on_bars(shown: leap.LeapHorizontalBar, heat: Array, _label: str) -> leap.LeapHorizontalBar:
    return leap.LeapHorizontalBar(_fitted(heat, shown.body.shape, "bars"), list(shown.labels))


def _on_points(shown: leap.LeapPointCloud, heat: Array, _label: str) -> leap.LeapPointCloud:
    return replace(shown, intensity=_fitted(heat, (len(shown.points),), "points"))


def _fitted(heat: Array, shape: tuple[int, ...], of_what: str) -> npt.NDArray[np.float32]:
    """The heat-map in that shape: without leading axes of 1, and summed over axes that it has at its end beyond it.

    Raises:
        ExplorerError: it has another shape.
    """
    found = heat
    while found.ndim > len(shape) and found.shape[0] == 1 and found.shape[: len(shape)] != shape:
        found = found[0]
    if found.shape[: len(shape)] != shape:
        raise ExplorerError(
            f"The heat-map has the shape {list(heat.shape)}; what is drawn has {list(shape)} {of_what}. Give the "
            "visualizer a heatmap_function that follows it."
        )
    return np.ascontiguousarray(found.sum(axis=tuple(range(len(shape), found.ndim))), dtype=np.float32)


_LAYERS: dict[type, Callable[[Any, Array, str], Any]] = {
    leap.LeapText: _on_text,
    leap.LeapTextMask: _on_marked_text,
    leap.LeapImage: _on_image,
    leap.LeapImageWithBBox: _on_image,
    leap.LeapImageMask: _on_image,
    leap.LeapImageWithHeatmap: _on_image,
    leap.LeapGraph: _on_lines,
    leap.LeapHorizontalBar: _on_bars,
    leap.LeapPointCloud: _on_points,
}
