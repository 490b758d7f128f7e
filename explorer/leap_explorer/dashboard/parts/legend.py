"""The entries of a map's legend that are no links: swatches, the range of a scale of numbers, what is unknown."""

from dash import html

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.plots.color_encoding import ColorEncoding


def swatch(color: str) -> html.Span:
    """A patch of a colour."""
    return html.Span(className="swatch", style={"background": color})


def entry(color: str, name: str) -> html.Span:
    """A colour and what it stands for."""
    return html.Span([swatch(color), name], className="legend-entry")


def scale_entries(encoding: ColorEncoding) -> list[html.Span]:
    """The bar of a scale of numbers between its ends; none of categories."""
    if not encoding.range:
        return []
    low, high = theme.numbers(encoding.range)
    at_most, at_least = ("≤ ", "≥ ") if encoding.is_clipped else ("", "")
    gradient = f"linear-gradient(to right, {', '.join(encoding.gradient)})"
    bar = html.Span(className="color-bar", style={"background": gradient})
    return [html.Span([at_most + low, bar, at_least + high], className="legend-entry")]


def unknown_entries(encoding: ColorEncoding, is_dark: bool) -> list[html.Span]:
    """How many samples have no value; none where all have one."""
    return [entry(theme.UNKNOWN[is_dark], f"unknown ({encoding.unknown:,})")] if encoding.unknown else []
