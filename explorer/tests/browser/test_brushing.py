"""What a chart's mark chooses, every other view shows; the numbers are told by pandas from the run's samples."""

import functools
import json
import operator

import numpy as np
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from drawn_map import MAP, read_map
from leap_explorer.insights.filters import Condition
from leap_explorer.insights.insight import new_insight
from leap_explorer.runs.words import WORDS, ShownWords, write_words
from serving import copied_run, serving

pytestmark = pytest.mark.slow

N = 360
SHOWN = ("dull", *(f"word{number}" for number in range(12)))
SLICE = (Condition("metadata_genre", "==", "drama"), Condition("metadata_words", ">=", 100))


@pytest.fixture(scope="module")
def address(runs, tmp_path_factory):
    """A dashboard of one run that keeps its words, and has a slice."""
    samples = runs[0].samples
    insight = new_insight(
        samples,
        "duplication",
        ("training",),
        title="Some repeat each other.",
        severity=0.01,
        n_total=N,
        conditions=SLICE,
        evidence={"groups": 4, "identical_groups": 1, "near_identical_searched": False},
        test=None,
    )
    run = copied_run(runs[0], tmp_path_factory.mktemp("words") / "first", {"insights": [insight.to_dict()]})
    shown = [np.flatnonzero(has_word(samples, word)) for word in SHOWN]
    starts = np.cumsum([0, *map(len, shown)])
    words = ShownWords(SHOWN, starts, np.concatenate(shown).astype(np.int32), np.ones(N, dtype=bool))
    write_words(run.path / WORDS, words)
    with serving([run], None, tmp_path_factory.mktemp("state")) as address:
        yield address


