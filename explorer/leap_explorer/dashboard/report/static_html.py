"""Dash's components as HTML that needs no server: what a view is made of, as a light and a dark page show it.

All text is escaped. Inputs, which need the server, are left out, and so are links that change the dashboard's state:
their text stays.
"""

import json
import re
from collections.abc import Mapping
from html import escape
from typing import Any

from dash import dcc
from dash.development.base_component import Component
from plotly.io.json import to_json_plotly

from leap_explorer.dashboard.parts.css import declaration

_HTML = "dash_html_components"
_VOID = {"br", "hr", "img"}
_PICTURE = "data:image/png;base64,"  # the only source that an image may have
_ATTRIBUTES = {
    "alt": "alt",
    "className": "class",
    "hidden": "hidden",
    "lang": "lang",
    "open": "open",
    "role": "role",
    "scope": "scope",
    "tabIndex": "tabindex",
    "title": "title",
    "value": "value",
}
_BACKGROUNDS = {"background", "backgroundColor"}


def to_html(light: Any, dark: Any) -> str:
    """HTML of a component, a text, or a list of both.

    Args:
        light: as a light page shows it.
        dark: the same as a dark page shows it; it differs in backgrounds and in figures alone.
    """
    if light is None:
        return ""
    if isinstance(light, list | tuple):
        return "".join(to_html(*pair) for pair in zip(light, dark, strict=True))
    if isinstance(light, dcc.Graph):
        return _graph(light, dark)
    if not isinstance(light, Component):
        return escape(str(light))
    return _element(light, dark) if light._namespace == _HTML else ""


def to_json(value: Any) -> str:
    """JSON to stand within a script element; plots make no links of what it holds."""
    text = re.sub(r"<(?=a\b)", "&lt;", json.dumps(value, separators=(",", ":")), flags=re.IGNORECASE)
    return text.replace("<", r"\u003c")


def difference(light: Any, dark: Any) -> Any:
    """What makes the dark figure of the light one: the parts that differ, by key or index."""
    if isinstance(light, dict) and isinstance(dark, dict) and light.keys() == dark.keys():
        pairs = {key: (light[key], dark[key]) for key in light}
    elif isinstance(light, list) and isinstance(dark, list) and len(light) == len(dark):
        pairs = dict(enumerate(zip(light, dark, strict=True)))
    else:
        return dark
    return {key: difference(*pair) for key, pair in pairs.items() if pair[0] != pair[1]}


def _element(light: Component, dark: Component) -> str:
    props, dark_props = light.to_plotly_json()["props"], dark.to_plotly_json()["props"]
    if "data-drawn" in props or "control" in str(props.get("className", "")).split():
        return ""  # it changes what is drawn, by the dashboard's scripts
    tag, attributes = light._type.lower(), _attributes(props)
    if tag == "img" and str(props.get("src", "")).startswith(_PICTURE):
        attributes["src"] = props["src"]
    if tag == "a" and str(props.get("href", "")).startswith("#"):
        attributes["href"] = props["href"]
    elif tag == "a":
        tag = "span"
    if tag == "section" and "id" in props:
        attributes["id"] = props["id"]  # where the links of the contents lead; others would stand there twice
    if style := _style(props.get("style") or {}, dark_props.get("style") or {}):
        attributes["style"] = style
    opening = tag + "".join(_written(name, value) for name, value in attributes.items())
    if tag in _VOID:
        return f"<{opening}>"
    return f"<{opening}>{to_html(props.get('children'), dark_props.get('children'))}</{tag}>"


def _attributes(props: Mapping[str, Any]) -> dict[str, Any]:
    named = {_ATTRIBUTES[name]: value for name, value in props.items() if name in _ATTRIBUTES}
    told = {name: value for name, value in props.items() if name.startswith(("aria-", "data-"))}
    told.pop("data-change", None)
    return {**named, **told}


def _written(name: str, value: Any) -> str:
    if value is None or value is False or value == "":
        return ""
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'


def _style(light: Mapping[str, Any], dark: Mapping[str, Any]) -> str:
    """A background that is another one in the dark goes into two variables, of which the style sheet takes one."""
    rules = []
    for name, value in light.items():
        if name in _BACKGROUNDS and value != dark[name]:
            rules += [f"--light:{value}", f"--dark:{dark[name]}"]
        else:
            rules.append(declaration(name, value))
    return ";".join(rules)


def _graph(light: dcc.Graph, dark: dcc.Graph) -> str:
    """A box for a plot, with the figure within; the page's script draws it."""
    props = light.to_plotly_json()["props"]
    figures = [json.loads(to_json_plotly(graph.to_plotly_json()["props"]["figure"])) for graph in (light, dark)]
    height = (figures[0].get("layout") or {}).get("height")
    style = f' style="height:{int(height)}px"' if height else ""
    classes = escape(f"graph {props.get('className', '')}".strip())
    content = {"figure": figures[0], "dark": difference(*figures), "config": props.get("config") or {}}
    return f'<div class="{classes}"{style}><script type="application/json">{to_json(content)}</script></div>'
