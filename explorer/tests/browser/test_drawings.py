"""What an integration's visualizers drew, looked at in the page: each drawing by what proves it."""

import pytest

from browser import Page
from drawn import figure, pixel, set_to
from drawn_map import MAP, read_map
from leap_explorer.runs.run import load_run
from leap_explorer.samples.readers import reader_of
from serving import serving

pytestmark = pytest.mark.slow

FIRST, FLAWED = "validation/v/3?x=<3>", "validation/v/39?x=<39>"
HUGE = "validation/1108034252451565568"
#: Bytes that the page has asked for since it was opened.
BYTES = "return performance.getEntriesByType('resource').reduce((sum, one) => sum + one.decodedBodySize, 0)"
ALL = 14  # figures of the fifteen visualizers: two texts of classes stand in one


@pytest.fixture(scope="module")
def served(gallery, tmp_path_factory):
    run = load_run(gallery.out)
    reader = reader_of([run])
    with serving([run], reader, tmp_path_factory.mktemp("state")) as address:
        yield address
    reader.close()


@pytest.fixture
def page(driver, served, downloads):
    return Page(driver, served, downloads)


def open_sample(page, sample=FIRST, **params):
    page.open(view="sample", sample=sample, **params)
    page.until(lambda: len(page.driver.find_elements("css selector", "figure")) == ALL, "all figures are there")
    page.until(lambda: page.script("return [...document.images].every(one => one.complete)"), "all pictures are there")


def test_pictures_masks_and_heat_maps_by_their_pixels(page):
    open_sample(page)
    red = pixel(page, "picture", 0.75, 0.5)
    assert red[0] > 170
    assert max(red[1:3]) < 70
    assert max(pixel(page, "picture", 0.25, 0.5)[:3]) < 70
    grey = pixel(page, "faint picture", 0.75, 0.5)
    assert grey[0] == grey[1] == grey[2] > 170
    mask = pixel(page, "mask", 0.25, 0.5)
    assert mask[0] > 120 > mask[2]  # the orange of the first class over what is dark
    across = pixel(page, "heat", 0.02, 0.5)
    assert across[2] > across[0]  # blue, since the ramp begins at -1


def test_the_controls_of_a_mask(page):
    open_sample(page)
    before = pixel(page, "mask", 0.25, 0.5)
    set_to(page, "mask", "opacity", 1)
    assert pixel(page, "mask", 0.25, 0.5)[:3] == [0xE6, 0x9F, 0x00]
    set_to(page, "mask", "layer", False, "0")
    hidden = pixel(page, "mask", 0.25, 0.5)
    assert max(hidden[:3]) < min(before[0], 120)
    set_to(page, "mask", "layer", True, "0")
    assert pixel(page, "mask", 0.25, 0.5)[:3] == [0xE6, 0x9F, 0x00]


def test_boxes_lie_where_they_were_put_and_are_hidden_by_their_confidence(page):
    open_sample(page)
    shown = figure(page, "boxes")
    frame = shown.find_element("css selector", ".picture-frame").rect
    found = {one.get_attribute("title"): one for one in shown.find_elements("css selector", ".box")}
    left = next(one for title, one in found.items() if title.startswith("left half"))
    assert left.rect["x"] - frame["x"] == pytest.approx(0, abs=2)
    assert left.rect["width"] == pytest.approx(frame["width"] / 2, abs=2)
    assert left.rect["height"] == pytest.approx(0.8 * frame["height"], abs=2)
    turned = found["tilted 0.30"]
    bounds = page.script("return arguments[0].getBoundingClientRect().toJSON()", turned)
    assert bounds["width"] > 0.2 * frame["width"] + 5  # of a box that is turned
    set_to(page, "boxes", "confidence", 0.2)
    assert turned.is_displayed()
    assert not left.is_displayed()  # whose confidence is that of the wrong side
    set_to(page, "boxes", "confidence", 0.5)
    assert not turned.is_displayed()


def test_curves_bars_texts_and_points(page):
    open_sample(page)
    assert len(figure(page, "curve").find_elements("css selector", ".scatterlayer .trace")) == 2
    assert "brightness" in figure(page, "curve").text
    assert "column" in figure(page, "curve").text
    bars = figure(page, "bars")
    left, right = (one.rect["width"] for one in bars.find_elements("css selector", ".bar-fill"))
    assert right > 8 * left
    assert "ground truth" in bars.text
    assert "<script> the left half is bright" in figure(page, "text").text
    words = figure(page, "truth and said")
    assert [one.text for one in words.find_elements("css selector", ".differs")] == ["half"]
    assert len(figure(page, "cloud").find_elements("css selector", "canvas")) >= 1
    assert "—" in figure(page, "nothing").text


