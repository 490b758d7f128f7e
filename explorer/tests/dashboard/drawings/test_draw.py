"""What the page is given for each kind of drawing, as HTML."""

import re

import pytest
from dash import dcc

from leap_explorer.dashboard.drawings.charts import bars, lines, points
from leap_explorer.dashboard.drawings.draw import draw
from leap_explorer.dashboard.drawings.pictures import LARGEST, width_of
from leap_explorer.dashboard.parts.jsonml import drawn, to_jsonml
from leap_explorer.samples.drawings import (
    Bars,
    Box,
    Box3D,
    Boxes,
    Clip,
    Drawing,
    Image,
    Layer,
    Layers,
    Lines,
    MarkedText,
    Picture,
    Points,
    Sound,
    Text,
)

PICTURE = Picture(b"png", 16, 8)
LINES = Lines((0.0, 1.0), ((1.0, 2.0),), ("line 1",))


def html_of(*contents, is_dark=False):
    """All that is drawn of drawings named a, b, ..., as nested lists written out."""
    named = [Drawing(name, content) for name, content in zip("abcdef", contents, strict=False)]
    return str([to_jsonml(one) for one in draw(named, is_dark)])


def test_a_figure_each_with_its_name_notes_and_problem():
    given = [Drawing("one", Text(("a", "", "b")), None, ("cut",)), Drawing("two", None, "It <raised>.")]
    figures = [to_jsonml(one) for one in draw(given, False)]
    assert [figure[0] for figure in figures] == ["figure", "figure"]
    assert figures[0][2][2] == "one"
    assert "a b" in str(figures[0])
    assert "cut" in str(figures[0])
    assert "It <raised>." in str(figures[1])  # a text, of which the page makes a text


def test_scored_words_have_the_colour_of_their_score():
    shown = html_of(Text(("good", "bad", "so"), (1.0, -1.0, 0.0)))
    grounds = re.findall(r"background-color:(#\w+)", shown)
    assert len(grounds) == 2
    red, blue = (int(grounds[0][1:3], 16), int(grounds[0][5:7], 16))
    assert red > blue  # orange above 0
    assert "'+1', " not in shown
    assert "+1" in shown


def test_texts_of_the_same_words_stand_in_one_figure_and_differences_are_framed():
    labels = ("O", "name")
    truth, said = MarkedText(("a", "b", ""), (0, 1, 0), labels), MarkedText(("a", "b", ""), (0, 0, 0), labels)
    figures = draw([Drawing("truth", truth), Drawing("x", Text(("a",))), Drawing("said", said)], False)
    assert len(figures) == 2
    shown = str(to_jsonml(figures[0]))
    assert "truth and said" in shown
    assert "Lines from above: truth, said." in shown
    assert shown.count("differs") == 1
    assert shown.count("'mark-line'") == 4


def test_texts_of_other_words_stand_alone():
    first, second = MarkedText(("a",), (0,), ("O",)), MarkedText(("b",), (3,), ("O",))
    figures = draw([Drawing("p", first), Drawing("q", second)], False)
    assert len(figures) == 2
    assert "'3'" in str(to_jsonml(figures[1]))  # a class without a name goes by its number


def test_boxes_stand_at_their_place_with_a_slider():
    shown = html_of(Boxes(PICTURE, (Box(0.5, 0.25, 0.2, 0.1, 0.9, "cat", 30.0),)))
    assert "left:40.000%;top:20.000%;width:20.000%;height:10.000%" in shown
    assert "rotate(30.00deg)" in shown
    assert "cat 0.90" in shown
    assert "'data-confidence': '0.900000'" in shown
    assert "confidence" in shown


def test_of_heat_maps_one_is_shown_at_first_and_of_classes_all():
    heats = Layers(PICTURE, tuple(Layer(name, PICTURE, None) for name in "pq"))
    classes = Layers(PICTURE, tuple(Layer(name, PICTURE, "#123456") for name in "pq"))
    assert html_of(heats).count("'hidden': ''") == 1
    assert html_of(classes).count("'hidden': ''") == 0
    assert "opacity:0.6'" in html_of(heats)  # no `0.6px`, which a browser would pass over


@pytest.mark.parametrize(("width", "shown"), [(16, 256), (100, 300), (300, 300), (8000, LARGEST)])
def test_small_pictures_are_enlarged_by_whole_numbers(width, shown):
    assert width_of(Picture(b"", width, 4)) == shown


def test_image_keeps_its_pixels():
    assert "pixels" in html_of(Image(PICTURE)).split("'title'")[0]
    assert "'picture pixels'" not in html_of(Image(Picture(b"", 300, 300)))


class TestBars:
    def test_from_zero_with_the_truth(self):
        shown = str(to_jsonml(bars(Bars(("a", "b"), (0.25, 1.0), (0.0, 1.0)))))
        assert "margin-left:0.00%;width:25.00%" in shown
        assert "left:100.00%" in shown
        assert "ground truth" in shown

    def test_numbers_below_zero(self):
        shown = str(to_jsonml(bars(Bars(("a", "b"), (-1.0, 3.0), None))))
        assert "margin-left:0.00%;width:25.00%" in shown
        assert "margin-left:25.00%;width:75.00%" in shown

    def test_no_number(self):
        shown = str(to_jsonml(bars(Bars(("a", "b"), (float("nan"), 1.0), (float("nan"), 1.0)))))
        assert "width:0.00%" in shown
        assert "—" in shown
        assert shown.count("bar-before") == 1


class TestLines:
    def test_axes_and_names(self):
        figure = lines(Lines((0.0, 1.0), ((1.0, 2.0), (3.0, 4.0)), ("p", "q"), "time", "volt"), False).figure
        assert [trace["name"] for trace in figure["data"]] == ["p", "q"]
        assert figure["layout"]["xaxis"]["title"]["text"] == "time"
        assert figure["layout"]["yaxis"]["title"]["text"] == "volt"
        assert figure["layout"]["showlegend"]

    def test_one_line_needs_no_legend(self):
        assert not lines(LINES, True).figure["layout"]["showlegend"]


def test_points_with_the_edges_of_boxes():
    corners = tuple((float(x), float(y), float(z)) for z in (0, 1) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1)))
    content = Points((0.0,), (0.0,), (0.0,), None, (Box3D(corners, "car", 0.5, False), Box3D(corners, "car", 1, True)))
    cloud, found, right = points(content, False).figure["data"]
    assert cloud["type"] == "scatter3d"
    assert len(found["x"]) == 3 * 12
    assert (found["line"]["dash"], right["line"]["dash"]) == ("solid", "dash")
    assert found["line"]["color"] == right["line"]["color"]


def test_clip_has_all_its_frames_and_sound_its_file():
    shown = html_of(Clip((PICTURE, PICTURE, PICTURE), 3))
    assert shown.count("data:image/png;base64,cG5n") == 4  # the one that is shown, and the three
    figures = draw([Drawing("s", Sound(b"wav", 1.5, LINES))], False)
    assert any(isinstance(part, dcc.Graph) for part in figures[0]._traverse())
    assert "data:audio/wav;base64,d2F2" in str(drawn(figures))
