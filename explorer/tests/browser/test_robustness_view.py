"""A made-up run of changed samples in the browser: a weak change turns two predictions, a strong one eight."""

import numpy as np
import pandas as pd
import pytest

from leap_explorer.explain.alignment import Span
from leap_explorer.explain.reader import Explanation
from leap_explorer.runs.run import load_run
from leap_explorer.runs.simulated import CHANGE_COLUMN
from serving import copied_run, serving

pytestmark = pytest.mark.slow

FLIPS = {"typos:rate=0.1": 2, "typos:rate=0.4": 8}
OTHER = {"negative": "positive", "positive": "negative"}


class Reader:
    """Texts whose second word a change mistypes; each word counts for the label."""

    def text(self, sample_id):
        source, _, change = sample_id.partition("~")
        return f"{source} {'wodnerful' if change else 'wonderful'} film"

    def explain(self, run, text, target):
        starts = [0, text.index(" ") + 1]
        spans = tuple(Span(start, start + 4, 0.5 - place, True) for place, start in enumerate(starts))
        return Explanation({"negative": 0.4, "positive": 0.6}, target, spans, "made up", {}, None, None)

    def label_csv(self, decisions):
        raise NotImplementedError


@pytest.fixture(scope="module")
def address(runs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("changed") / "changed"
    plain = copied_run(runs[0], folder, name="changed", columns=runs[0].columns | CHANGE_COLUMN)
    base = runs[0].samples.assign(change=pd.array([None] * len(runs[0].samples), dtype="string"))
    held_out = base[(base["subset"] == "validation") & base["prediction"].notna()]
    parts = [base]
    for change, count in FLIPS.items():
        made = held_out.assign(id=held_out["id"] + f"~{change}", subset="additional", change=change)
        right = made.index[(made["prediction"] == made["ground_truth"]).to_numpy()][:count]
        made.loc[right, "prediction"] = made.loc[right, "prediction"].map(OTHER)
        made.loc[right, "loss"] = np.float32(2.0)
        parts.append(made)
    samples = pd.concat(parts, ignore_index=True)
    samples.to_parquet(folder / "samples.parquet")
    np.save(folder / "latent.npy", np.zeros((len(samples), 2), np.float32))
    assert plain.path == folder
    with serving([load_run(folder), runs[1]], Reader(), tmp_path_factory.mktemp("state")) as address:
        yield address


def flips(page):
    return len(page.rows("#robustness-flips tbody tr"))


def shows(page, change):
    page.until(lambda: flips(page) == FLIPS[change], f"see the flips of {change}")
    page.until(lambda: page.texts("#robustness-overview [aria-current=true]") == [change], "see it marked")
    page.until(lambda: page.text("#robustness-slices h2") == f"Where {change} costs most", "see its slices")


def test_the_dearest_change_is_open_with_its_strengths_and_a_pair_of_texts(page):
    page.open(view="robustness")
    shows(page, "typos:rate=0.4")
    cells = page.rows("#robustness-overview tbody tr")
    assert [row[0] for row in cells] == list(FLIPS)
    assert [row[-1] for row in cells] == ["2", "8"]
    assert "p = 0.0078" in cells[1]
    page.wait_for("#robustness-strengths .js-plotly-plot")
    assert page.script("return document.querySelector('#robustness-strengths .js-plotly-plot').data[0].x") == [0.1, 0.4]
    texts = page.texts("#robustness-pair .sample-text")
    assert [one.split()[1] for one in texts] == ["wonderful", "wodnerful"]
    assert page.texts("#robustness-pair .match") == ["wodn"]
    page.click_path("(//div[@id='robustness-flips']//tbody//a)[2]")
    second = page.rows("#robustness-flips tbody tr")[1][0]
    page.wait_for_params(**{"robustness.pair": second})
    page.until(lambda: page.texts("#robustness-pair .sample-text")[0].startswith(second), "see the second pair")


def test_control_and_content_follow_the_address(page):
    weak = "typos:rate=0.1"
    page.open(view="robustness", **{"robustness.change": weak})
    shows(page, weak)
    page.reload()
    shows(page, weak)
    page.click("a.nav-link[data-change*=insights]")
    page.wait_for_params(view="insights")
    page.driver.back()
    shows(page, weak)
    page.driver.forward()
    page.wait_for_params(view="insights")
    page.driver.back()
    shows(page, weak)
    page.menu("robustness.change", "typos:rate=0.4")
    shows(page, "typos:rate=0.4")
    page.click_path(f"//div[@id='robustness-overview']//a[text()='{weak}']")
    shows(page, weak)
    page.wait_for_params(**{"robustness.change": weak})


def test_the_filter_keeps_some_flips(page):
    page.open(view="robustness")
    shows(page, "typos:rate=0.4")
    page.script("""explorer.apply({filter: '[["ground_truth","==","negative"]]'})""")
    page.until(lambda: 0 < flips(page) < FLIPS["typos:rate=0.4"], "see fewer flips")
    assert {row[1] for row in page.rows("#robustness-flips tbody tr")} == {"negative"}


def test_a_run_without_changes_leads_to_one_that_has_some(page):
    page.open(view="robustness", run="second")
    assert "no changed samples" in page.text("#view")
    page.click_path("//a[text()='Open changed']")
    shows(page, "typos:rate=0.4")
