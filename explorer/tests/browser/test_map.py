"""The map beyond its dots: density, names, contours, zoom; on the made-up run of 360 samples."""

import itertools
import json

import numpy as np
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.wheel_input import ScrollOrigin
from selenium.webdriver.common.keys import Keys

from browser import FAILED
from drawn_map import MAP, read_map

pytestmark = pytest.mark.slow

N = 360
PLACED = N - FAILED

#: As if more than so many samples were too many for dots.
DENSE = "(m.mostDots = 50, m.counted = null, m.paint())"
#: How many pixels of the drawing are not clear, of those drawn just now.
INKED = """(() => {
    m.drawAll();
    const gl = m.painter.gl, {width, height} = gl.canvas, pixels = new Uint8Array(4 * width * height);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
    return pixels.filter((value, at) => at % 4 === 3 && value > 0).length;
})()"""
#: What the density of all dots sums up to.
COUNTED = """m.points.count([-1, -1, 2, 2], [90, 50], m.codes, m.weights, null, 0)
    .filter((value, at) => at % 4 === 3).reduce((sum, value) => sum + value)"""
#: What the bars say.
TITLES = "return [...document.querySelectorAll(arguments[0])].map((one) => one.title)"
#: The names in view, each with left, top, right and bottom.
NAMES = """return [...document.querySelectorAll(".map-names text:not(.unplaced)")].map((one) => {
    const {left, top, right, bottom} = one.getBoundingClientRect();
    return [one.textContent, left, top, right, bottom];
})"""


def open_map(page, **params):
    page.open(view="population", **params)
    page.until(lambda: page.script("return document.querySelector('#population-map')?.populationMap?.drawn > 0"))
    return lambda expression: read_map(page, expression)


def wheel(page, delta, times=1):
    origin = ScrollOrigin.from_element(page.wait_for(MAP))
    for _ in range(times):
        ActionChains(page.driver).scroll_from_origin(origin, 0, delta).perform()


def said(page):
    return page.texts(".map-drawn")[0]


def test_dots_are_drawn(page):
    read = open_map(page)
    assert read(INKED) > 10 * PLACED
    assert said(page) == f"{PLACED} of {PLACED} in view"


def test_what_is_too_much_for_dots_is_counted_and_the_worst_are_dots(page):
    read = open_map(page)
    read(DENSE)
    page.until(lambda: "as density" in said(page), "be told so")
    assert read("m.isDense")
    assert read(COUNTED) == PLACED
    assert read(INKED) > PLACED


def test_the_selected_are_dots_over_the_density_of_the_rest(page):
    read = open_map(page, filter='[["loss",">",1]]')
    count = len(read("p.selected"))
    read(DENSE)
    page.until(lambda: f"as density; the {count} selected as dots" in said(page), "be told so")
    assert read("m.picked.length") == count


def test_zooming_in_turns_density_into_dots_and_home_shows_all(page, runs):
    read = open_map(page)
    read(DENSE)
    page.until(lambda: "as density" in said(page))
    wheel(page, -240, times=8)
    page.until(lambda: "as density" not in said(page) and not said(page).startswith(str(PLACED)), "see dots")
    left, bottom, right, top = np.array(
        read("[m.points.toWorld(...m.view.window), m.points.toWorld(...m.view.window.slice(2))]")
    ).ravel()
    samples = runs[0].samples.dropna(subset="map_x")
    x, y = samples["map_x"], samples["map_y"]
    here = int(((x >= left) & (x <= right) & (y >= bottom) & (y <= top)).sum())
    assert said(page) == f"{here} of {PLACED} in view"
    page.click("[data-zoom=home]")
    page.until(lambda: said(page).startswith(f"{PLACED} of {PLACED} in view"), "see all again")


def test_a_sample_that_is_no_dot_is_pointed_at_and_opened(page):
    read = open_map(page, filter='[["loss",">",1]]')
    read(DENSE)
    page.until(lambda: "as density" in said(page))
    row = read("[...m.points.order].find((row) => !m.picked.includes(m.points.at[row]))")
    page.hover(MAP, read(f"p.share({row})"))
    page.wait_for("#population-tooltip:not([hidden]) .hover-text")
    page.drag(MAP, tuple(read(f"p.share({row})")))
    page.until(lambda: page.params.get("view") == "sample", "open a sample")


