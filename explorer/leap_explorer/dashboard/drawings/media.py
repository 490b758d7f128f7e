"""Clips and sounds, which play."""

import json
from base64 import b64encode

from dash import html
from dash.development.base_component import Component

from leap_explorer.dashboard.drawings.pictures import image_tag, source, width_of
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.jsonml import element
from leap_explorer.samples.drawings import Clip, Sound


def clip(content: Clip) -> Component:
    """The first frame, with a button that plays all, and a slider; `assets/drawings.js` moves it."""
    frames = [source(one) for one in content.frames]
    first = content.frames[0]
    last = len(frames) - 1
    slider = {"type": "range", "min": "0", "max": str(last), "step": "1", "value": "0", "data-shows": "frame"}
    controls = [
        element("button", {"type": "button", "class": "button", "data-plays": "clip"}, "Play"),
        html.Label(["Frame ", element("input", slider), html.Span("0", className="slider-value")]),
    ]
    width = {"width": f"{width_of(first)}px"}
    shown = html.Div(image_tag(first, "picture frame", "The frame of the clip"), className="picture-frame", style=width)
    row = html.Div(controls, className="row center small drawing-controls")
    return html.Div([shown, row], className="stack tight clip", **ui.data(frames=json.dumps(frames)))


def sound(content: Sound, visual: Component) -> Component:
    """What there is to see, and below it a player."""
    address = f"data:audio/wav;base64,{b64encode(content.wav).decode()}"
    player = html.Audio(src=address, controls=True, preload="metadata", className="player")
    length = html.Span(f"{content.seconds:.1f} s", className="faint small")
    return html.Div([visual, html.Div([player, length], className="row center")], className="stack tight")
