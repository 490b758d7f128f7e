"""A text in coloured pieces."""

import pytest

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.parts import word_heat as heat
from leap_explorer.explain.alignment import Span


def test_the_pieces_are_the_text():
    text = "It's GREAT,\tsay I!  <b>&amp;</b>"
    spans = [Span(0, 4, 0.5, True), Span(5, 10, -1.0, True), Span(12, 15, None, False)]
    found = heat.pieces(text, spans)
    assert "".join(piece.text for piece in found) == text
    assert [(piece.text, piece.span) for piece in found if piece.span] == [
        ("It's", spans[0]),
        ("GREAT", spans[1]),
        ("say", spans[2]),
    ]


def test_line_breaks_are_shown_and_are_no_words():
    text = "one<br />two<BR>three"
    spans = [Span(0, 3, 1.0, True), Span(4, 6, 2.0, True), Span(9, 12, 3.0, True), Span(16, 21, 4.0, True)]
    found = heat.pieces(text, spans)
    assert "".join(piece.text for piece in found) == "one\ntwo\nthree"
    assert [piece.text for piece in found if piece.span] == ["one", "two", "three"]


@pytest.mark.parametrize(("text", "spans"), [("", []), ("no spans at all", [])])
def test_a_text_without_words_is_itself(text, spans):
    assert "".join(piece.text for piece in heat.pieces(text, spans)) == text


def test_the_excerpt_ends_between_words():
    assert heat.excerpt("a <br />b\n c", 20) == "a b c"
    assert heat.excerpt("hello brave world", 13) == "hello brave…"
    assert heat.excerpt("hello brave world", 11) == "hello…"
    assert heat.excerpt("x" * 30, 10) == "x" * 9 + "…"


def test_the_scale_is_the_largest_score():
    assert heat.largest([Span(0, 1, 0.5, True), Span(2, 3, -2.0, True), Span(4, 5, None, False)]) == 2.0
    assert heat.largest([Span(0, 1, None, False)]) == 0.0


@pytest.mark.parametrize("is_dark", [False, True])
def test_colours_tell_sign_and_strength(is_dark):
    weak, strong, below = (heat.color(score, 2.0, is_dark) for score in (0.4, 2.0, -2.0))
    assert len({weak, strong, below}) == 3
    assert heat.color(0.0, 2.0, is_dark) is None
    assert heat.color(0.01, 2.0, is_dark) is None
    assert heat.color(0.0, 0.0, is_dark) is None
    assert heat.color(99.0, 2.0, is_dark) == strong
    red, blue = (int(strong[1:3], 16) - int(strong[5:7], 16), int(below[5:7], 16) - int(below[1:3], 16))
    assert red > 60
    assert blue > 60


@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize("sign", [-1, 1])
def test_text_stays_legible_on_every_colour(is_dark, sign):
    for percent in range(1, 101):
        ground = heat.color(sign * percent / 100, 1.0, is_dark) or theme.surface(is_dark)
        assert contrast(theme.ink(is_dark), ground) >= 4.5, (percent, ground)


@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_stronger_score_stands_out_more(is_dark, sign):
    grounds = [heat.color(sign * percent / 100, 1.0, is_dark) for percent in (20, 40, 60, 80, 100)]
    from_surface = [contrast(theme.surface(is_dark), ground) for ground in grounds]
    assert from_surface == sorted(set(from_surface))
    assert from_surface[-1] > 1.8


def test_the_strongest_words_of_both_sides():
    spans = [Span(0, 1, 0.5, True), Span(2, 3, -2.0, True), Span(4, 5, 3.0, True), Span(6, 7, 0.0, True)]
    above, below = heat.strongest("a b c d", [*spans, Span(6, 7, None, False)], 1)
    assert above == [("c", 3.0)]
    assert below == [("b", -2.0)]


def contrast(first, second):
    """WCAG 2's contrast ratio, 1 to 21."""
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color):
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
