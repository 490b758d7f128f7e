"""The map in the browser. Negative samples lie around (0, 0), positive ones around (10, 0)."""

import io
import json

import pandas as pd
import pytest
from selenium.webdriver.common.keys import Keys

from drawn_map import MAP, read_map

pytestmark = pytest.mark.slow

N = 360


@pytest.fixture
def plot(page):
    """Reads the map as its component has it."""
    return lambda expression: read_map(page, expression)


def open_map(page, **params):
    page.open(view="population", **params)
    page.wait_for(MAP)
    page.wait_for("#population-table .ag-row")


def table_column(page, name):
    """The cells of a column, once the rows that are asked for are there."""
    cells = f"#population-table .ag-row [col-id='{name}']"
    return page.until(lambda: (texts := page.texts(cells)) and all(texts) and texts, f"see the column {name}")


def test_colour_is_switched_without_sending_the_points_again(page, plot):
    open_map(page)
    assert "negative" in page.text("#population-legend")
    before = plot("[p.colors, p.x]")
    plot("window.sent = m.points")
    page.menu("color", "Loss")
    page.wait_for_params(color="loss")
    page.wait_for("#population-legend .color-bar")
    page.until(lambda: plot("p.colors") != before[0], "see other colours")
    assert plot("p.x") == before[1]
    assert plot("m.points === window.sent")
    page.menu("color", "Correctness")
    page.wait_for_text("#population-legend", "wrong")
    page.until(lambda: len({one for one in plot("p.colors") if one}) == 2, "see correct and wrong")


def test_size_is_switched(page, plot):
    open_map(page)
    assert len(set(plot("p.sizes.filter((one) => one !== null)"))) > 20
    page.menu("size", "All alike")
    page.wait_for_params(size="none")
    page.until(lambda: len(set(plot("p.sizes.filter((one) => one !== null)"))) == 1, "see dots of one size")
    page.until(lambda: "Larger dot" not in page.text("#population-legend"), "see no legend of sizes")


def test_projection_is_switched(page, plot):
    open_map(page)
    first = plot("[p.x[7], p.y[7]]")
    page.choose("PCA")
    page.wait_for_params(map="pca")
    page.until(lambda: plot("[p.y[7], p.x[7]]") == first, "see the axes exchanged")


def test_lasso_dims_the_rest_and_is_kept_over_a_reload(page, plot):
    open_map(page)
    left_half = [(0.02, 0.05), (0.5, 0.05), (0.5, 0.95), (0.02, 0.95), (0.02, 0.06)]
    page.drag(MAP, *left_half)
    page.until(lambda: page.params.get("selection", "").startswith("map:"), "have a selection in the address")
    page.wait_for_text("#chips", "area drawn on the map")
    chosen = page.until(lambda: plot("p.selected"), "see the rest dimmed")
    assert 0 < len(chosen) < N
    xs = plot("p.x")
    assert max(xs[row] for row in chosen) < min(x for row, x in enumerate(xs) if x is not None and row % 2 and x > 5)
    assert plot("p.x.length") == N
    page.wait_for_text("#population-count", f"{len(chosen)} selected")
    page.wait_for_text("#population-rows", f"{len(chosen)} of {N} samples")
    page.wait_for_text("#population-side", "Selected and a matched rest")
    assert "Polarity" in page.text("#population-side")
    page.until(lambda: set(table_column(page, "ground_truth")) == {"negative"}, "see the table follow")
    page.reload()
    page.wait_for_text("#population-count", f"{len(chosen)} selected")
    page.until(lambda: plot("p.selected") == chosen, "see the rest dimmed again")
    page.click("#chips .chip-remove")
    page.wait_for_params(selection=None)
    page.wait_for_text("#population-count", f"{N} samples")
    page.until(lambda: plot("p.selected") is None, "see nothing dimmed")


def test_choosing_what_dragging_does_computes_no_dot_anew(page, plot):
    open_map(page)
    plot("window.computed = m.codes")
    page.choose("Box")
    page.until(lambda: plot("p.drag") == "select", "drag a box")
    assert plot("m.codes === window.computed")


@pytest.mark.parametrize("ratio", [1, 2])
def test_dots_are_drawn_at_the_screens_resolution(page, plot, ratio):
    page.resize(1280, ratio=ratio)
    open_map(page)
    assert plot("m.canvas.width / m.canvas.clientWidth") == ratio