def test_keys_and_shift_move_the_map(page):
    read = open_map(page)
    frame = page.wait_for("#population-frame")
    frame.send_keys("+")
    page.until(lambda: read("m.view.zoom") == 1.5, "zoom in")
    middle = read("m.view.middle")
    element = page.wait_for(MAP)
    ActionChains(page.driver).key_down(Keys.SHIFT).move_to_element(element).click_and_hold().move_by_offset(
        40, 30
    ).release().key_up(Keys.SHIFT).perform()
    page.until(lambda: read("m.view.middle") != middle, "move")
    assert "selection" not in page.params
    frame.send_keys(Keys.HOME)
    page.until(lambda: read("m.view.isHome"), "be home")


def test_zoom_stays_when_colours_change_and_another_map_starts_whole(page):
    read = open_map(page)
    wheel(page, -240, times=3)
    page.until(lambda: read("m.view.zoom") > 2, "zoom in")
    zoom = read("m.view.zoom")
    page.menu("color", "Loss")
    page.wait_for("#population-legend .color-bar")
    page.until(lambda: read("m.scene.is_scale"), "see other colours")
    assert read("m.view.zoom") == zoom
    page.choose("PCA")
    page.until(lambda: read("p.projection === 'pca' && m.view.isHome"), "see the other map whole")


def test_names_stand_over_their_clusters_and_none_over_another(page):
    read = open_map(page)
    boxes = page.script(NAMES)
    assert {name for name, *_ in boxes} == {"bad, dull", "great, moving"}
    for (_, *one), (_, *other) in itertools.combinations(boxes, 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    by_name = {name: left for name, left, *_ in boxes}
    assert by_name["bad, dull"] < by_name["great, moving"]
    page.choose("Dots")
    page.until(
        lambda: page.script("return getComputedStyle(document.querySelector('.map-names')).visibility") == "hidden"
    )
    page.choose("Contours")
    page.until(lambda: len(page.find(".map-contours path[d^=M]")) > 2, "see lines of density")
    assert read("m.settings.layers") == "contours"


def test_without_webgl_the_page_says_so_and_the_rest_works(page):
    script = "HTMLCanvasElement.prototype.getContext = () => null"
    added = page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})
    try:
        page.open(view="population", filter='[["subset","==","validation"]]')
        page.wait_for_text(".map-drawn", "This browser has no WebGL 2, which draws the map.")
        page.wait_for("#population-table .ag-row")
        page.wait_for_text("#count", f"120 of {N} samples")
    finally:
        page.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", {"identifier": added["identifier"]})


def test_a_bar_filters_by_the_samples_that_it_counts_and_a_brush_by_a_range(page, runs):
    read = open_map(page, **{"samples.scope": "all"})
    bars = "#population-side [data-brush='loss'] a.histogram-bar"
    page.wait_for(bars)
    counts = [int(one.split(": ")[1].split(" of ")[0]) for one in page.script(TITLES, bars)]
    assert sum(counts) == PLACED
    page.click(f"{bars}:nth-child(4)")
    page.wait_for_text("#count", f"{counts[3]} of {N} samples")
    assert len(read("p.selected")) == counts[3]
    page.click("#chips .chip-remove")
    page.wait_for_params(filter=None)
    page.until(lambda: page.script(TITLES, bars)[3].endswith(f": {counts[3]} of {counts[3]} selected"), "see all again")
    first, last = page.find(f"{bars}:nth-child(3)")[0], page.find(f"{bars}:nth-child(6)")[0]
    ActionChains(page.driver, duration=60).move_to_element(first).click_and_hold().move_to_element(
        last
    ).release().perform()
    page.until(lambda: "between" in page.params.get("filter", ""), "have a range")
    low, high = json.loads(page.params["filter"])[0][2]
    here = runs[0].samples["loss"].astype(float).between(low, high)
    assert int(here.sum()) == sum(counts[2:6])
    page.wait_for_text("#count", f"{int(here.sum())} of {N} samples")
