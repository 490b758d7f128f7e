"""Two made-up runs compared in the browser: the newer one fixes six errors of the older, and breaks four others."""

import numpy as np
import pandas as pd
import pytest

from browser import MadeReader
from serving import copied_run, serving

pytestmark = pytest.mark.slow

FIXED, BROKEN = 6, 4
HELD_OUT = 120
OTHER = {"negative": "positive", "positive": "negative"}
MAP = "const p = (side) => document.querySelector(`#compare-map-${side} .js-plotly-plot`);"
#: Dots that are not dimmed, by outcome.
BRIGHT = MAP + "return Object.fromEntries(p(arguments[0]).data.map((one) => [one.name, one.selectedpoints.length]))"


@pytest.fixture(scope="module")
def address(runs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("compared") / "newer"
    newer = copied_run(runs[0], folder, name="newer")
    samples = newer.samples.copy()
    held_out = ((samples["subset"] == "validation") & samples["prediction"].notna()).to_numpy()
    is_wrong = (samples["prediction"] != samples["ground_truth"]).to_numpy(dtype=bool, na_value=False)
    fixed = np.flatnonzero(held_out & is_wrong)[:FIXED]
    broken = np.flatnonzero(held_out & ~is_wrong & (samples["map_x"] < 5).to_numpy(na_value=False))[:BROKEN]
    turned = np.concatenate([fixed, broken])
    samples.loc[turned, "prediction"] = samples.loc[turned, "prediction"].map(OTHER)
    samples.loc[turned, "loss"] = np.float32(1.0)
    pd.DataFrame(samples).to_parquet(folder / "samples.parquet")
    newer.__dict__.pop("samples")
    with serving([runs[0], newer], MadeReader(), tmp_path_factory.mktemp("state")) as address:
        yield address


def open_compare(page, **params):
    page.open(view="compare", run="newer", **params)
    page.wait_for("#compare-grid .ag-row")
    page.until(lambda: page.script(MAP + "return ['base', 'new'].every((one) => p(one)?.data?.length === 4)"))


def cells(page, name):
    """What stands in a column of the table, row by row."""
    rows = f"return [...document.querySelectorAll(\"#compare-grid .ag-row [col-id='{name}']\")]"
    by_row = ".sort((a, b) => a.parentElement.getAttribute('row-index') - b.parentElement.getAttribute('row-index'))"
    return page.script(rows + by_row + ".map((cell) => cell.innerText.trim())")


def outcomes(page):
    return set(cells(page, "outcome"))


def test_in_short_and_one_by_one(page):
    open_compare(page)
    assert page.text("#compare-title") == "newer compared with first"
    assert f"newer fixes {FIXED} errors of first and breaks {BROKEN} others" in page.text("#compare-summary")
    assert "(360 by id, 0 by their inputs)" in page.text("#compare-summary")
    assert cells(page, "outcome") == ["fixed"] * FIXED + ["broken"] * BROKEN
    assert page.text("#compare-rows") == f"{FIXED + BROKEN} of {HELD_OUT} samples"
    assert f"fixed (only newer right): {FIXED}" in page.text("#compare-counts")
    assert page.text("#compare-slices h2") == "Slices that changed most surely"
    page.click("#compare-grid .ag-row[row-index='0'] [col-id='id']")
    page.wait_for_params(view="sample")
    page.wait_for("#sample-head h1")


def test_all_rows_are_sorted_and_scrolled_through(page):
    """Every pair, more than the table holds at once: the last row in the order of a header is reached."""
    open_compare(page, **{"compare.show": "all"})
    page.until(lambda: page.text("#compare-rows") == f"{HELD_OUT} of {HELD_OUT} samples", "see how many there are")
    page.click("#compare-grid .ag-header-cell[col-id='loss_new']")

    def first_losses():
        losses = cells(page, "loss_new")[:5]
        return [] if "" in losses else [float(loss) for loss in losses]

    page.until(lambda: first_losses() and first_losses() == sorted(first_losses()), "see the rows sorted")
    lowest = first_losses()[0]
    grid = "window.dash_ag_grid.getApi('compare-grid')"
    page.script(f"{grid}.ensureIndexVisible({HELD_OUT - 1})")
    last = f"#compare-grid .ag-row[row-index='{HELD_OUT - 1}'] [col-id='loss_new']"
    page.until(lambda: page.texts(last) not in ([], [""]), "see the last row")
    assert float(page.text(last)) > lowest


def test_control_and_content_follow_the_address(page):
    def shows_broken():
        page.wait_for("#compare-grid .ag-row")
        page.until(lambda: outcomes(page) == {"broken"}, "see the broken alone")
        chosen = "return document.querySelector('#compare-controls label:has(input:checked)').innerText.trim()"
        page.until(lambda: page.script(chosen) == "broken", "see it chosen")
        page.until(
            lambda: page.script(BRIGHT, "new") == {"both right": 0, "still wrong": 0, "broken": BROKEN, "fixed": 0}
        )

    page.open(view="compare", run="newer", **{"compare.show": "broken"})
    shows_broken()
    page.reload()
    shows_broken()
    page.click("a.nav-link[data-change*=insights]")
    page.wait_for_params(view="insights")
    page.driver.back()
    shows_broken()
    page.driver.forward()
    page.wait_for_params(view="insights")
    page.driver.back()
    shows_broken()
    page.choose("fixed", "//div[@id='compare-controls']//*")
    page.until(lambda: outcomes(page) == {"fixed"}, "see the fixed alone")
    page.click("#compare-counts a[data-change*=broken]")
    shows_broken()


def test_an_area_on_one_map_lights_up_the_same_samples_on_the_other(page):
    page.resize(1280, 2400)  # both maps are in sight
    open_compare(page, **{"compare.show": "all"})
    before = page.script(BRIGHT, "new")
    page.drag("#compare-map-base .nsewdrag", (0.02, 0.05), (0.5, 0.05), (0.5, 0.95), (0.02, 0.95), (0.02, 0.05))
    page.until(lambda: page.params.get("selection", "").startswith("map@first:"), "have the area in the address")
    page.until(lambda: page.script(BRIGHT, "new") != before, "see dots dimmed")
    base, new = (page.script(BRIGHT, side) for side in ("base", "new"))
    assert base == new
    assert 0 < sum(new.values()) < sum(before.values())
    assert page.script(MAP + "return p('base').layout.shapes.length - p('new').layout.shapes.length") == 1
    page.reload()
    page.until(lambda: page.script(BRIGHT, "new") == new, "see the same after a reload")
    page.click("#chips .chip-remove")
    page.until(lambda: page.script(BRIGHT, "new") == before, "see all again")


def test_the_two_are_swapped(page):
    open_compare(page)
    page.click_path("//a[text()='Swap the two']")
    page.until(lambda: page.texts("#compare-title") == ["first compared with newer"], "see them swapped")
    page.until(lambda: f"only first right): {BROKEN}" in page.text("#compare-counts"), "see the counts swapped")


def test_all_that_is_chosen_is_exported(page):
    open_compare(page, filter='[["ground_truth","==","negative"]]')
    page.until(lambda: set(cells(page, "ground_truth")) == {"negative"}, "see the filtered alone")
    page.click("#compare-csv")
    assert page.downloaded("compared-samples.csv").count("\n") == len(cells(page, "id")) + 1