def test_box_selects_too(page, plot):
    open_map(page)
    page.choose("Box")
    page.until(lambda: page.params.get("population.drag") == "select")
    page.until(lambda: plot("p.drag") == "select", "drag a box")
    page.drag(MAP, (0.02, 0.05), (0.3, 0.5), (0.5, 0.95))
    page.until(lambda: page.params.get("selection", "").count(";") == 3, "have four corners")


def test_filter_is_added_shown_and_taken_back(page, plot):
    open_map(page)
    page.click("#filter-panel summary")
    page.menu("filter-column", "Subset")
    page.menu("filter-values", "validation (120)")
    page.click("#filter-add")
    page.wait_for_params(filter=json.dumps([["subset", "==", "validation"]], separators=(",", ":")))
    page.wait_for_text("#count", f"120 of {N} samples")
    page.until(lambda: len(plot("p.selected") or []) == 120, "see the rest dimmed")
    page.menu("filter-column", "Loss")
    page.type("#filter-low", "1")
    page.click("#filter-add")
    page.wait_for_text("#count", f"12 of {N} samples")
    page.wait_for_text("#chips", "loss >= 1")
    page.until(lambda: len(table_column(page, "loss")) == 12, "see the table follow")
    page.click("#chips > a")
    page.wait_for_text("#count", f"All {N} samples")


def test_search_finds_words_and_ids(page, plot):
    open_map(page)
    search = 'input[id*=\'"key":"q"\']'
    page.type(search, "WONDERFUL")
    page.wait_for_text("#count", f"180 of {N} samples")
    page.type(search, "s007")
    page.wait_for_text("#count", f"1 of {N} samples")
    page.until(lambda: plot("p.selected") == [7], "see the sample alone")


def test_search_has_a_language(page):
    open_map(page)
    for query, count in (("wonder", 180), ("wonderful OR dreadful", 360), ("-wonderful", 180), ('"is wonderful"', 180)):
        page.type("input[type=search]", query)
        page.wait_for_text("#count", f"{count} of {N} samples")
    page.type("input[type=search]", '"is wonderful')
    page.wait_for_text("#chips", 'is not applied. A quote is not closed: write "is wonderful".')
    page.wait_for_text("#count", f"{N} of {N} samples")


def test_the_table_has_the_texts_and_marks_what_was_searched_for(page):
    open_map(page)
    page.until(lambda: all("Review number" in text for text in table_column(page, "text")[:5]), "see texts")
    page.type("input[type=search]", "wonder")
    marks = "#population-table .ag-row [col-id='text'] mark"
    page.until(lambda: set(page.texts(marks)) == {"wonderful"}, "see marks")
    page.type("input[type=search]", "")
    page.until(lambda: page.texts(marks) == [], "see no marks")


@pytest.mark.parametrize("width", [400, 1280, 2560])
def test_texts_can_be_seen_at_every_width(page, width):
    page.resize(width)
    open_map(page)
    table, cell = (
        page.wait_for(css).rect for css in ("#population-table", "#population-table .ag-row [col-id='text']")
    )
    assert cell["width"] >= 200
    assert cell["x"] + 160 <= table["x"] + table["width"]


def test_legend_filters(page):
    open_map(page)
    page.click("#population-legend a.legend-entry")
    page.wait_for_text("#chips", "ground truth is negative")
    page.wait_for_text("#count", f"180 of {N} samples")


def test_cluster_profile(page):
    open_map(page)
    page.click_path("//a[normalize-space()='1: great, moving']")
    page.wait_for_text("#population-side", "Cluster 1: great, moving")
    assert "Characteristic words" in page.text("#population-side")
    assert "more polarity (+0.90)" in page.text("#population-side")


@pytest.mark.parametrize(
    "params",
    [{}, {"filter": '[["subset","==","validation"]]'}, {"q": "dreadful"}, {"selection": "map:-4,-4;11,-4;11,0;-4,0"}],
)
def test_a_cluster_opens_as_many_samples_as_its_row_counts(page, params):
    rows = "#population-side table:has(a) tbody tr"
    open_map(page, **params)
    counts = [int(row[1]) for row in page.until(lambda: page.rows(rows), "see the clusters")]
    for place, count in enumerate(counts, 1):
        open_map(page, **params)
        page.click(f"#population-side table:has(a) tbody tr:nth-child({place}) a")
        page.wait_for_text("#count", f"{count} of {N} samples")


