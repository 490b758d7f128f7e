"""The content security policy blocks nothing that a view needs: no console says so, and WebGL draws."""

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("view", "drawn"),
    [
        ("overview", "#overview-scores"),
        ("population", "#population-map canvas"),
        ("data", ".js-plotly-plot .main-svg"),
        ("insights", "#view > *"),
        ("labels", "#view > *"),
        ("sample", "#view > *"),
    ],
)
def test_nothing_is_blocked(page, view, drawn):
    page.open(view=view)
    page.until(lambda: page.find(drawn), f"see {drawn}")
    page.until(lambda: not page.find("[data-dash-is-loading=true]"), "be at rest")
    assert page.find(".no-webgl, .map-drawn.alone") == []
    said = page.driver.get_log("browser")
    assert [one for one in said if "Content Security Policy" in one["message"] or one["level"] == "SEVERE"] == []


def test_a_script_that_stands_in_the_page_does_not_run(page):
    """What a hostile text would be, if it ever came into the page as markup."""
    page.open()
    page.script("document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,\" onerror=\"window.ran = 1\">')")
    said = []
    page.until(lambda: said.extend(page.driver.get_log("browser")) or "event handler" in str(said), "see it refused")
    assert page.script("return window.ran") is None
