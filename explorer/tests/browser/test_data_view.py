"""The data view in the browser, on the made-up runs: what is drawn is what the samples say."""

import json

import numpy as np
import pytest

from leap_explorer.dashboard.views.data.relation import SHAPES, relation_in_words
from leap_explorer.insights import metadata_profile, metadata_ranking
from leap_explorer.insights.rows import held_out

pytestmark = pytest.mark.slow

N = 360
HELD_OUT = 120  # of the validation subset; the three that failed are of the training one
KNOWN = 357


@pytest.fixture
def plot(page):
    """Reads the plot's figure as plotly has it."""

    def read(expression):
        script = "const p = document.querySelector('#data-plot .js-plotly-plot'); return " + expression
        return page.until(lambda: [page.script(script)], "read the plot")[0]

    return read


def open_data(page, **params):
    page.open(view="data", **params)
    page.wait_for("#data-plot .main-svg")
    page.wait_for("#data-ranking-table")


def cells(page, css):
    return page.until(lambda: page.rows(f"{css} tbody tr"), f"see {css}")


def test_the_first_column_is_polarity_where_nothing_counts_unknown_words(page, plot, runs):
    open_data(page)
    assert "Polarity and loss" in page.text("#data-profile")
    assert f"{HELD_OUT} of {HELD_OUT} held-out samples" in page.text("#data-profile")
    profile = metadata_profile(held_out_samples(runs), "metadata_polarity")
    assert page.text("#data-sentence") == relation_in_words(profile, "polarity", "loss")
    assert plot("Array.from(p._fullData[0].y).reduce((a, b) => a + b)") == HELD_OUT  # the histogram
    means = plot("Array.from(p._fullData[1].y)")
    np.testing.assert_allclose(means, [one["mean"] for one in profile["bins"]])
    assert plot("p._fullData[0].xaxis") == plot("p._fullData[1].xaxis")  # one axis for both
    assert plot("p._fullData[0].yaxis") != plot("p._fullData[1].yaxis")


def held_out_samples(runs):
    samples = runs[0].samples
    return samples[held_out(samples)]


def test_the_numbers_stand_below(page, runs):
    open_data(page, **{"data.column": "metadata_words"})
    bins = metadata_profile(held_out_samples(runs), "metadata_words")["bins"]
    shown = cells(page, "#data-numbers")
    assert [row[0] for row in shown] == [one["label"] for one in bins]
    assert [int(row[1]) for row in shown] == [one["n"] for one in bins]
    assert sum(int(row[1]) for row in shown) == HELD_OUT


def scope(page, name):
    page.click_path(f"//*[contains(@class, 'scope')]//a[text()='{name}']")


def test_other_samples_count_if_asked_and_the_choice_stays(page):
    open_data(page)
    assert page.texts(".scope-option[aria-current]") == ["held out"]
    for name, words in (("all", f"{KNOWN} of {N} samples"), ("training", "237 of 240 training samples")):
        scope(page, name)
        page.wait_for_text("#data-profile", words)
        page.until(lambda name=name: page.texts(".scope-option[aria-current]") == [name], "see it marked")
    page.reload()
    page.wait_for_text("#data-profile", "237 of 240 training samples")
    scope(page, "held out")
    page.wait_for_text("#data-profile", f"{HELD_OUT} of {HELD_OUT} held-out samples")


def cover(page, left, right):
    page.drag("#data-plot .nsewdrag", (left, 0.4), ((left + right) / 2, 0.5), (right, 0.6))


def test_a_range_that_is_covered_becomes_a_filter_again_and_again(page, plot):
    open_data(page)
    for place in range(3):
        before = page.params.get("filter")
        low, high = plot("p._fullLayout.xaxis.range")
        cover(page, 0.2, 0.8)
        page.until(lambda before=before: page.params.get("filter") != before, f"see filter {place}")
        [[column, operator, ends]] = json.loads(page.params["filter"])
        assert (column, operator) == ("metadata_polarity", "between")
        assert ends == pytest.approx([low + 0.2 * (high - low), low + 0.8 * (high - low)], abs=0.03 * (high - low))
        page.until(lambda high=high: plot("p._fullLayout.xaxis.range[1]") < high, "see the narrower plot")
    page.click_path("//*[@id='chips']//a[text()='Clear all']")
    page.wait_for_text("#data-profile", f"{HELD_OUT} of {HELD_OUT} held-out samples")


def test_values_that_are_covered_become_a_filter(page):
    open_data(page, **{"data.column": "metadata_genre"})
    names = [row[0] for row in cells(page, "#data-numbers")]
    cover(page, 0.36, 0.98)
    page.wait_for_params(filter=json.dumps([["metadata_genre", "in", names[1:]]], separators=(",", ":")))
    page.until(lambda: [row[0] for row in cells(page, "#data-numbers")] == names[1:], "see the two left")


def test_no_button_of_the_plot_does_nothing(page):
    open_data(page)
    titles = page.script("return [...document.querySelectorAll('#data-plot .modebar-btn')].map((b) => b.dataset.title)")
    assert "Lasso Select" not in titles
    assert "Box Select" in titles


