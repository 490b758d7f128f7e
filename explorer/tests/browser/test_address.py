"""The page's address is the truth: opened afresh, stepped back to or reloaded, controls and content are as it says."""

import pytest

from drawn_map import MAP, READ

pytestmark = pytest.mark.slow

TITLES = {
    "overview": "Overview",
    "population": "Population",
    "sample": "Sample",
    "data": "Data",
    "insights": "Insights",
    "labels": "Labels",
    "compare": "Compare",
    "robustness": "Robustness",
}

#: What the control of a parameter shows: a menu's words, the chosen of several alternatives, or an input's value.
SHOWN = """
const css = arguments[0];
const one = document.querySelector(`button[id*='"key":"${css}"'], div[id*='"key":"${css}"'][id$='}'],
    input[id*='"key":"${css}"']`);
if (!one) return null;
if (one.tagName === "INPUT") return one.value;
const chosen = one.querySelector("label:has(input:checked)");
return (chosen || one).innerText.trim();
"""

#: By parameter the view, a value, what its control shows, and what the page then is (a script that tells it).
CONTROLS = {
    "run": ("population", "second", "second", "return document.querySelector('#chips').innerText.includes('360')"),
    "theme": ("overview", "dark", "Dark", "return document.documentElement.dataset.theme === 'dark'"),
    "q": ("population", "s007", "s007", "return document.querySelector('#count').innerText === '1 of 360 samples'"),
    "color": ("population", "loss", "Loss", "return !!document.querySelector('#population-legend .color-bar')"),
    "size": ("population", "none", "All alike", READ + "new Set(p.sizes.filter(Boolean)).size === 1"),
    "map": ("population", "pca", "PCA", READ + "p.projection === 'pca'"),
    "population.drag": ("population", "pan", "Move", READ + "p.drag === 'pan'"),
    "hover": (
        "population",
        "metadata_genre",
        "Genre",
        "return !!document.querySelector('#population-table [col-id=metadata_genre]')",
    ),
    "overview.subset": (
        "overview",
        "training",
        "training",
        "return document.querySelector('#overview-models').innerText.includes('237 of 360')",
    ),
    "compare.show": (
        "compare",
        "still wrong",
        "still wrong",
        "return document.querySelectorAll('#compare-counts .off').length === 3",
    ),
    "data.column": (
        "data",
        "metadata_words",
        "Words",
        "return document.querySelector('#data-profile h2').innerText.startsWith('Words and')",
    ),
}  # fmt: skip


def is_shown(page, key, words, content):
    """Whether the control shows the words, and the page is what it says."""
    shown = page.script(SHOWN, key.replace(".", ":")) or ""
    return shown.splitlines()[:1] == [words] and page.script(content)


@pytest.mark.parametrize("key", CONTROLS)
def test_control_and_content_follow_the_address(page, key):
    view, value, words, content = CONTROLS[key]
    page.open(**{"view": view, key: value})
    page.until(lambda: is_shown(page, key, words, content), f"see {key} opened afresh")
    page.reload()
    page.until(lambda: is_shown(page, key, words, content), f"see {key} after a reload")
    page.click("a.nav-link[data-change*=insights]")
    page.wait_for_params(view="insights")
    page.wait_for("#insights-list > *")
    page.driver.back()
    page.until(lambda: is_shown(page, key, words, content), f"see {key} after a step back")
    page.driver.forward()
    page.until(lambda: page.params.get("view") == "insights" and page.find("#insights-list"), "step forward")
    page.driver.back()
    page.until(lambda: is_shown(page, key, words, content), f"see {key} after a second step back")


def test_the_model_is_stepped_back_and_forward_to(page):
    def shows(name):
        return lambda: page.script(SHOWN, "run") == name and page.driver.title == f"Overview · {name} · Leap Explorer"

    page.open()
    page.until(shows("first"), "see the first model")
    page.menu("run", "second")
    page.until(shows("second"), "see the second model")
    page.driver.back()
    page.until(shows("first"), "see the first again")
    page.driver.forward()
    page.until(shows("second"), "see the second again")


def test_a_link_moves_the_control_of_its_parameter(page):
    page.open(view="population")
    page.wait_for(MAP)
    page.script("explorer.apply({color: 'loss', map: 'pca'})")
    page.until(lambda: page.script(SHOWN, "color") == "Loss", "see the menu follow")
    page.until(lambda: page.script(SHOWN, "map") == "PCA", "see the alternatives follow")


@pytest.mark.parametrize("view", TITLES)
def test_each_view_has_a_title_a_heading_and_a_language(page, view):
    page.open()
    page.click(f"a.nav-link[data-change*={view}]")
    page.until(lambda: page.driver.title == f"{TITLES[view]} · first · Leap Explorer", "see the view's title")
    page.until(lambda: len(page.find("h1")) == 1, "see one heading")
    page.script("explorer.apply({theme: 'dark'})")  # an update that must leave the title as it is
    page.until(lambda: page.script("return document.documentElement.dataset.theme") == "dark", "see it in dark")
    assert page.script("return document.documentElement.lang") == "en"
    page.reload()
    page.until(lambda: page.driver.title == f"{TITLES[view]} · first · Leap Explorer", "see it after a reload")
    assert len(page.find("h1")) == 1
