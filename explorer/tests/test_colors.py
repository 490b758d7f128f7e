"""The colours of words."""

import pytest

from leap_explorer.colors import ABOVE_LINE, BELOW_LINE, INK, SURFACE, blend, word_gradient, word_ground


def test_blend_goes_from_the_first_to_the_last():
    assert [blend(("#000000", "#FFFFFF"), share) for share in (-1, 0, 0.5, 1, 2)] == [
        "#000000",
        "#000000",
        "#808080",
        "#FFFFFF",
        "#FFFFFF",
    ]


@pytest.mark.parametrize("is_dark", [False, True])
def test_orange_is_above_and_blue_below(is_dark):
    above, below = word_ground(1, is_dark), word_ground(-1, is_dark)
    for orange, blue in ((above, below), (ABOVE_LINE[is_dark], BELOW_LINE[is_dark])):
        assert int(orange[1:3], 16) - int(orange[5:7], 16) > 60
        assert int(blue[5:7], 16) - int(blue[1:3], 16) > 60
    assert word_ground(0, is_dark) == SURFACE[is_dark]
    gradient = word_gradient(is_dark)
    assert gradient.index(below) < gradient.index(SURFACE[is_dark]) < gradient.index(above)


@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize("sign", [-1, 1])
def test_text_stays_legible_on_every_colour(is_dark, sign):
    for percent in range(1, 101):
        ground = word_ground(sign * percent / 100, is_dark)
        assert contrast(INK[is_dark], ground) >= 4.5, (percent, ground)


@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_stronger_score_stands_out_more(is_dark, sign):
    grounds = [word_ground(sign * percent / 100, is_dark) for percent in (20, 40, 60, 80, 100)]
    from_surface = [contrast(SURFACE[is_dark], ground) for ground in grounds]
    assert from_surface == sorted(set(from_surface))
    assert from_surface[-1] > 1.8


@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize("line", [ABOVE_LINE, BELOW_LINE])
def test_lines_can_be_seen(is_dark, line):
    assert contrast(SURFACE[is_dark], line[is_dark]) >= 3


def contrast(first, second):
    """WCAG 2's contrast ratio, 1 to 21."""
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color):
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
