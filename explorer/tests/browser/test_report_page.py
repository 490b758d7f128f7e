"""The report in a browser, opened from disk: its plots are drawn, its texts stay words, and it asks for nothing."""

import re

import pytest

from leap_explorer.dashboard.report.export import write_report
from leap_explorer.explain.alignment import Span
from leap_explorer.explain.reader import Explanation

pytestmark = pytest.mark.slow


SCRIPT = "<script>document.title = 'taken over'</script><img src=x onerror=\"document.title = 'taken over'\">"


class Reader:
    """Each text holds a script, which must stay words; every word speaks for the target, the first the most."""

    def text(self, sample_id):
        return f"Review number {int(sample_id[1:])}. {SCRIPT}"

    def explain(self, run, text, target):
        words = re.finditer(r"\w+", text)
        spans = tuple(Span(*word.span(), 1 / (place + 1), True) for place, word in enumerate(words))
        return Explanation({"negative": 0.3, "positive": 0.7}, target, spans, "occlusion", {}, None, None)

    def label_csv(self, decisions):
        raise NotImplementedError


@pytest.fixture(scope="module")
def report(runs, tmp_path_factory):
    """The address of the report of both runs."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(runs, Reader(), path.parent, path, lambda *_: None)
    return path.as_uri()


@pytest.fixture
def opened(page, report):
    """The report in the browser, all of its plots drawn; it stands for the page's own address."""
    page.address = report
    scheme(page, "light")
    page.driver.get(report)
    page.until(lambda: page.script(DRAWN), "see all plots")
    yield page
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


DRAWN = "return [...document.querySelectorAll('.graph')].every(box => box.querySelector('.main-svg'))"
COLOURS = "return [...document.querySelector('.graph.map')._fullData[0].marker.color].join()"


def scheme(page, name):
    feature = {"name": "prefers-color-scheme", "value": name}
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})


def test_the_maps_are_drawn_with_webgl(opened):
    assert opened.script("return document.querySelectorAll('.graph.map').length") == 2
    assert opened.script("return document.querySelector('.graph.map')._fullData[0].type") == "scattergl"
    assert opened.script("return document.querySelector('.graph.map')._fullData[0].x.length") == 360
    assert opened.find(".graph.map .gl-canvas")


def test_the_menu_changes_colours_and_legend(opened):
    first = opened.script(COLOURS)
    seen = {first}
    for column in ("prediction", "correctness", "loss", "cluster"):
        opened.script(
            "const menu = document.querySelector('.paint select'); menu.value = arguments[0];"
            "menu.dispatchEvent(new Event('change'))",
            column,
        )
        opened.until(lambda column=column: opened.find(f".legend[data-column={column}]")[0].is_displayed())
        seen.add(opened.script(COLOURS))
        assert sum(one.is_displayed() for one in opened.find(".legend[data-column]")) == 2  # one a map
    assert len(seen) >= 4  # in these runs clusters are the ground truth


def test_points_say_what_they_are(opened):
    text = opened.script("return document.querySelector('.graph.map')._fullData[0].text[1]")
    assert text.startswith("s001<br>ground truth: positive<br>prediction: positive<br>loss: 0.")
    failed = opened.script("return document.querySelector('.graph.map')._fullData[0].text[0]")
    assert failed.endswith("prediction: unknown<br>loss: unknown")


def test_reviews_are_words(opened):
    assert "<script>document.title" in opened.find("#samples .sample-text")[0].text
    assert opened.driver.title == "Report on first and second"
    assert not opened.find("#samples img")


def test_dark_where_the_system_is(opened):
    ground = "return getComputedStyle(document.querySelector('.card')).backgroundColor"
    ink = "return document.querySelector('.graph')._fullLayout.font.color"
    word = "return getComputedStyle(document.querySelector('.word')).backgroundColor"
    light = [opened.script(one) for one in (ground, ink, word)]
    scheme(opened, "dark")
    opened.until(lambda: opened.script(ink) == "#E6EAF0", "see the plots in dark")
    assert all(a != b for a, b in zip(light, [opened.script(one) for one in (ground, ink, word)], strict=True))


@pytest.mark.parametrize("width", [420, 1280, 1920])
def test_nothing_is_wider_than_the_window(opened, width):
    opened.resize(width)
    wide = "return document.documentElement.scrollWidth"
    opened.until(lambda: opened.script(wide) <= width, "fit into the window")


TOP = "return document.getElementById(arguments[0]).getBoundingClientRect().top"


def test_it_begins_with_five_sentences_then_insights_and_ends_with_hashes(opened):
    opened.resize(1280)
    sections = opened.script("return [...document.querySelectorAll('main > section')].map((one) => one.id)")
    assert sections == ["summary", "insights", "scores", "samples", "map", "metadata", "runs"]
    sentences = opened.texts("#summary .summary p")
    assert len(sentences) == 5
    assert sentences[0].startswith("first is right on 90.0 % (")
    assert opened.script("return scrollY") == 0
    assert opened.script(TOP, "insights") < 900  # within the first window
    digest = "ab" * 6
    holding = (
        "return [...document.querySelectorAll('section[id]')].filter((one) => one.innerText.includes(arguments[0]))"
    )
    assert opened.script(f"{holding}.map((one) => one.id)", digest) == ["runs"]


def test_contents_lead_to_the_sections(opened):
    before = opened.script("return scrollY")
    opened.click('.contents a[href="#insights"]')
    opened.until(lambda: opened.script(TOP, "insights") < 100, "see the insights at the top of the window")
    assert before < opened.script("return scrollY")
    targets = "return [...document.querySelectorAll('.contents a')].map(link => document.querySelector(link.hash))"
    assert all(opened.script(targets))


def test_it_can_be_read_without_scripts(opened):
    opened.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        opened.driver.refresh()
        assert "JavaScript" in opened.wait_for("noscript p").text
        assert "90.0 %" in opened.find("#scores .table")[0].text
        assert "Review number" in opened.find("#samples .sample-text")[0].text
    finally:
        opened.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