def test_another_column_and_metric_are_chosen(page, plot):
    open_data(page)
    page.menu("data.column", "Words")
    page.wait_for_params(**{"data.column": "metadata_words"})
    page.wait_for_text("#data-profile", "Words and loss")
    page.menu("data.metric", "Confidence")
    page.wait_for_params(**{"data.metric": "metric_confidence"})
    page.wait_for_text("#data-profile", "Words and confidence")
    page.wait_for_text("#data-ranking", "What explains confidence")
    axes = "[p._fullLayout.xaxis.title.text, p._fullLayout.yaxis2.title.text]"
    page.until(lambda: plot(axes) == ["words", "mean confidence"], "see the axes' titles")
    page.reload()
    page.wait_for_text("#data-profile", "Words and confidence")


def test_groups_are_split_and_add_up(page, plot):
    open_data(page)
    page.menu("data.by", "Ground truth")
    page.wait_for_params(**{"data.by": "ground_truth"})
    page.until(lambda: plot("p._fullData.map((t) => t.name)") == ["negative", "positive"] * 2, "see two groups")
    assert plot("p._fullData.slice(0, 2).flatMap((t) => Array.from(t.y)).reduce((a, b) => a + b)") == HELD_OUT
    scope(page, "all")
    page.menu("data.by", "Subset")
    page.until(lambda: plot("p._fullData[0].name") == "training", "see the subsets")
    assert {row[0] for row in cells(page, "#data-numbers")} == {"training", "validation"}


def test_every_sample_is_drawn_and_opens(page, plot):
    open_data(page)
    page.choose("every sample")
    page.wait_for_params(**{"data.show": "samples"})
    page.until(lambda: plot("p._fullData[1].type") == "scattergl", "see dots")
    assert plot("p._fullData[1].x.length") == HELD_OUT
    key = plot("p._fullData[1].customdata[7]")
    page.script(
        "const p = document.querySelector('#data-plot .js-plotly-plot');"
        "p.emit('plotly_click', {points: [{customdata: arguments[0], curveNumber: 1, pointNumber: 7, x: 0, y: 0,"
        " data: p._fullData[1], fullData: p._fullData[1]}]})",
        key,
    )
    page.wait_for_params(view="sample", sample=key)


def test_values_without_an_order_are_bars(page, plot):
    open_data(page, **{"data.column": "metadata_genre"})
    assert "Genre explains" in page.text("#data-sentence")
    assert plot("p._fullData.map((t) => t.type)") == ["bar", "scatter"]
    assert sum(plot("Array.from(p._fullData[0].y)")) == HELD_OUT
    assert {row[0] for row in cells(page, "#data-numbers")} == {"drama", "comedy", "horror"}
    page.menu("data.column", "Is truncated")
    page.until(lambda: {row[0] for row in cells(page, "#data-numbers")} == {"true", "false"}, "see both values")
    page.menu("data.column", "Cluster")
    page.wait_for_text("#data-numbers", "1: great, moving")


def test_the_ranking_is_that_of_the_samples_and_a_row_is_shown(page, runs):
    open_data(page)
    names = ["metadata_words", "metadata_polarity", "metadata_is_truncated", "metadata_genre"]
    ranking = metadata_ranking(held_out_samples(runs), names)
    shown = cells(page, "#data-ranking-table")
    titles = [name.removeprefix("metadata_").replace("_", " ").capitalize() for name in ranking["column"]]
    assert [row[0] for row in shown] == titles
    assert [row[1] for row in shown] == [SHAPES[shape] for shape in ranking["shape"]]
    assert shown[0][2].split("\n")[0] == f"{100 * ranking['explained'][0]:.1f} %"
    assert [row[3] for row in shown] == [str(HELD_OUT)] * 4
    other = next(row[0] for row in shown if row[0] == "Words")
    page.click_path(f"//a[@class='rank-link'][text()='{other}']")
    page.wait_for_params(**{"data.column": "metadata_words"})
    page.wait_for_text("#data-profile", "Words and loss")
    page.wait_for_text("button[id*='data:column']", "Words")  # the menu follows
    page.until(lambda: page.texts("#data-ranking-table tr.shown")[0].startswith("Words"), "see the row marked")


def test_the_ranking_is_sorted_by_its_headers(page):
    open_data(page)
    page.click("#data-ranking-table th:first-child a")
    page.wait_for_params(**{"data.sort": "name"})
    names = ["Genre", "Is truncated", "Polarity", "Words"]
    page.until(lambda: [row[0] for row in cells(page, "#data-ranking-table")] == names, "see them by name")
    page.wait_for("#data-ranking-table th:first-child[aria-sort='ascending']")


def test_filters_count(page, runs):
    samples = runs[0].samples
    validation = samples[samples["subset"] == "validation"]
    known = int(validation["loss"].notna().sum())
    open_data(page, filter='[["subset","==","validation"]]')  # it says which samples count
    page.wait_for_text("#data-profile", f"{known} of {N} samples")
    assert f"{len(validation)} of {N} samples" in page.text("#data-ranking")
    page.open(view="data", filter='[["subset","==","training"]]', **{"samples.scope": "held-out"})
    page.wait_for_text("#data-profile", "None of the held-out samples that meet the filters")
    page.open(view="data", filter='[["loss",">",1000]]')
    page.wait_for_text("#data-profile", "No sample to show")
