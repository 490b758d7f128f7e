"""From code-loader's visualizer classes to drawings."""

import wave
from collections.abc import Callable, Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from code_loader.contract import visualizer_classes as leap
from code_loader.contract.responsedataclasses import BoundingBox, BoundingBox3D

from leap_explorer.colors import class_color
from leap_explorer.samples.drawings import (
    LONGEST,
    MOST_BOXES,
    MOST_FRAMES,
    MOST_POINTS,
    MOST_WORDS,
    Bars,
    Box,
    Box3D,
    Boxes,
    Clip,
    Content,
    Drawing,
    Image,
    Layer,
    Layers,
    Lines,
    MarkedText,
    Picture,
    Points,
    Sound,
    Text,
)
from leap_explorer.samples.pictures import as_bytes, class_layer, heat_layer, picture, stretched

Array = npt.NDArray[Any]

_LONGEST_FRAME = 320  # pixels of a clip's longer side
_LONGEST_SOUND = 120  # seconds
_NO_CLASS = "no class"


def drawing(name: str, shown: Any) -> Drawing:
    """What a visualizer returned, as data; of a class that is not known here, a problem that says so."""
    encode = _ENCODERS.get(type(shown))
    if encode is None:
        return Drawing(name, None, f"A {type(shown).__name__} is none of the visualizer classes that are known here.")
    content, notes = encode(shown)
    return Drawing(name, content, None, tuple(notes))


def _text(shown: leap.LeapText) -> tuple[Content, list[str]]:
    words, notes = _cut(shown.data, MOST_WORDS, "words")
    return Text(tuple(words), None if shown.heatmap is None else _numbers(shown.heatmap[: len(words)])), notes


def _marked_text(shown: leap.LeapTextMask) -> tuple[Content, list[str]]:
    words, notes = _cut(shown.text, MOST_WORDS, "words")
    classes = tuple(int(value) for value in shown.mask[: len(words)])
    return MarkedText(tuple(words), classes, _class_names(shown.labels, shown.mask)), notes


def _image(shown: leap.LeapImage) -> tuple[Image, list[str]]:
    drawn, notes = _picture(shown.data)
    return Image(drawn), notes


def _boxes(shown: leap.LeapImageWithBBox) -> tuple[Content, list[str]]:
    drawn, notes = _picture(shown.data)
    ordered = sorted(shown.bounding_boxes, key=lambda one: -float(one.confidence))
    boxes, cut = _cut(ordered, MOST_BOXES, "boxes")
    known = [_box(one) for one in boxes if np.isfinite([one.x, one.y, one.width, one.height]).all()]
    if len(known) < len(boxes):
        cut.append(f"{len(boxes) - len(known):,} boxes have no place: their numbers are not finite.")
    return Boxes(drawn, tuple(known)), notes + cut


def _box(one: BoundingBox) -> Box:
    sides = (float(one.x), float(one.y), float(one.width), float(one.height))
    return Box(*sides, float(one.confidence), str(one.label), float(one.rotation))


def _masked(shown: leap.LeapImageMask) -> tuple[Content, list[str]]:
    drawn = picture(stretched(shown.image))  # as the platform does it
    names = _class_names(shown.labels, shown.mask)
    layers = [
        Layer(_label(names, value), class_layer(shown.mask, value, class_color(value)), class_color(value))
        for value in map(int, np.unique(shown.mask))
    ]
    return Layers(drawn, tuple(layers)), _shape_note(shown.mask, shown.image)


def _heat_maps(shown: leap.LeapImageWithHeatmap) -> tuple[Content, list[str]]:
    drawn, notes = _picture(shown.image)
    layers = [Layer(label, heat_layer(heat), None) for label, heat in zip(shown.labels, shown.heatmaps, strict=True)]
    return Layers(drawn, tuple(layers)), notes


