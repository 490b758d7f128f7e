"""Pictures, with boxes, masks and heat-maps over them."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from leap_explorer.colors import class_color
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.jsonml import element
from leap_explorer.dashboard.parts.legend import swatch
from leap_explorer.samples.drawings import Box, Boxes, Image, Layer, Layers, Picture

SMALLEST, LARGEST = 256, 560  # pixels of a picture's width on the page: smaller ones are enlarged, pixel by pixel

_OPACITY = 0.6  # of what lies over a picture, at first


def image(content: Image) -> Component:
    return _frame(content.picture, [])


def boxes(content: Boxes) -> Component:
    """Rectangles with their labels; those below a confidence can be hidden."""
    labels = sorted({box.label for box in content.boxes})
    shapes = [_box(box, labels.index(box.label)) for box in content.boxes]
    legend = [_swatch(class_color(number), label, label) for number, label in enumerate(labels)]
    controls = [_slider("confidence", "Confidence from", 0, 1, 0, 0.01), _switch("labels", "Labels", True)]
    return html.Div([_frame(content.picture, shapes), _row([*controls, *legend])], className="stack tight")


def layers(content: Layers) -> Component:
    """Classes or heat-maps over a picture, each of which can be hidden."""
    over = [_layer(layer, number) for number, layer in enumerate(content.layers)]
    switches = [_layer_switch(layer, number) for number, layer in enumerate(content.layers)]
    controls = [_slider("opacity", "Opacity", 0, 1, _OPACITY, 0.05), *switches]
    return html.Div([_frame(content.picture, over), _row(controls)], className="stack tight")


def source(picture: Picture) -> str:
    """The picture as an address."""
    return f"data:image/png;base64,{b64encode(picture.png).decode()}"


def width_of(picture: Picture) -> int:
    """On the page, in CSS pixels: a small picture is enlarged by a whole number, so that its pixels stay squares."""
    return min(LARGEST, picture.width * max(1, -(-SMALLEST // picture.width)))


def image_tag(picture: Picture, class_name: str = "picture", alt: str = "") -> html.Img:
    classes = f"{class_name} pixels" if width_of(picture) >= 2 * picture.width else class_name
    size = f"{picture.width} x {picture.height} pixels"
    return html.Img(src=source(picture), className=classes, alt=alt or f"Picture of {size}", title=size)


def _frame(picture: Picture, over: Sequence[Component]) -> Component:
    return html.Div([image_tag(picture), *over], className="picture-frame", style={"width": f"{width_of(picture)}px"})


def _box(box: Box, color: int) -> Component:
    place = {
        "left": f"{100 * (box.x - box.width / 2):.3f}%",
        "top": f"{100 * (box.y - box.height / 2):.3f}%",
        "width": f"{100 * box.width:.3f}%",
        "height": f"{100 * box.height:.3f}%",
        "borderColor": class_color(color),
    }
    if box.rotation:
        place["transform"] = f"rotate({box.rotation:.2f}deg)"
    said = f"{box.label} {box.confidence:.2f}"
    name = html.Span(said, className="box-label", style={"backgroundColor": class_color(color)})
    return html.Div(name, className="box", style=place, title=said, **ui.data(confidence=f"{box.confidence:.6f}"))


def _layer(layer: Layer, number: int) -> Component:
    pixels = " pixels" if layer.picture.width < SMALLEST else ""
    return html.Img(
        src=source(layer.picture),
        className=f"layer{pixels}",
        alt=layer.label,
        hidden=not _is_shown(layer, number) or None,
        style={"opacity": str(_OPACITY)},
        **ui.data(layer=str(number)),
    )


def _layer_switch(layer: Layer, number: int) -> Component:
    return _switch("layer", layer.label, _is_shown(layer, number), layer.color, str(number))


def _is_shown(layer: Layer, number: int) -> bool:
    """At first: all classes of a mask, and of several heat-maps one."""
    return layer.color is not None or number == 0


def _row(parts: Sequence[Component]) -> Component:
    return html.Div(list(parts), className="row center small drawing-controls")


def _slider(what: str, label: str, low: float, high: float, value: float, step: float) -> Component:
    """`assets/drawings.js` does what it says to the drawing that it stands in."""
    attributes = {"type": "range", "min": str(low), "max": str(high), "step": str(step), "value": str(value)}
    shown = html.Span(f"{value:g}", className="slider-value")
    return html.Label([f"{label} ", element("input", {**attributes, "data-shows": what}), shown], className="control")


def _switch(what: str, label: str, is_on: bool, color: str | None = None, layer: str = "") -> Component:
    attributes = {"type": "checkbox", "data-shows": what, "data-layer": layer or None, "checked": is_on or None}
    parts: list[Any] = [element("input", attributes), *([swatch(color)] if color else []), label]
    return html.Label(parts, className="switch" if color else "switch control")


def _swatch(color: str, label: str, title: str) -> Component:
    return html.Span([swatch(color), label], className="switch", title=title)