def test_the_cluster_of_a_sample_opens_as_many_samples_as_its_card_counts(page):
    page.open(view="sample", sample="training/s001", selection="map:-4,-4;4,-4;4,4;-4,4", q="dreadful")
    page.wait_for("#sample-cluster a")
    count = page.script("return document.querySelector('#sample-cluster').closest('.card').innerText").split(" of ")[0]
    page.click("#sample-cluster a")
    page.wait_for_text("#count", f"{count.split()[-1]} of {N} samples")


def test_table_is_sorted_and_a_row_opens_its_sample(page):
    open_map(page)
    losses = [float(text) for text in table_column(page, "loss")]
    assert losses == sorted(losses, reverse=True)
    page.click("#population-table .ag-header-cell[col-id='id']")
    page.until(lambda: table_column(page, "id")[:3] == ["s000", "s001", "s002"], "see the ids sorted")
    page.click("#population-table .ag-row[row-index='1'] [col-id='id']")
    page.wait_for_params(view="sample", sample="training/s001")


def test_a_click_on_a_dot_opens_its_sample(page, plot):
    open_map(page, filter='[["id","==","s007"]]')
    place = plot("p.share(7)")
    page.drag(MAP, tuple(place))
    page.until(lambda: page.params.get("view") == "sample", "open a sample")
    assert page.params["sample"].startswith(("training/s", "validation/s"))


def test_hover_tells_the_sample_and_markup_in_its_text_is_inert(page, plot):
    open_map(page)
    page.menu("hover", "Genre")
    page.wait_for_params(hover="metadata_genre")
    place = plot("p.share(7)")
    page.hover(MAP, tuple(place))
    page.wait_for("#population-tooltip .hover-text")
    text = page.text(".hover-text")
    assert "Loss" in text
    assert "Genre" in text
    assert "<script>document.title = 'taken over'</script>" in text
    assert page.driver.title == "Population · first · Leap Explorer"
    assert page.find(".hover-text img, .hover-text script") == []


def test_exports_hold_the_selected_samples(page, runs):
    open_map(page, filter='[["subset","==","validation"],["correctness","==","wrong"]]')
    page.wait_for_text("#count", f"12 of {N} samples")
    samples = runs[0].samples
    expected = samples[(samples["subset"] == "validation") & (samples["prediction"] != samples["ground_truth"])]
    page.click("#population-ids")
    assert page.downloaded("first-ids.txt").split() == expected["id"].tolist()
    page.click("#population-csv")
    exported = pd.read_csv(io.StringIO(page.downloaded("first-samples.csv")))
    assert exported["id"].tolist() == expected["id"].tolist()
    assert exported["loss"].to_numpy() == pytest.approx(expected["loss"].to_numpy(dtype=float), rel=1e-5)
    assert set(samples.columns) <= set(exported.columns)


def test_another_model_keeps_filters_and_the_selection_as_the_samples_they_were(page, plot):
    area = "5,-9;15,-9;10,9"
    conditions = '[["prediction","==","positive"],["cluster","==",1],["subset","==","validation"]]'
    open_map(page, filter=conditions, selection=f"map:{area}")
    page.wait_for_text("#chips", "area drawn on the map of first")
    chosen = page.until(lambda: plot("p.selected"), "see the rest dimmed")
    count = page.text("#count")
    assert count == f"{len(chosen)} of {N} samples"
    page.menu("run", "second")
    named = '[["prediction","==","positive","first"],["cluster","==",1,"first"],["subset","==","validation"]]'
    page.wait_for_params(run="second", selection=f"map@first:{area}", filter=named)
    for chip in ("prediction is positive (first)", "cluster is 1 (first)", "area drawn on the map of first"):
        page.wait_for_text("#chips", chip)
    page.until(lambda: plot("p.outline.length") == 0, "see the other map, of which the area is none")
    page.until(lambda: plot("p.selected") == chosen, "see the same samples there")
    assert page.text("#count") == count
    page.reload()
    page.wait_for_text("#count", count)
    page.menu("run", "first")
    page.wait_for_params(run=None, selection=f"map:{area}", filter=conditions)
    page.wait_for_text("#count", count)


def test_an_old_address_means_the_run_that_it_names(page):
    open_map(page, run="second", filter='[["prediction","==","positive"]]')
    page.wait_for_text("#chips", "prediction is positive (second)")


def test_nothing_matches_and_the_filters_are_cleared(page):
    open_map(page, filter='[["subset","==","validation"]]')
    page.type('input[id*=\'"key":"q"\']', "no such words")
    page.wait_for_text("#population-side", "No samples match.")
    page.wait_for_text("#population-table .ag-overlay", "No samples match. Clear filters")
    page.click("#population-side .empty-state a")
    page.wait_for_params(q=None, filter=None)
    page.wait_for_text("#count", f"All {N} samples")


