"""Contrast ratios as WCAG 2.2 defines them: 4.5 for text (1.4.3), 3 for graphics and controls (1.4.11)."""

import re
from pathlib import Path

import pytest

from leap_explorer.dashboard import theme

STYLE = (Path(theme.__file__).parent / "assets" / "style.css").read_text(encoding="utf-8")
THEMES = {"light": False, "dark": True}
TEXT, GRAPHIC = 4.5, 3.0

#: Pairs of a colour and its ground, as the style sheets use them
TEXTS = [
    *((ink, ground) for ink in ("ink", "ink-faint") for ground in ("ground", "surface", "sunken", "accent-soft")),
    *(("accent", ground) for ground in ("ground", "surface", "sunken", "accent-soft")),
    *((word, ground) for word in ("good", "bad") for ground in ("surface", "sunken")),
    ("bad", "bad-soft"),
    ("ink", "bad-soft"),
    ("on-accent", "accent"),
    ("surface", "ink"),
]
CONTROLS = [(line, ground) for line in ("line-strong", "accent") for ground in ("ground", "surface", "sunken")]


def variables(selector):
    """The colours among a rule's custom properties."""
    (rule,) = re.findall(rf"^{re.escape(selector)} \{{([^}}]*--ground[^}}]*)\}}", STYLE, re.MULTILINE)
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", rule))


VARIABLES = {"light": variables(":root"), "dark": variables(':root[data-theme="dark"]')}


def luminance(color):
    channels = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_both_themes_have_the_same_colours():
    assert VARIABLES["light"].keys() == VARIABLES["dark"].keys()
    assert len(VARIABLES["light"]) == 13


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize(("ink", "ground"), TEXTS)
def test_text_on_its_ground(name, ink, ground):
    assert contrast(VARIABLES[name][ink], VARIABLES[name][ground]) >= TEXT


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize(("line", "ground"), CONTROLS)
def test_borders_of_controls_on_their_ground(name, line, ground):
    assert contrast(VARIABLES[name][line], VARIABLES[name][ground]) >= GRAPHIC


@pytest.mark.parametrize(("name", "is_dark"), THEMES.items())
def test_plots_have_the_pages_colours(name, is_dark):
    of_page = {key: value.upper() for key, value in VARIABLES[name].items()}
    assert theme.ink(is_dark) == of_page["ink"]
    assert theme.faint_ink(is_dark) == of_page["ink-faint"]
    assert theme.surface(is_dark) == of_page["surface"]
    assert theme.ACCENT[is_dark] == of_page["accent"]


@pytest.mark.parametrize("is_dark", THEMES.values())
@pytest.mark.parametrize("index", range(8))
def test_categories_on_a_card(is_dark, index):
    assert contrast(theme.palette(is_dark)[index], theme.surface(is_dark)) >= GRAPHIC


@pytest.mark.parametrize("is_dark", THEMES.values())
def test_unknown_values_on_a_card(is_dark):
    assert contrast(theme.UNKNOWN[is_dark], theme.surface(is_dark)) >= GRAPHIC
