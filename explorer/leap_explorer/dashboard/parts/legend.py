"""The entries of a map's legend that are no links: swatches, the range of a scale of numbers, what is unknown."""

from dash import html

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.plots.color_encoding import Painting


def swatch(color: str) -> html.Span:
    """A patch of a colour."""
    return html.Span(className="swatch", style={"background": color})


def entry(color: str, name: str) -> html.Span:
    """A colour and what it stands for."""
    return html.Span([swatch(color), name], className="legend-entry")


def scale_entries(painting: Painting) -> list[html.Span]:
    """The bar of a scale of numbers between its ends; none of categories."""
    if not painting.range:
        return []
    low, high = (theme.number(one) for one in painting.range)
    at_most, at_least = ("≤ ", "≥ ") if painting.is_clipped else ("", "")
    gradient = f"linear-gradient(to right, {', '.join(painting.gradient)})"
    bar = html.Span(className="color-bar", style={"background": gradient})
    return [html.Span([at_most + low, bar, at_least + high], className="legend-entry")]


def unknown_entries(painting: Painting, is_dark: bool) -> list[html.Span]:
    """How many samples have no value; none where all have one."""
    return [entry(theme.UNKNOWN[is_dark], f"unknown ({painting.unknown:,})")] if painting.unknown else []