#: Dots at the ends of the map and in its middle, as rows.
CORNERS = """(() => {
    const {x, y} = p, rows = [...x.keys()].filter((row) => x[row] !== null);
    const most = (score) => rows.reduce((best, row) => (score(row) > score(best) ? row : best));
    const ends = [[1, 1], [1, -1], [-1, 1], [-1, -1], [1, 0], [-1, 0], [0, 1], [0, -1]];
    return [...ends.map(([a, b]) => most((row) => a * x[row] + b * y[row])), most((row) => -Math.abs(x[row] - 5))];
})()"""


@pytest.mark.parametrize(("width", "height"), [(400, 800), (1280, 900)])
def test_the_tooltip_can_be_read_at_any_dot(page, plot, width, height):
    page.resize(width, height)
    open_map(page)
    bars = "Math.max(0, document.querySelector('.filter-bar').getBoundingClientRect().bottom)"
    for row in plot(CORNERS):
        place = "(() => { const b = m.element.getBoundingClientRect(), [x, y] = m.placeOf(ROW); "
        place += "return [b.left + x, b.top + y]; })()"
        page.script("document.querySelector('#population-frame').scrollIntoView({block: 'nearest'})")
        x, y = plot(place.replace("ROW", str(row)))
        page.move_to(0, 0)
        page.until(lambda: not page.find("#population-tooltip:not([hidden])"), "see it gone")
        page.move_to(x, y)
        page.wait_for("#population-tooltip:not([hidden]) .hover-text")
        read = f"""const b = document.querySelector('#population-tooltip').getBoundingClientRect();
            return [b.left, b.top, b.right, b.bottom, b.width, {bars}, innerWidth, innerHeight]"""
        left, top, right, bottom, wide, bar, page_width, page_height = page.script(read)
        assert wide >= 240
        assert bottom - top < 400
        assert left >= 0
        assert right <= page_width
        assert top >= bar
        assert bottom <= page_height


def test_dots_are_walked_with_the_arrow_keys(page, plot):
    open_map(page)
    frame = page.wait_for("#population-frame")
    assert frame.get_attribute("role") == "application"
    assert frame.get_attribute("aria-label").startswith("Similarity map: nearby samples look alike to the model.")
    frame.send_keys(Keys.ARROW_RIGHT)
    place = "document.querySelector('#population-cursor').getBoundingClientRect().x"
    said = "document.querySelector('#population-said').innerText"
    page.until(lambda: plot(said), "be told of a dot")
    seen = [(plot(place), plot(said))]
    for key in (Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT):
        frame.send_keys(key)
        page.until(lambda: plot(said) != seen[-1][1], "be told of another")
        seen.append((plot(place), plot(said)))
    (x0, _), (x1, _), (x2, _), (x3, last) = seen
    assert x0 < x1 < x2 > x3
    assert "Ground truth" in last
    assert "Loss" in last
    page.wait_for("#population-tooltip:not([hidden])")
    frame.send_keys(Keys.ESCAPE)
    page.until(lambda: not page.find("#population-tooltip:not([hidden])"), "see it gone")
    frame.send_keys(Keys.ARROW_UP)
    page.wait_for("#population-tooltip:not([hidden]) .hover-text")
    sample = plot(said).split(",")[0]
    frame.send_keys(Keys.ENTER)
    page.until(lambda: page.params.get("view") == "sample", "open the sample")
    assert page.params["sample"].endswith(f"/{sample}")


def test_the_keys_walk_among_the_selected_alone(page, plot):
    open_map(page, filter='[["cluster","==",1]]')
    frame = page.wait_for("#population-frame")
    said = "document.querySelector('#population-said').innerText"
    page.until(lambda: plot("p.selected"), "see the others dimmed")
    for key in (Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT):
        before = plot(said)
        frame.send_keys(key)
        page.until(lambda before=before: plot(said) != before, "be told of another")
        assert "Ground truth positive" in plot(said)


def test_plots_offer_no_way_off_this_machine(page):
    page.open(view="data")
    source = "return [...document.querySelectorAll('.modebar-btn')].map((one) => one.dataset.title || '')"
    titles = page.until(lambda: page.script(source), "see the plot's buttons")
    assert not [title for title in titles if "cloud" in title.lower() or "studio" in title.lower()]
    assert page.find(".plotlyjsicon, .modebar-btn--logo") == []