def has_word(samples, word):
    """One stands in four of five negative samples alone; the others have nothing to do with the label."""
    rows = np.arange(len(samples))
    if word == "dull":
        return (samples["ground_truth"] == "negative").to_numpy() & (rows % 5 != 2)
    return (rows // 2 + SHOWN.index(word)) % 3 == 0


@pytest.fixture
def samples(runs):
    return runs[0].samples


def is_shown(page, samples, mask):
    """The page says of these samples, and no others, that they are chosen: the bar, the map and the table."""
    count = int(mask.sum())
    page.wait_for_text("#count", f"{count} of {N} samples" if count < N else f"All {N} samples")
    rows = None if count == N else np.flatnonzero(mask & samples["map_x"].notna()).tolist()
    page.until(lambda: read_map(page, "p.selected") == rows, "see the map lit up")
    page.wait_for_text("#population-rows", f"{count} of {N} samples")


def bars(page, column):
    """By bar of a histogram how many of the selected it counts."""
    titles = page.script(
        "return [...document.querySelectorAll(`[data-brush='${arguments[0]}'] .histogram-bar`)].map((b) => b.title)",
        column,
    )
    return {one.split(": ")[0]: int(one.split(": ")[1].split()[0]) for one in titles}


def counted(samples, mask, column):
    """By value, of the held-out samples."""
    held_out = mask & (samples["subset"] == "validation").to_numpy()
    return samples.loc[held_out, column].value_counts().to_dict()


def click_mark(page, css, curve, place):
    """Click a mark of a plot where it is drawn, once the plot says what it is."""
    spot = """
        const plot = document.querySelector(`${arguments[0]} .js-plotly-plot`);
        plot.scrollIntoView({block: "center"});
        const {x, y, xaxis, yaxis} = plot._fullData[arguments[1]], full = plot._fullLayout, at = arguments[2];
        const [across, up] = [["xaxis", xaxis], ["yaxis", yaxis]].map(([kind, id]) => full[kind + id.slice(1)]);
        const box = plot.getBoundingClientRect();
        return [box.left + across._offset + across.d2p(x[at]), box.top + up._offset + up.d2p(y[at])];
    """
    page.wait_for(f"{css} .js-plotly-plot .main-svg")
    page.move_to(0, 0)
    page.move_to(*page.until(lambda: page.script(spot, css, curve, place), f"see the mark in {css}"))
    page.until(lambda: page.find(f"{css} .hoverlayer .hovertext"), "be told what the mark is")
    ActionChains(page.driver).click().perform()


def drag_bars(page, column):
    """Drag from the first bar of a column of categories to the second; their names."""
    found = page.until(lambda: page.find(f"[data-brush='{column}'] a")[:2], f"see the bars of {column}")
    names = [one.get_attribute("title").split(":")[0] for one in found]
    ActionChains(page.driver, duration=40).click_and_hold(found[0]).move_to_element(found[1]).release().perform()
    return names


def open_map(page, **params):
    page.open(view="population", **params)
    page.wait_for(MAP)
    page.wait_for("#population-table .ag-row")


def test_brushes_combine_every_view_follows_and_each_is_taken_back(page, samples):
    truth = (samples["ground_truth"] == "negative").to_numpy()
    held_out = (samples["subset"] == "validation").to_numpy()
    genres = samples["metadata_genre"].isin(["drama", "comedy"]).to_numpy()
    chosen = [
        np.ones(N, dtype=bool),
        truth,
        has_word(samples, "dull"),
        genres,
        samples["map_y"].gt(0).to_numpy(dtype=bool, na_value=False),
    ]
    masks = [functools.reduce(operator.and_, chosen[: count + 1]) for count in range(len(chosen))]
    open_map(page)
    is_shown(page, samples, masks[0])
    assert page.script("return document.querySelector('#undo').disabled")

    page.click("[data-brush='ground_truth'] a.histogram-bar")  # a bar
    is_shown(page, samples, masks[1])
    page.until(lambda: bars(page, "metadata_genre") == counted(samples, masks[1], "metadata_genre"), "see its share")
    page.click_path("//*[@id='population-side']//td/a[normalize-space()='dull']")  # a word
    is_shown(page, samples, masks[2])
    page.script("document.querySelector('#population-side details').open = true")
    assert set(drag_bars(page, "metadata_genre")) == {"drama", "comedy"}  # several bars
    is_shown(page, samples, masks[3])
    page.until(lambda: bars(page, "ground_truth")["positive"] == 0, "see the first brush in the others")
    page.script("explorer.apply({selection: 'map:-20,0;20,0;20,20;-20,20'})")  # an area
    is_shown(page, samples, masks[4])
    page.until(
        lambda: bars(page, "metadata_genre").get("drama") == counted(samples, masks[4], "metadata_genre")["drama"]
    )
    assert len(page.find("#chips .chip")) == 4

    page.script("explorer.apply({view: 'overview'})")
    page.wait_for_text("#overview-scores", f"{masks[4].sum()} of {N} samples")
    page.script("explorer.apply({view: 'data'})")
    page.wait_for_text("#data-profile", f"{sum(masks[4] & held_out)} of 120 held-out")
    page.script("explorer.apply({view: 'insights'})")
    of_slice = masks[4] & (samples["metadata_genre"] == "drama") & (samples["metadata_words"] >= 100)
    page.until(lambda: len(page.rows("#insights-samples tbody tr")) == of_slice.sum(), "see its samples")
    page.script("explorer.apply({view: 'population'})")
    page.wait_for("#population-table .ag-row")

    page.click("#undo")
    is_shown(page, samples, masks[3])
    ActionChains(page.driver).key_down(Keys.CONTROL).send_keys("z").key_up(Keys.CONTROL).perform()
    is_shown(page, samples, masks[2])
    page.click("#undo")
    is_shown(page, samples, masks[1])
    page.click("#undo")
    is_shown(page, samples, masks[0])
    assert page.script("return document.querySelector('#undo').disabled")


def test_marks_of_the_other_views_choose_what_they_count(page, samples):
    held_out = (samples["subset"] == "validation").to_numpy()
    page.open(**{"overview.subset": "held-out"})
    confidence = (
        samples[["probability_negative", "probability_positive"]].max(axis=1).to_numpy(dtype=float, na_value=np.nan)
    )
    ends = np.sort(confidence[held_out])[[12, 23]]
    click_mark(page, "#overview-models", 1, 1)  # the second of ten bins
    page.wait_for_params(view="population")
    is_shown(page, samples, held_out & (confidence >= ends[0]) & (confidence <= ends[1]))
    assert int(page.text("#count").split()[0]) == 12
    page.click_path("//*[@id='chips']//a[text()='Clear all']")

    page.driver.back()
    click_mark(page, "#overview-training", 1, 1)  # a point of the validation loss, over that of the training loss
    page.wait_for_params(view="population")
    is_shown(page, samples, held_out)
    page.click("#undo")
    is_shown(page, samples, np.ones(N, dtype=bool))

    page.script("explorer.apply({view: 'insights'})")
    page.click_path("//a[text()='Add to the filter']")
    page.wait_for_text(
        "#count", f"{((samples['metadata_genre'] == 'drama') & (samples['metadata_words'] >= 100)).sum()} of"
    )
    page.script("explorer.apply({filter: null, view: 'data', 'data.column': 'metadata_genre'})")
    names = page.until(lambda: [row[0] for row in page.rows("#data-numbers tbody tr")], "see the values")
    click_mark(page, "#data-plot", 0, 1)
    page.wait_for_text("#count", f"{(samples['metadata_genre'] == names[1]).sum()} of {N} samples")
    page.menu("data.column", "Polarity")
    page.wait_for_text("#data-profile", "Polarity and loss")
    bars = page.script("return [...document.querySelector('#data-plot .js-plotly-plot')._fullData[0].y]")
    click_mark(page, "#data-plot", 0, int(np.argmax(bars)))
    page.wait_for_text("#data-profile", f"{max(bars)} of 120 held-out")
    ends = json.loads(page.params["filter"])[-1][2]
    chosen = (samples["metadata_genre"] == names[1]) & samples["metadata_polarity"].between(*ends)
    page.wait_for_text("#count", f"{chosen.sum()} of {N} samples")
    assert sum(chosen & held_out) == max(bars)