def _lines(shown: leap.LeapGraph) -> tuple[Lines, list[str]]:
    points, lines = shown.data.shape
    low, high = shown.x_range or (0, max(points - 1, 0))
    step = max(1, -(-points // MOST_POINTS))
    notes = [f"Every {step}th of {points:,} points is shown."] if step > 1 else []
    names = shown.legend or [f"line {number + 1}" for number in range(lines)]
    values = shown.data[::step].T
    x = _numbers(np.linspace(low, high, points)[::step])
    return Lines(x, tuple(map(_numbers, values)), tuple(names), shown.x_label, shown.y_label), notes


def _bars(shown: leap.LeapHorizontalBar) -> tuple[Content, list[str]]:
    truth = None if shown.gt is None else _numbers(shown.gt)
    fits = len(shown.body) == len(shown.labels) and (truth is None or len(truth) == len(shown.labels))
    if not fits:
        raise ValueError(f"{len(shown.body)} bars have {len(shown.labels)} labels")
    return Bars(tuple(shown.labels), _numbers(shown.body), truth), []


def _clip(shown: leap.LeapVideo) -> tuple[Content, list[str]]:
    count = len(shown.data)
    chosen = np.unique(np.linspace(0, count - 1, min(count, MOST_FRAMES)).astype(int))
    notes = [f"{len(chosen)} of {count:,} frames are shown."] if len(chosen) < count else []
    data = shown.data[chosen]
    pixels = data if data.dtype == np.uint8 else as_bytes(np.clip(data, 0, 1) * 255)[0]
    return Clip(tuple(picture(frame, _LONGEST_FRAME) for frame in pixels), count), notes


def _sound(shown: leap.LeapAudio) -> tuple[Content, list[str]]:
    samples, rate = np.nan_to_num(np.asarray(shown.audio)), int(shown.sample_rate)
    kept = samples[: rate * _LONGEST_SOUND]
    notes = [f"The first {_LONGEST_SOUND} of {len(samples) / rate:,.0f} seconds."] if len(kept) < len(samples) else []
    visual, more = _seen(shown.visual)
    file = BytesIO()
    with wave.open(file, "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(rate)
        target.writeframes((np.clip(kept, -1, 1) * 32767).astype("<i2").tobytes())
    return Sound(file.getvalue(), len(kept) / rate, visual), notes + more


def _seen(visual: leap.LeapImage | leap.LeapGraph) -> tuple[Image | Lines, list[str]]:
    return _image(visual) if isinstance(visual, leap.LeapImage) else _lines(visual)


def _points(shown: leap.LeapPointCloud) -> tuple[Content, list[str]]:
    step = max(1, -(-len(shown.points) // MOST_POINTS))
    notes = [f"Every {step}th of {len(shown.points):,} points is shown."] if step > 1 else []
    x, y, z = shown.points[::step].T
    intensity = None if shown.intensity is None else _numbers(shown.intensity[::step])
    boxes, cut = _cut(shown.bounding_boxes or [], MOST_BOXES, "boxes")
    return Points(_numbers(x), _numbers(y), _numbers(z), intensity, tuple(map(_box_3d, boxes))), notes + cut


def _box_3d(one: BoundingBox3D) -> Box3D:
    along, across = np.array([1, 1, -1, -1]) * one.length / 2, np.array([1, -1, -1, 1]) * one.width / 2
    cos, sin = np.cos(one.yaw), np.sin(one.yaw)
    x, y = one.x + along * cos - across * sin, one.y + along * sin + across * cos
    corners = [(float(x[i]), float(y[i]), one.z + side * one.height / 2) for side in (-1, 1) for i in range(4)]
    return Box3D(tuple(corners), str(one.label), float(one.confidence), bool(one.is_ground_truth))


_ENCODERS: dict[type, Callable[[Any], tuple[Content, list[str]]]] = {
    leap.LeapText: _text,
    leap.LeapTextMask: _marked_text,
    leap.LeapImage: _image,
    leap.LeapImageWithBBox: _boxes,
    leap.LeapImageMask: _masked,
    leap.LeapImageWithHeatmap: _heat_maps,
    leap.LeapGraph: _lines,
    leap.LeapHorizontalBar: _bars,
    leap.LeapVideo: _clip,
    leap.LeapAudio: _sound,
    leap.LeapPointCloud: _points,
}


def _picture(pixels: Array) -> tuple[Picture, list[str]]:
    """Of a huge image every so many pixels at first, which no eye misses: it is made smaller anyway."""
    height, width = pixels.shape[:2]
    step = max(1, max(height, width) // (2 * LONGEST))
    drawn, notes = as_bytes(pixels[::step, ::step])
    return replace(picture(drawn), width=width, height=height), notes


def _shape_note(mask: Array, image: Array) -> list[str]:
    same = mask.shape == image.shape[:2]
    return [] if same else [f"The mask has {mask.shape[1]} x {mask.shape[0]} pixels, stretched over the image."]


def _class_names(labels: Sequence[str], mask: Array) -> tuple[str, ...]:
    """The classes' names by the mask's values.

    Integrations name the values from 0 on, as code-loader's own default visualizers do; or, as an example of its
    documentation, from 1 on, so that 0 has no class: told by a value as high as there are labels.
    """
    is_from_one = bool(labels) and int(mask.max(initial=0)) == len(labels)
    return (_NO_CLASS, *labels) if is_from_one else tuple(labels)


def _label(labels: Sequence[str], value: int) -> str:
    """Of a mask's value; one that has no label goes by its number."""
    return labels[value] if value < len(labels) else str(value)


def _cut(values: Sequence[Any], most: int, what: str) -> tuple[Sequence[Any], list[str]]:
    kept = values[:most]
    return kept, [f"The first {most:,} of {len(values):,} {what} are shown."] if len(kept) < len(values) else []


def _numbers(values: Any) -> tuple[float, ...]:
    return tuple(np.asarray(values, dtype=np.float64).tolist())
