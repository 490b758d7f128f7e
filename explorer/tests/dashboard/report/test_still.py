"""Samples of any integration in the report: small, still and inert."""

import numpy as np
import pytest
from dash import html

from leap_explorer.dashboard.drawings.draw import draw
from leap_explorer.dashboard.report.export import write_report
from leap_explorer.dashboard.report.static_html import to_html
from leap_explorer.dashboard.report.still import MOST_BYTES, MOST_POINTS, still_drawings
from leap_explorer.runs.run import load_run
from leap_explorer.samples.drawings import Box, Boxes, Clip, Drawing, Image, Lines, Picture, Points, Sound, Text
from leap_explorer.samples.pictures import picture
from leap_explorer.samples.readers import reader_of

PIXELS = np.random.default_rng(0).integers(0, 256, (900, 900, 3)).astype(np.uint8)
LARGE, NOISE = picture(PIXELS), picture(PIXELS[:150, :150])


def still(*contents):
    return list(still_drawings(Drawing(f"d{place}", one) for place, one in enumerate(contents)))


def test_pictures_get_small_and_the_last_are_left_out():
    found = still(*[Image(NOISE)] * 8)
    sizes = [len(one.content.picture.png) for one in found if one.content]
    assert 0 < len(sizes) < 8
    assert sum(sizes) <= MOST_BYTES
    assert still(Image(LARGE))[0].content is None  # of noise, which no picture is
    assert found[-1].problem == "Left out of the report, for its size."


def test_what_moves_stands_still_and_says_so():
    first = picture(np.zeros((4, 4, 1), dtype=np.uint8))
    wave = Lines((0.0, 1.0), ((0.0, 1.0),), ("line 1",))
    clip, sound = still(Clip((first, NOISE), 60), Sound(b"RIFF", 2.0, wave))
    assert clip.content == Image(first)
    assert clip.notes == ("The first of 60 frames.",)
    assert sound.content == wave
    assert "2.0 seconds" in sound.notes[0]


def test_long_curves_clouds_and_texts_are_thinned():
    many = tuple(map(float, range(20_000)))
    line, cloud, text = still(
        Lines(many, (many,), ("line 1",)), Points(many, many, many, many, ()), Text(("word",) * 900)
    )
    assert len(line.content.x) == len(line.content.lines[0]) == 500
    assert len(cloud.content.x) == len(cloud.content.intensity) == MOST_POINTS
    assert len(text.content.words) == 500
    assert "of 900 words" in text.notes[0]


def test_controls_are_left_out_and_only_pictures_within_the_page_are_shown():
    box = Box(0.5, 0.5, 0.2, 0.2, 0.9, "<car>")
    shown = draw([Drawing("boxes", Boxes(picture(np.zeros((4, 4, 1), dtype=np.uint8)), (box,)))], False)
    page = to_html(shown, shown)
    assert 'src="data:image/png;base64,' in page
    assert "&lt;car&gt; 0.90" in page
    assert "Confidence" not in page
    assert "data-drawn" not in page
    elsewhere = html.Img(src="https://example.org/x.png", alt="x")
    assert to_html(elsewhere, elsewhere) == '<img alt="x">'


def test_a_picture_keeps_the_size_that_it_has():
    smooth = picture(np.full((900, 900, 1), 7, dtype=np.uint8))
    (found,) = still(Image(smooth))
    assert (found.content.picture.width, found.content.picture.height) == (900, 900)
    assert isinstance(found.content.picture, Picture)


@pytest.mark.slow
def test_a_report_of_every_kind_of_visualizer(gallery, tmp_path):
    run = load_run(gallery.out)
    reader = reader_of([run])
    target = tmp_path / "report.html"
    size = write_report([run], reader, tmp_path / "state", target, lambda *_: None)
    reader.close()
    page = target.read_text(encoding="utf-8")
    body = page[page.index("<body") :]
    assert body.count('src="data:image/png;base64,') >= 10
    assert "<script> the left half" not in body
    assert "&lt;script&gt;" in body
    assert "<audio" not in body
    assert "The first of 8 frames." in body
    insights = body[body.index('id="insights"') : body.index('id="scores"')]
    assert insights.count('class="thumbnail"') >= len(run.insights) > 0
    assert "unavailable to this command" not in body
    assert str(gallery.folder) not in page
    assert target.stat().st_size == size < 12_000_000
