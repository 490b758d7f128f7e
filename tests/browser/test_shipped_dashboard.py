"""The dashboard on the shipped runs, the real reviews and the real models: what a user sees after installation."""

import io
import re

import pandas as pd
import pytest

from IMDb.commands.explorer import SHIPPED_RUNS_DIR, reviews_reader
from IMDb.config import load_config
from IMDb.reviews.dataset import load_dataset
from layout import stays_in_place
from leap_explorer.runs.run import load_run
from serving import serving

pytestmark = pytest.mark.slow

#: What each view must show.
SHOWN = {
    "overview": "#overview-scores tbody tr:nth-child(4)",
    "population": "#population-table .ag-row",
    "sample": "#sample-details tbody a",
    "data": "#data-ranking-table tbody tr:nth-child(20)",
    "insights": ".insight-detail #insights-results",
    "labels": "#labels-reading .sample-text",
}


@pytest.fixture(scope="module")
def shipped():
    return {name: load_run(SHIPPED_RUNS_DIR / name) for name in ("dense", "bert")}


@pytest.fixture(scope="module")
def address(shipped, tmp_path_factory):
    config = load_config().model_copy(update={"data": "bundled"})
    reader = reviews_reader(list(shipped.values()), config)
    with serving(list(shipped.values()), reader, tmp_path_factory.mktemp("state")) as address:
        yield address


def whole_text(page, css):
    return page.script("return document.querySelector(arguments[0])?.textContent || ''", css)


@pytest.mark.parametrize("run", ["dense", "bert"])
@pytest.mark.parametrize("view", SHOWN)
def test_each_view_of_each_model(page, view, run):
    page.open(view=view, run=run)
    page.wait_for(SHOWN[view])
    assert not page.find("#view .error-state")
    page.wait_for_text("#count", "All 25,000 samples")


@pytest.mark.parametrize("width", [420, 1280, 1920])
@pytest.mark.parametrize("view", SHOWN)
def test_nothing_is_wider_than_the_window(page, view, width):
    page.resize(width)
    page.open(view=view, theme="dark")
    page.wait_for(SHOWN[view])
    source = "return [document.documentElement.scrollWidth, innerWidth]"
    page.until(lambda: (widths := page.script(source))[0] <= widths[1], "see the page as wide as the window")


def test_scores_are_those_of_the_runs(page, shipped):
    page.open(view="overview")
    page.wait_for(SHOWN["overview"])
    text = whole_text(page, "#overview-scores tbody")
    for run in shipped.values():
        held_out = run.samples[run.samples["subset"] == "validation"]
        right = float((held_out["prediction"] == held_out["ground_truth"]).mean())
        assert f"{100 * right:.1f} %" in text


def test_a_cell_of_one_model_within_a_filter_of_the_other_opens_what_it_counts(page, shipped):
    wrongly_positive = '[["ground_truth","==","negative"],["prediction","==","positive"]]'
    page.open(run="dense", filter=wrongly_positive)
    page.wait_for("#overview-models a.cell")
    cells = "#overview-models .card:last-child a.cell"
    counts = [int(text.replace(",", "")) for text in page.texts(f"{cells} strong")]
    dense, bert = (run.samples for run in shipped.values())
    of_dense = (dense["ground_truth"] == "negative") & (dense["prediction"] == "positive")
    held_out = of_dense & (dense["subset"] == "validation")
    assert sum(counts) == int(held_out.sum())
    assert counts[-1] == int((held_out & (bert["prediction"] == "positive")).sum())
    page.script("[...document.querySelectorAll(arguments[0])].at(-1).click()", cells)
    page.wait_for_params(run="bert", view="population")
    page.wait_for_text("#chips", "prediction is positive (dense)")
    page.wait_for_text("#count", f"{counts[-1]:,} of 25,000 samples")


def test_the_map_keeps_its_height_and_a_selection_its_samples(page):
    page.open(view="population", run="dense")
    page.wait_for("#population-map canvas")
    page.drag("#population-map canvas", (0.3, 0.2), (0.55, 0.2), (0.55, 0.9), (0.3, 0.9), (0.3, 0.2))
    page.until(lambda: "selection" in page.params, "have a selection")
    page.wait_for_text("#count", " of 25,000")
    count = page.text("#count")
    stays_in_place(
        page,
        [
            *(lambda name=name: page.menu("color", name) for name in ("Loss", "Cluster", "Subset")),
            *(lambda name=name: page.menu("run", name) for name in ("bert", "dense", "bert")),
        ],
    )
    assert page.text("#count") == count


