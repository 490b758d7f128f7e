"""The data view in the browser, on the made-up runs: what is drawn is what the samples say."""

import numpy as np
import pytest

from leap_explorer.insights import metadata_profile, metadata_ranking

pytestmark = pytest.mark.slow

N = 360
KNOWN = 357  # three samples failed


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
    assert f"{KNOWN} of {N} samples" in page.text("#data-profile")
    profile = metadata_profile(runs[0].samples, "metadata_polarity")
    spearman = profile["spearman"]
    assert f"Spearman's correlation {spearman['value']:.2f}" in page.text("#data-sentence")
    assert plot("Array.from(p._fullData[0].y).reduce((a, b) => a + b)") == KNOWN  # the histogram
    means = plot("Array.from(p._fullData[1].y)")
    np.testing.assert_allclose(means, [one["mean"] for one in profile["bins"]])
    assert plot("p._fullData[0].xaxis") == plot("p._fullData[1].xaxis")  # one axis for both
    assert plot("p._fullData[0].yaxis") != plot("p._fullData[1].yaxis")


def test_the_numbers_stand_below(page, runs):
    open_data(page, **{"data.column": "metadata_words"})
    bins = metadata_profile(runs[0].samples, "metadata_words")["bins"]
    shown = cells(page, "#data-numbers")
    assert [row[0] for row in shown] == [one["label"] for one in bins]
    assert [int(row[1]) for row in shown] == [one["n"] for one in bins]
    assert sum(int(row[1]) for row in shown) == KNOWN


def test_another_column_and_metric_are_chosen(page, plot):
    open_data(page)
    page.menu("data.column", "Words")
    page.wait_for_params(**{"data.column": "metadata_words"})
    page.wait_for_text("#data-profile", "Words and loss")
    page.menu("data.metric", "Confidence")
    page.wait_for_params(**{"data.metric": "metric_confidence"})
    page.wait_for_text("#data-profile", "Words and confidence")
    page.wait_for_text("#data-ranking", "By correlation with confidence")
    axes = "[p._fullLayout.xaxis.title.text, p._fullLayout.yaxis2.title.text]"
    page.until(lambda: plot(axes) == ["words", "mean confidence"], "see the axes' titles")
    page.reload()
    page.wait_for_text("#data-profile", "Words and confidence")


def test_groups_are_split_and_add_up(page, plot):
    open_data(page)
    page.menu("data.by", "Ground truth")
    page.wait_for_params(**{"data.by": "ground_truth"})
    page.until(lambda: plot("p._fullData.map((t) => t.name)") == ["negative", "positive"] * 2, "see two groups")
    assert plot("p._fullData.slice(0, 2).flatMap((t) => Array.from(t.y)).reduce((a, b) => a + b)") == KNOWN
    page.menu("data.by", "Subset")
    page.until(lambda: plot("p._fullData[0].name") == "training", "see the subsets")
    assert {row[0] for row in cells(page, "#data-numbers")} == {"training", "validation"}


def test_every_sample_is_drawn_and_opens(page, plot):
    open_data(page)
    page.choose("every sample")
    page.wait_for_params(**{"data.show": "samples"})
    page.until(lambda: plot("p._fullData[1].type") == "scattergl", "see dots")
    assert plot("p._fullData[1].x.length") == KNOWN
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
    assert "has no order" in page.text("#data-sentence")
    assert plot("p._fullData.map((t) => t.type)") == ["bar", "scatter"]
    assert sum(plot("Array.from(p._fullData[0].y)")) == KNOWN
    assert {row[0] for row in cells(page, "#data-numbers")} == {"drama", "comedy", "horror"}
    page.menu("data.column", "Is truncated")
    page.until(lambda: {row[0] for row in cells(page, "#data-numbers")} == {"true", "false"}, "see both values")
    page.menu("data.column", "Cluster")
    page.wait_for_text("#data-numbers", "1: great, moving")


def test_the_ranking_is_that_of_the_samples_and_a_row_is_shown(page, runs):
    open_data(page)
    ranking = metadata_ranking(
        runs[0].samples, ["metadata_words", "metadata_polarity", "metadata_is_truncated", "metadata_genre"]
    )
    shown = cells(page, "#data-ranking-table")
    assert [row[0] for row in shown] == [name.removeprefix("metadata_").replace("_", " ") for name in ranking["column"]]
    assert shown[0][1].strip() == f"{ranking['rho'][0]:.2f}"
    assert shown[0][2] == f"{ranking['low'][0]:.2f} to {ranking['high'][0]:.2f}"
    assert shown[-1][1] == "no order"
    other = next(row[0] for row in shown if row[0] == "words")
    page.click_path(f"//a[@class='rank-link'][text()='{other}']")
    page.wait_for_params(**{"data.column": "metadata_words"})
    page.wait_for_text("#data-profile", "Words and loss")
    page.wait_for_text("button[id*='data:column']", "Words")  # the menu follows
    page.until(lambda: page.texts("#data-ranking-table tr.shown")[0].startswith("words"), "see the row marked")


def test_the_ranking_is_sorted_by_its_headers(page):
    open_data(page)
    page.click("#data-ranking-table th:first-child a")
    page.wait_for_params(**{"data.sort": "name"})
    names = ["genre", "is truncated", "polarity", "words"]
    page.until(lambda: [row[0] for row in cells(page, "#data-ranking-table")] == names, "see them by name")
    page.wait_for("#data-ranking-table th:first-child[aria-sort='ascending']")


def test_filters_count(page, runs):
    samples = runs[0].samples
    validation = samples[samples["subset"] == "validation"]
    known = int(validation["loss"].notna().sum())
    open_data(page, filter='[["subset","==","validation"]]')
    page.wait_for_text("#data-profile", f"{known} of {N} samples")
    assert f"{len(validation)} of {N} samples" in page.text("#data-ranking")
    page.open(view="data", filter='[["loss",">",1000]]')
    page.wait_for_text("#data-profile", "No sample to show")
