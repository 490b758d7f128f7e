"""Content that no callback reaches as data, of which the page makes the elements.

Dash keeps a record of each component, and goes through all records with each update: a page of hundreds of them takes
a second or more. Here whatever has no id, a table with all its cells for instance, becomes one component that holds
JsonML (jsonml.org); `assets/drawn.js` makes the elements of it, the same that Dash would.
"""

import json
from collections.abc import Mapping
from copy import copy
from typing import Any

from dash import html
from dash.development.base_component import Component

from leap_explorer.dashboard.parts.css import declaration

_HTML = "dash_html_components"
_ATTRIBUTES = {"className": "class", "htmlFor": "for"}  # all others are HTML's, but for their case


def element(tag: str, attributes: Mapping[str, Any], *children: Any) -> html.Span:
    """An element of which Dash has no component, such as a plain `input`, in a span of its own."""
    parts = [tag, _attributes(attributes), *map(to_jsonml, children)]
    own: Any = {"data-drawn": json.dumps([parts], separators=(",", ":"), ensure_ascii=False)}
    return html.Span(**own)


def drawn(content: Any) -> Any:
    """A component, a text, or a list of both, with its elements without id as data.

    Components with an id, and those that are not plain HTML, stay what they are; what is in them is drawn.
    """
    if isinstance(content, list | tuple):
        return [drawn(one) for one in content]
    if not isinstance(content, Component):
        return content
    children = getattr(content, "children", None)
    if children is None or isinstance(children, str):
        return content
    result = copy(content)
    element = to_jsonml(content)
    if element is None:
        result.children = drawn(children)
        return result
    del result.children
    setattr(result, "data-drawn", json.dumps(element[2:], separators=(",", ":"), ensure_ascii=False))
    return result


def to_jsonml(content: Any) -> str | list[Any] | None:
    """A component as `[tag, attributes, *children]`, a text as it is; None if a callback may reach a part of it."""
    if not isinstance(content, Component):
        return str(content)
    if not _is_plain(content):
        return None
    props = content.to_plotly_json()["props"]
    children = [to_jsonml(one) for one in _listed(props.pop("children", None))]
    return None if None in children else [content._type.lower(), _attributes(props), *children]


def _is_plain(content: Component) -> bool:
    return content._namespace == _HTML and not hasattr(content, "id")


def _listed(children: Any) -> list[Any]:
    every = children if isinstance(children, list | tuple) else [children]
    return [one for one in every if one is not None]


def _attributes(props: Mapping[str, Any]) -> dict[str, str]:
    given = {name: value for name, value in props.items() if value is not None and value is not False}
    return {_ATTRIBUTES.get(name, name.lower()): _written(value) for name, value in given.items()}


def _written(value: Any) -> str:
    if isinstance(value, Mapping):
        return ";".join(declaration(name, one) for name, one in value.items())
    return "" if value is True else str(value)
