"""The insights in the browser: two findings are put into a made-up run."""

import io
import json

import pandas as pd
import pytest

from leap_explorer.dashboard.views.insights.detail import MOST_ROWS
from leap_explorer.insights import Condition, load_checks, run_check, select
from leap_explorer.insights.checks import Check, status_quo
from leap_explorer.insights.insight import new_insight
from serving import copied_run, serving

pytestmark = pytest.mark.slow

WRONG = (Condition("subset", "==", "validation"), Condition("metadata_words", ">=", 300))
GENRE = (Condition("metadata_genre", "==", "drama"),)


def _insights(samples):
    difference = {"value": 0.25, "low": 0.125, "high": 0.375}
    rate = {"errors": 3, "n": 30, "share": 0.1, "low": 0.03, "high": 0.26}
    first = new_insight(
        samples,
        "low_performance",
        ("metadata_words", "high"),
        title="Loss is higher where words >= 300.",
        severity=0.3,
        n_total=120,
        conditions=WRONG,
        evidence={
            "loss_inside": 0.5,
            "loss_outside": 0.25,
            "difference": difference,
            "p_value": 0.001,
            "p_corrected": 0.02,
            "comparisons": 20,
            "excess_loss_share": 0.3,
            "errors_inside": rate,
            "errors_outside": rate,
        },
        distinguishing=[
            {
                "column": "metadata_polarity",
                "value": None,
                "inside": 1.5,
                "outside": 0.5,
                "effect": {"value": 0.9, "low": 0.5, "high": 1.3},
            }
        ],
        test=status_quo(samples, "low_performance-metadata_words-high", WRONG),
    )
    second = new_insight(
        samples,
        "duplication",
        ("training",),
        title="Some samples repeat each other.",
        severity=0.01,
        n_total=240,
        conditions=GENRE,
        evidence={"groups": 4, "identical_groups": 1, "near_identical_searched": False},
        test=Check("duplication-training", GENRE, None, "count", "<=", 1.0),
    )
    return [first, second]


@pytest.fixture(scope="module")
def found(runs, tmp_path_factory):
    """The run `first` with two insights."""
    insights = [one.to_dict() for one in _insights(runs[0].samples)]
    skipped = {"domain_gap": "there is only one domain"}
    folder = tmp_path_factory.mktemp("found") / "first"
    return copied_run(runs[0], folder, {"insights": insights, "skipped": skipped}, fingerprint="f00d")


@pytest.fixture(scope="module")
def state_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("kept") / "deeper"


@pytest.fixture(scope="module")
def address(found, runs, state_folder):
    with serving([found, runs[1]], None, state_folder) as address:
        yield address


@pytest.fixture(autouse=True)
def _nothing_kept(state_folder):
    (state_folder / "insight-status.json").unlink(missing_ok=True)


def open_insights(page, **params):
    page.open(view="insights", **params)
    page.wait_for(".insight-list")
    page.wait_for(".insight-detail")


def titles(page):
    return page.texts(".insight-title")


def set_status(page, name):
    page.choose(name, within="//div[contains(@class, 'insight-actions')]//*")


def test_the_list_is_ranked_and_the_first_is_open(page):
    open_insights(page)
    assert titles(page) == ["Loss is higher where words >= 300.", "Some samples repeat each other."]
    assert [one.split() for one in page.texts(".insight-list .severity")] == [
        ["high", "30.0", "%"],
        ["low", "1.0", "%"],
    ]
    assert "low performance · 65 of 120 samples" in page.text(".insight-list")
    assert "2 of 2 insights" in page.text("#insights-list")
    assert "Loss is higher" in page.text(".insight-detail")
    assert "there is only one domain" in page.text("#insights-list")


def test_the_evidence_is_in_words(page):
    open_insights(page)
    text = page.text(".insight-detail")
    assert "The mean is 0.5 for these samples and 0.25 for the others: 0.25 higher" in text
    assert "95 % interval of the difference +0.125 to +0.375" in text
    assert "2.0 %, already corrected for the 20 comparisons made" in text
    assert "30.0 % of the held-out loss would vanish" in text
    assert "large: 0.90 standard deviations higher (0.50 to 1.30)" in page.text("#insights-apart")


def test_the_guard_is_made_on_each_model(page, found, runs):
    open_insights(page)
    rows = page.rows("#insights-results tbody tr")
    check = _insights(runs[0].samples)[0].test
    for cells, run in zip(rows, (found, runs[1]), strict=True):
        result = run_check(run.samples, check)
        kept = "today's value, which sets it" if run is found else "no worse"
        assert cells[:2] == [run.name, kept if result.passed else "worse"]
    assert "passed" not in page.text(".insight-detail")
    assert "Regression guard (fails if worse than today)" in page.text(".insight-detail")


def test_another_insight_is_opened_and_kept_in_the_address(page):
    open_insights(page)
    page.click(".insight-list li:nth-child(2) a")
    page.wait_for_params(**{"insights.id": "duplication-training"})
    page.wait_for_text(".insight-detail", "Some samples repeat each other.")
    assert "4 groups of samples" in page.text(".insight-detail")
    page.reload()
    page.wait_for_text(".insight-detail", "Some samples repeat each other.")


