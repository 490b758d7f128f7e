"""Ids, labels, names and texts that are markup, scripts or endless are words on the page and in the report."""

import json

import pytest

from hostile_runs import NAMES, renamed, spans_of
from leap_explorer.dashboard.report.export import write_report
from leap_explorer.explain.reader import Explanation
from serving import serving

pytestmark = pytest.mark.slow

VIEWS = {
    "overview": "#overview-scores",
    "population": "#population-map canvas",
    "data": ".js-plotly-plot .main-svg",
    "insights": "#view > *",
    "labels": "#view > *",
    "sample": "#view > *",
}
#: Had any of it run, or become an element; and what a browser would follow.
ACTED = """return [window.alerted, document.querySelectorAll("#view [onerror], #view [onload], #view iframe").length,
    [...document.querySelectorAll("[href^='javascript'], [src^='javascript']")].length,
    [...document.scripts].filter((one) => one.text.startsWith("alert(")).length]"""
WATCH = "window.alert = () => { window.alerted = true }"


class Reader:
    """Every text is all of the names."""

    def text(self, sample_id):
        return " ".join(NAMES)

    def explain(self, run, text, target):
        return Explanation(dict.fromkeys(NAMES[:2], 0.5), target, spans_of(text), "occlusion", {}, None, None)

    def label_csv(self, decisions):
        raise NotImplementedError


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return renamed(tmp_path_factory.mktemp("hostile") / "run", NAMES)


@pytest.fixture(scope="module")
def hostile(run, tmp_path_factory):
    """The address of the dashboard of the run."""
    with serving([run], Reader(), tmp_path_factory.mktemp("state")) as address:
        yield address


@pytest.fixture
def watched(page):
    """The page, with what would act on it noted before anything of it is read."""
    script = page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
    page.driver.get_log("performance")
    yield page
    page.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


def asked(driver):
    """The addresses of all requests since the last look."""
    messages = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    sent = [one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"]
    return [one for one in sent if not one.startswith(("data:", "blob:", "chrome:", "about:"))]


@pytest.mark.parametrize("view", VIEWS)
def test_on_the_page(watched, hostile, run, view):
    watched.address = hostile
    watched.open(view=view, **({"sample": run.samples["id"].iloc[25]} if view == "sample" else {}))
    watched.until(lambda: watched.find(VIEWS[view]), f"see {VIEWS[view]}")
    watched.until(lambda: not watched.find("[data-dash-is-loading=true]"), "be at rest")
    assert watched.script(ACTED) == [None, 0, 0, 0]
    assert "taken over" not in watched.driver.title
    found = asked(watched.driver)
    assert found
    assert [one for one in found if not one.startswith(hostile)] == []


def test_in_the_report(watched, run, tmp_path):
    write_report([run], Reader(), tmp_path, tmp_path / "report.html", lambda *_: None)
    watched.driver.get((tmp_path / "report.html").as_uri())
    drawn = "return [...document.querySelectorAll('.graph')].every(box => box.querySelector('.main-svg'))"
    watched.until(lambda: watched.script(drawn), "see all plots")
    assert watched.script(ACTED) == [None, 0, 0, 0]
    assert "taken over" not in watched.driver.title
    assert asked(watched.driver) == [(tmp_path / "report.html").as_uri()]
