"""The dashboard without a mouse: all that can be chosen is reached by Tab, shows its focus, and opens with Enter."""

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.slow

#: By view what Tab must come to, besides what every page has.
REACHED = {
    "overview": ["a.cell", "#view .card > details > summary"],
    "population": [
        "button.menu[id*='color']",
        "[data-zoom=home]",
        "a.legend-entry",
        ".ag-header-cell",
        ".ag-cell",
        "#population-csv",
    ],
    "sample": ["#sample-details tbody a", "#sample-box", "#sample-read"],
    "data": ["button.menu[id*='data:column']", "a.rank-link", "a.sort"],
    "insights": ["button.menu[id*='insights:kind']", "#insights-csv"],
    "labels": ["[data-labels=flip]", "#labels-reading .sample-text", "#labels-corrected"],
}
SHELL = [".skip", "a.nav-link", "button.menu[id*='run']", ".segments input", "input[type=search]", "summary.button"]
MOST = 150

#: Whether the focused element, or its label or box, has an outline that stands out.
FOCUS = """
const one = document.activeElement;
const boxes = [one, one.closest("label"), one.closest(".dash-input-container")].filter(Boolean);
const isShown = boxes.some((box) => {
    const style = getComputedStyle(box);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
});
const found = arguments[0].filter((css) => one.matches(css));
return [one === document.body, found, isShown ? "" : one.outerHTML.slice(0, 120)];
"""


def press(page, *keys):
    ActionChains(page.driver).send_keys(*keys).perform()


def focus(page, css):
    page.wait_for(css)
    page.script("document.querySelector(arguments[0]).focus()", css)


def tab_to(page, identifier):
    for _ in range(10):
        press(page, Keys.TAB)
        if page.script("return document.activeElement.id") == identifier:
            return
    pytest.fail(f"Tab does not lead to {identifier}")


@pytest.mark.parametrize("view", REACHED)
def test_tab_reaches_everything_and_the_focus_shows(page, view):
    wanted = [*SHELL, *REACHED[view]]
    page.open(view=view)
    for css in wanted[1:]:
        page.until(lambda css=css: page.find(css), f"see {css}")
    reached, unseen = set(), []
    for _ in range(MOST):
        press(page, Keys.TAB)
        is_over, found, hidden = page.script(FOCUS, wanted)
        if is_over:
            break
        reached.update(found)
        unseen += [hidden] if hidden else []
    assert [css for css in wanted if css not in reached] == []
    assert unseen == []


def test_skipping_to_the_content(page):
    page.open()
    press(page, Keys.TAB)
    page.until(lambda: page.script("return document.activeElement.className") == "skip", "reach the link")
    press(page, Keys.ENTER)
    page.until(lambda: page.script("return document.activeElement.id") == "view", "be at the content")


def test_enter_opens_a_row_of_the_table(page):
    page.open(view="population")
    page.wait_for("#population-table .ag-row")
    focus(page, "#population-table .ag-header-cell[col-id='id']")
    press(page, Keys.ENTER)  # sorts
    first = "#population-table .ag-row[row-index='0'] [col-id='id']"
    page.wait_for_text(first, "s000")
    press(page, Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    page.until(lambda: page.script("return document.activeElement.innerText") == "s001", "be at the second row")
    press(page, Keys.ENTER)
    page.wait_for_params(view="sample", sample="training/s001")


def test_enter_opens_views_rankings_and_cells(page):
    page.open()
    focus(page, "a.nav-link:nth-child(4)")
    press(page, Keys.ENTER)
    page.wait_for_params(view="data")
    focus(page, "#data-ranking-table tbody tr:nth-child(2) a")
    press(page, Keys.ENTER)
    page.until(lambda: "data.column" in page.params, "have another column")
    page.open()
    focus(page, "a.cell.wrong")
    press(page, Keys.ENTER)
    page.wait_for_params(view="population")


def test_a_menu_is_used(page):
    page.open(view="population")
    focus(page, "button.menu[id*='color']")
    press(page, Keys.ENTER)
    page.wait_for(".dash-dropdown-content")
    chosen = "return document.activeElement.value"
    page.until(lambda: page.script(chosen) == "ground_truth", "be at what is chosen")
    press(page, Keys.ARROW_DOWN)
    page.until(lambda: page.script(chosen) == "prediction", "be at the next")
    press(page, Keys.ENTER)
    page.wait_for_params(color="prediction")


def test_the_filter_panel_opens_filters_and_closes(page):
    page.open(view="population")
    focus(page, "#filter-panel summary")
    press(page, Keys.ENTER)
    page.wait_for("#filter-column")
    page.menu("filter-column", "Loss")
    focus(page, "#filter-low")
    press(page, "1")
    tab_to(page, "filter-add")
    press(page, Keys.ENTER)
    page.wait_for_text("#chips", "loss >= 1")
    press(page, Keys.ESCAPE)
    page.until(lambda: not page.find("#filter-panel[open]"), "see it closed")
    assert page.script("return document.activeElement.tagName") == "SUMMARY"
    focus(page, "#chips .chip-remove")
    press(page, Keys.ENTER)
    page.wait_for_params(filter=None)
