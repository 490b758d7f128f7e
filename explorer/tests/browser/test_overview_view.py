"""The overview in the browser. Of 360 samples in two runs, 3 failed, all of them training samples."""

import pytest

pytestmark = pytest.mark.slow

VALIDATION = '[["subset","==","validation"]]'


def test_scores_of_each_subset_and_model(page):
    page.open()
    page.wait_for_text("#overview-scores", "720 of 720 samples of 2 models")
    cells = page.texts("#overview-scores tbody tr")
    # Every tenth sample is wrong: of the 237 training samples that did not fail 24, of the validation samples 12
    assert [cell.split()[:2] for cell in cells] == [
        ["training", "first"],
        ["training", "second"],
        ["validation", "first"],
        ["validation", "second"],
    ]
    assert "240 of 2,400" in cells[0]
    assert "3 failed" in cells[0]
    assert "89.9 %" in cells[0]
    assert "90.0 %" in cells[2]
    assert "(83.3-94.2)" in cells[2]
    page.until(lambda: len(page.find("#overview-scores .js-plotly-plot")) == 1, "see the figure")


def test_confusion_is_of_the_chosen_subset_and_its_cells_open_their_samples(page):
    page.open()
    page.wait_for_text("#overview-models", "120 of 360 samples")
    page.choose("training")
    page.wait_for_text("#overview-models", "237 of 360 samples")
    page.wait_for_params(**{"overview.subset": "training"})
    page.click("#overview-models .card:last-child a.cell.wrong")
    page.wait_for("#population-map canvas")
    page.wait_for_params(view="population", run="second")
    for chip in ("ground truth is positive", "prediction is negative (second)", "subset is training"):
        page.wait_for_text("#chips", chip)
    page.wait_for_text("#count", "of 360 samples")
    count = int(page.text("#count").split()[0])
    page.driver.back()
    page.wait_for("#overview-models")
    page.wait_for_params(view=None)
    page.wait_for_text("#overview-models .card:last-child a.cell.wrong", str(count))


def test_filters_reach_both_models(page):
    page.open(filter=VALIDATION)
    page.wait_for_text("#overview-scores", "240 of 720 samples of 2 models")
    page.click("#chips .chip-remove")
    page.wait_for_text("#overview-scores", "720 of 720 samples of 2 models")
    page.wait_for_params(filter=None)


def test_curves_mark_the_epoch_of_the_model(page):
    page.open()
    page.wait_for_text("#view", "4 epochs, the model is that of epoch 3")
    lines = page.until(
        lambda: page.script(
            "return [...document.querySelectorAll('.js-plotly-plot')].flatMap(p => p.layout.shapes || [])"
            ".filter(s => s.x0 === 3 && s.x1 === 3).length"
        )
    )
    assert lines == 4


def test_facts_of_the_run(page):
    page.open()
    page.click("#view .card > details > summary")
    page.wait_for_text("#view .card > details", "first.h5 (keras)")
    assert "abababab" in page.text("#view .card > details")


@pytest.mark.parametrize("width", [420, 1280, 1920])
def test_nothing_is_wider_than_the_window(page, width):
    page.resize(width)
    for view in ("overview", "population"):
        page.open(view=view)
        page.wait_for(".js-plotly-plot .main-svg, #population-map canvas")
        needed = "return document.documentElement.scrollWidth"
        page.until(lambda source=needed: page.script(source) <= width, "see the page as wide as the window")


def test_theme_is_switched_and_kept(page):
    page.open(theme="light")
    assert page.script("return document.documentElement.dataset.theme") == "light"
    page.choose("Dark")
    page.wait_for_params(theme="dark")
    page.until(lambda: page.script("return document.documentElement.dataset.theme") == "dark")
    ink = "return document.querySelector('.js-plotly-plot')?._fullLayout?.font?.color"
    page.until(lambda: page.script(ink) == "#E6EAF0", "see the plots in dark")
    page.reload()
    assert page.script("return document.documentElement.dataset.theme") == "dark"


def test_the_confusion_matrix_needs_no_scrolling(page):
    page.open()
    page.wait_for(".confusion")
    boxes = "[...document.querySelectorAll('.confusion')].map(table => table.parentElement)"
    assert page.script(f"return {boxes}.every(box => box.scrollWidth <= box.clientWidth)")


AREA = "map:-4,-4;4,-4;4,4;-4,4"
FILTERS = {
    "nothing": {},
    "an output": {"filter": '[["prediction","==","negative"]]'},
    "a cluster and words": {"filter": '[["cluster","==",0]]', "q": "dreadful"},
    "a loss and a subset": {"filter": '[["loss",">",0.2],["subset","==","validation"]]'},
    "an area": {"selection": AREA},
    "an output and an area of the other": {"filter": '[["prediction","==","negative","first"]]', "selection": AREA,
                                           "run": "second"},
    "every subset": {"overview.subset": "all"},
}  # fmt: skip


@pytest.mark.parametrize("name", FILTERS)
def test_each_cell_opens_as_many_samples_as_it_says(page, name):
    page.open(**FILTERS[name])
    page.wait_for("#overview-models .card")
    counts = page.until(lambda: page.texts("#overview-models a.cell strong"), "see the cells")
    for place, count in enumerate(counts):
        page.open(**FILTERS[name])
        page.until(lambda: page.texts("#overview-models a.cell strong") == counts, "see the same cells")
        page.script("document.querySelectorAll('#overview-models a.cell')[arguments[0]].click()", place)
        page.wait_for_text("#count", f"{count} of 360 samples")
        page.wait_for_text("#population-rows", f"{count} of 360 samples")


def test_held_out_is_one_tab(page):
    page.open(**{"overview.subset": "validation"})
    page.wait_for_text("#overview-models", "120 of 360 samples")
    assert page.texts("#view .segments label") == ["held out (validation)", "training", "all"]
    assert page.texts("#view .segments label:has(input:checked)") == ["held out (validation)"]


def test_paired_reliability_charts_have_the_same_axes_and_epochs_are_whole(page):
    page.open()
    axes = """return [...document.querySelectorAll('#overview-models .js-plotly-plot')].map(
        (p) => [p._fullLayout?.xaxis.range, p._fullLayout?.yaxis.range])"""
    first, second = page.until(lambda: (found := page.script(axes)) and len(found) == 2 and found, "see two charts")
    assert first == second
    ticks = """return [...document.querySelectorAll('#overview-training .xtick text, #overview-training .x2tick text')]
        .map((tick) => tick.textContent)"""
    labels = page.until(lambda: page.script(ticks), "see the epochs")
    assert set(labels) == {"1", "2", "3", "4"}