def test_a_status_is_kept_on_disk_and_survives_a_reload(page, state_folder):
    open_insights(page)
    set_status(page, "approved")
    page.wait_for_text(".insight-list li:nth-child(1) .status", "approved")
    kept = json.loads((state_folder / "insight-status.json").read_text(encoding="utf-8"))
    assert kept == {"f00d": {"low_performance-metadata_words-high": "approved"}}
    page.reload()
    page.wait_for_text(".insight-list li:nth-child(1) .status", "approved")
    page.wait_for(".insight-actions label:has(input:checked)")
    assert page.text(".insight-actions label:has(input:checked)") == "approved"


def test_archived_ones_leave_the_list_until_asked_for(page):
    open_insights(page)
    set_status(page, "archived")
    page.until(lambda: titles(page) == ["Some samples repeat each other."], "see one fewer")
    assert "1 of 2 insights" in page.text("#insights-list")
    page.menu("insights.status", "archived")
    page.wait_for_params(**{"insights.status": "archived"})
    page.until(lambda: titles(page) == ["Loss is higher where words >= 300."], "see the archived one")
    page.menu("insights.status", "in review")
    page.wait_for_text("#insights-list", "No insight of this kind and status")


def test_kinds_are_filtered(page):
    open_insights(page)
    page.menu("insights.kind", "duplication")
    page.wait_for_params(**{"insights.kind": "duplication"})
    page.until(lambda: titles(page) == ["Some samples repeat each other."], "see that kind")


def test_the_map_is_opened_with_the_insights_samples(page):
    open_insights(page)
    page.click(".insight-actions a.primary")
    page.wait_for_params(view="population")
    assert json.loads(page.params["filter"]) == [["subset", "==", "validation"], ["metadata_words", ">=", 300]]
    page.wait_for_text("#count", "65 of 360 samples")


def test_its_samples_are_listed_and_one_opens(page, runs):
    open_insights(page)
    samples = runs[0].samples
    chosen = samples[select(samples, WRONG)].sort_values("loss", ascending=False)
    assert page.texts("#insights-samples tbody a") == chosen["id"].tolist()[:MOST_ROWS]
    assert f"{MOST_ROWS} of {len(chosen)} samples" in page.text(".insight-samples")
    page.click("#insights-samples tbody a")
    page.wait_for_params(view="sample", sample=f"validation/{chosen['id'].iloc[0]}")


def test_the_filter_narrows_its_samples(page, runs):
    open_insights(page, filter='[["ground_truth","==","positive"]]')
    samples = runs[0].samples
    chosen = samples[select(samples, WRONG) & (samples["ground_truth"] == "positive").to_numpy()]
    page.wait_for_text(".insight-samples", f"{len(chosen)} of 65 samples")
    assert len(page.rows("#insights-samples tbody tr")) == len(chosen)


def test_the_table_of_insights_has_the_status(page):
    open_insights(page)
    set_status(page, "in review")
    page.wait_for_text(".insight-list li:nth-child(1) .status", "in review")
    page.click("#insights-csv")
    table = pd.read_csv(io.StringIO(page.downloaded("insights-first.csv")))
    assert table["status"].tolist() == ["in review", "open"]
    assert table["title"].tolist() == ["Loss is higher where words >= 300.", "Some samples repeat each other."]
    assert table["samples"].tolist() == ["65 of 120", "120 of 240"]


def test_the_guards_are_those_that_the_command_reads(page, tmp_path, runs):
    open_insights(page)
    page.click("#insights-guards")
    path = tmp_path / "tests.json"
    path.write_text(page.downloaded("guards-first.json"), encoding="utf-8")
    assert load_checks(path) == [one.test for one in _insights(runs[0].samples)]
    set_status(page, "archived")
    page.until(lambda: len(titles(page)) == 1, "see it archived")
    page.click("#insights-guards")
    path.write_text(page.downloaded("guards-first.json"), encoding="utf-8")
    assert [check.name for check in load_checks(path)] == ["duplication-training"]


def test_one_insight_makes_a_test(page, tmp_path, runs):
    open_insights(page)
    insight = _insights(runs[0].samples)[0]
    page.click(".insight-actions button")
    path = tmp_path / "test.json"
    path.write_text(page.downloaded(f"{insight.id}.json"), encoding="utf-8")
    assert load_checks(path) == [insight.test]


def test_nothing_moves_from_one_insight_to_the_next(page):
    places = """return [...document.querySelectorAll(".insight-list li, #insights-list, #insights-detail")].map(one => {
        const box = one.getBoundingClientRect(); return [box.x, box.y, box.width].map(Math.round); })"""
    open_insights(page)
    before = page.script(places)
    for turn in range(10):
        page.click(f".insight-list li:nth-child({turn % 2 + 1}) a")
        page.wait_for_text(".insight-detail", ["Loss is higher", "Some samples repeat"][turn % 2])
        assert page.script(places) == before


def test_a_run_without_insights_says_so(page):
    page.open(view="insights", run="second")
    page.wait_for_text("#insights-list", "Nothing was found")


def test_a_broken_file_is_named(page, state_folder):
    state_folder.mkdir(exist_ok=True)
    (state_folder / "insight-status.json").write_text("[]", encoding="utf-8")
    page.open(view="insights")
    page.wait_for_text("#insights-list", "insight-status.json holds no decisions")