def test_lasso_compares_the_selected_with_the_rest(page):
    page.open(view="population", run="dense")
    page.wait_for("#population-map canvas")
    page.wait_for(SHOWN["population"])
    page.drag("#population-map canvas", (0.45, 0.2), (0.55, 0.2), (0.55, 0.9), (0.45, 0.9), (0.45, 0.2))
    page.until(lambda: "selection" in page.params, "have a selection")
    page.wait_for_text("#population-side", "Selected and a matched rest")
    page.wait_for_text("#count", " of 25,000")
    chosen, everything = map(int, re.findall(r"\d+", page.text("#count").replace(",", ""))[:2])
    assert 0 < chosen < everything == 25000


def test_search_finds_the_reviews_that_hold_the_words(page):
    texts = load_dataset(load_config())["text"].str.replace("<br />", "\n")
    whole = int(texts.str.contains(r"\bwaste[\W_]+of[\W_]+time\b", case=False).sum())
    anywhere = int((texts.str.contains(r"\bwaste", case=False) & texts.str.contains(r"\btime", case=False)).sum())
    for query, count in (('"waste of time"', whole), ("waste time", anywhere)):
        page.open(view="population", q=query)
        page.wait_for_text("#count", f"{count:,} of 25,000")


def test_a_review_is_read_by_both_models_and_read_again_when_edited(page, shipped):
    samples = shipped["bert"].samples
    found = samples[(samples["subset"] == "validation") & samples["error"].isna()].iloc[0]
    page.open(view="sample", sample=f"validation/{found['id']}")
    for index, run in enumerate(shipped.values()):
        page.wait_for(f"#sample-map-{index} .sample-text")
        of_run = run.samples.set_index("id").loc[found["id"]]
        facts = page.text(f"#sample-facts-{index}")
        assert of_run["prediction"] in facts
        assert any(
            re.search(r"rgb", one)
            for one in page.script(
                "return [...document.querySelectorAll(arguments[0])].map((one) => one.style.backgroundColor)",
                f"#sample-map-{index} .word",
            )
        )
        assert "measured on" in page.text(f"#sample-map-{index}")
    text = load_dataset(load_config()).set_index("id").loc[found["id"], "text"]
    assert whole_text(page, "#sample-map-0 .sample-text") == re.sub(r"<br\s*/?>", "\n", text)
    page.until(lambda: page.value("#sample-box"), "have the text in the box")
    box = page.wait_for("#sample-box")
    box.clear()
    box.send_keys("A dreadful, boring waste of time.")
    page.click("#sample-read")
    for index in (0, 1):
        page.wait_for_text(f"#sample-try-{index} .sample-text", "dreadful")
        page.wait_for_text(f"#sample-try-{index} .sample-new", "was")


def test_an_insight_opens_its_reviews_on_the_map(page, shipped):
    page.open(view="insights", run="dense")
    page.wait_for(".insight-detail")
    page.click(".insight-actions a.primary")
    page.wait_for_params(view="population")
    page.wait_for_text("#count", f"{shipped['dense'].insights[0]['n_samples']:,} of 25,000")


def test_corrected_labels_are_exported_with_the_texts(page):
    page.open(view="labels", run="dense")
    page.wait_for("#labels-reading .sample-text")
    page.wait_for("#labels-list .ag-row-selected")
    flipped = page.text("#labels-list .ag-row-selected [col-id='id']")
    page.driver.switch_to.active_element.send_keys("1")
    page.wait_for_text("#labels-count", "1 of")
    page.click("#labels-corrected")
    name = page.until(lambda: next(iter(sorted(page.downloads.glob("*.csv"))), None), "get a file").name
    corrected = pd.read_csv(io.StringIO(page.downloaded(name))).set_index("id")
    reviews = load_dataset(load_config()).set_index("id")
    assert len(corrected) == len(reviews) == 25000
    given = reviews["label"].map({0: "negative", 1: "positive"})
    changed = corrected.index[corrected["label"] != given.loc[corrected.index]]
    assert list(changed) == [flipped]
