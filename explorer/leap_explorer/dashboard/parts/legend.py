"""The entries of a map's legend that are no links: swatches, the range of a scale of numbers, what is unknown."""

import numpy as np
from dash import html

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.plots.color_encoding import ColorEncoding

_BARS, _LEAST = 40, 12  # bars along a scale; per cent of the highest that the lowest has


def swatch(color: str) -> html.Span:
    """A patch of a colour."""
    return html.Span(className="swatch", style={"background": color})


def entry(color: str, name: str) -> html.Span:
    """A colour and what it stands for."""
    return html.Span([swatch(color), name], className="legend-entry")


def scale_entries(encoding: ColorEncoding) -> list[html.Span]:
    """The scale of numbers between its ends, under a histogram; none of categories."""
    if not encoding.range:
        return []
    low, high = theme.numbers(encoding.range)
    at_most, at_least = ("≤ ", "≥ ") if encoding.is_clipped else ("", "")
    gradient = f"linear-gradient(to right, {', '.join(encoding.gradient)})"
    bar = html.Span(className="color-bar", style={"background": gradient})
    scale = html.Span([html.Span(_bars(encoding), className="color-counts"), bar], className="color-scale")
    return [html.Span([at_most + low, scale, at_least + high], className="legend-entry")]


def _bars(encoding: ColorEncoding) -> list[html.Span]:
    """A histogram of the samples along the scale, in its colours; a bar that holds any can be seen."""
    steps = len(encoding.colors) - 1
    edges = np.linspace(1, steps + 1, _BARS + 1)
    counts, _ = np.histogram(encoding.codes, edges)
    heights = np.where(counts > 0, np.maximum(_LEAST, 100 * counts / max(counts.max(), 1)), 0)
    middles = ((edges[:-1] + edges[1:]) / 2).astype(int)
    return [
        html.Span(style={"height": f"{height:.0f}%", "background": encoding.colors[middle]})
        for height, middle in zip(heights, middles, strict=True)
    ]


def unknown_entries(encoding: ColorEncoding, is_dark: bool) -> list[html.Span]:
    """How many samples have no value; none where all have one."""
    return [entry(theme.UNKNOWN[is_dark], f"unknown ({encoding.unknown:,})")] if encoding.unknown else []