def test_a_clip_plays_and_a_sound_can(page):
    open_sample(page)
    clip = figure(page, "clip")
    first = clip.find_element("css selector", "img.frame").get_attribute("src")
    set_to(page, "clip", "frame", 5)
    assert clip.find_element("css selector", "img.frame").get_attribute("src") != first
    button = clip.find_element("css selector", "button")
    set_to(page, "clip", "frame", 0)
    page.script("arguments[0].click()", button)
    page.until(lambda: clip.find_element("css selector", ".slider-value").text == "7", "it has played to its end")
    page.until(lambda: button.text == "Play", "it can be played again")
    length = "return document.querySelector('audio').duration"
    page.until(lambda: page.script(length) == pytest.approx(1.0, abs=0.05), "the sound is one second long")


def test_one_that_raises_says_so_and_the_others_are_drawn(page):
    open_sample(page, FLAWED)
    assert "StopIteration: no message (integration.py:" in figure(page, "raises").text
    assert pixel(page, "picture", 0.75, 0.5)[0] > 170


def test_a_huge_picture_and_a_long_text_are_small_in_the_page(page):
    """8,000 x 8,000 pixels are 64 MB, and 100,000 words would be as many elements."""
    open_sample(page)
    usual = page.script(BYTES)
    open_sample(page, HUGE)
    assert page.params["sample"] == HUGE
    assert page.script(BYTES) < usual + 1_000_000
    picture = figure(page, "faint picture").find_element("css selector", "img")
    assert max(page.script("return [arguments[0].naturalWidth, arguments[0].naturalHeight]", picture)) <= 1024
    assert picture.get_attribute("alt").endswith("8000 x 8000 pixels")
    assert "The first 5,000 of 100,000 words are shown." in figure(page, "text").text
    assert page.script("return document.querySelectorAll('*').length") < 12_000


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_nothing_is_wider_than_the_page_and_nothing_is_refused(page, width, theme):
    page.resize(width)
    open_sample(page, theme=theme)
    for sample in (FLAWED, FIRST, FLAWED):  # as a user does who goes on and back
        open_sample(page, sample, theme=theme)
    assert page.script("return document.documentElement.scrollWidth <= innerWidth")
    assert page.console_errors() == []


def test_small_pictures_stand_in_tables_in_clusters_and_at_the_pointed_dot(page):
    page.resize(1280)
    page.open(view="population", filter='[["cluster","==",0]]')
    page.until(lambda: len(page.driver.find_elements("css selector", "#population-table .thumbnail")) > 3, "in rows")
    page.until(lambda: len(page.driver.find_elements("css selector", ".typical .thumbnail")) == 5, "in the cluster")
    widths = "return [...document.querySelectorAll('.thumbnail')].map(one => one.naturalWidth)"
    page.until(lambda: set(page.script(widths)) == {16}, "each is the sample's picture")
    page.hover(MAP, read_map(page, "p.share(0)"))
    page.wait_for(".hover-text .thumbnail")
    open_sample(page)
    page.until(lambda: len(page.driver.find_elements("css selector", "#sample-neighbours .thumbnail")) == 8, "there")


def test_the_labels_review_shows_the_sample(page):
    page.open(view="labels")
    page.until(lambda: len(page.driver.find_elements("css selector", ".labels-reading figure")) == ALL, "it is drawn")
    assert "no text" not in page.text("#view").lower()


def test_what_drove_a_label_is_laid_on_what_is_drawn(page):
    open_sample(page)
    page.menu("sample.target", "right")
    page.wait_for(".sample-driven figure")
    driven = page.text(".sample-driven")
    assert "What drove right" in driven
    assert "Method: occlusion" in driven
    assert "No heat-map on boxes, text, truth, said" in driven
    assert len(page.find(".sample-driven figure .layer")) == 4
    page.reload()
    page.wait_for(".sample-driven figure")
    assert page.params["sample.target"] == "right"
    page.menu("sample.target", "loss")
    page.until(lambda: "What drove loss" in page.text(".sample-driven"), "the loss is explained")
    page.menu("sample.target", "nothing")
    page.until(lambda: not page.find(".sample-driven figure"), "nothing is explained")
    assert len(page.find("figure")) == ALL
