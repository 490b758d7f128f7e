"""Label review in the browser: by keyboard, kept on disk at once, and what is exported of it."""

import csv
import io
import json
import re

import pandas as pd
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from leap_explorer.errors import ExplorerError
from leap_explorer.explain.alignment import Span
from leap_explorer.explain.reader import Explanation
from leap_explorer.insights import Judge, label_issues
from serving import copied_run, serving

pytestmark = pytest.mark.slow

HOSTILE = (
    "\"Quoted\", 'quoted' 🎬\nnext <br /><br />line <script>document.title = 'taken over'</script> <b>bold</b> &amp;"
)


class LabelReader:
    """Texts that no markup may come out of; the corrected data are small."""

    def text(self, sample_id):
        return None if sample_id == "s243" else f"{sample_id}: {HOSTILE}"

    def explain(self, run, text, target):
        if "s250" in text:
            raise ExplorerError("The model is out of reach.")
        spans = [Span(*word.span(), 0.5 - 0.01 * place, True) for place, word in enumerate(re.finditer(r"\w+", text))]
        return Explanation({"negative": 0.5, "positive": 0.5}, target, tuple(spans), "occlusion", {}, None, None)

    def label_csv(self, decisions):
        verdicts = {one["id"]: one for one in decisions}
        rows = []
        for number in range(240, 360):
            sample_id = f"s{number:03d}"
            decision = verdicts.get(sample_id, {})
            if decision.get("verdict") != "ambiguous":
                label = decision.get("label") or ("positive" if number % 2 else "negative")
                rows.append([sample_id, self.text(sample_id) or "", label, "validation"])
        file = io.StringIO()
        csv.writer(file).writerows([["id", "text", "label", "split"], *rows])
        return file.getvalue()


@pytest.fixture(scope="module")
def state_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("reviewed")


@pytest.fixture(scope="module")
def doubted(runs, tmp_path_factory):
    """A run in which four more labels are hard to tell."""
    run = copied_run(runs[0], tmp_path_factory.mktemp("doubted") / "first")
    samples = pd.read_parquet(run.path / "samples.parquet")
    close = samples["id"].isin(["s250", "s261", "s272", "s284"])
    samples.loc[close, "probability_positive"] = 0.55
    samples.loc[close, "probability_negative"] = 0.45
    samples.to_parquet(run.path / "samples.parquet")
    return run


@pytest.fixture(scope="module")
def doubts(doubted):
    """Of both kinds."""
    return label_issues(doubted.samples)


@pytest.fixture(scope="module")
def issues(doubts):
    """Those that the view opens on."""
    return doubts[doubts["kind"] == "flip"].reset_index(drop=True)


@pytest.fixture(scope="module")
def address(doubted, runs, state_folder):
    with serving([doubted, runs[1]], LabelReader(), state_folder) as address:
        yield address


@pytest.fixture(autouse=True)
def _nothing_kept(state_folder):
    (state_folder / "label-review.json").unlink(missing_ok=True)


def open_labels(page, **params):
    """The view as one model alone sees it, unless it is said otherwise."""
    page.open(view="labels", **{"labels.by": "alone"} | params)
    page.wait_for("#labels-list .ag-row")
    page.wait_for("#labels-review .claim")
    page.wait_for("#labels-list .ag-row-selected")
    page.wait_for("#labels-count")


def press(page, *keys):
    ActionChains(page.driver).send_keys(*keys).perform()


def at(page, sample_id):
    """Wait until a sample is reviewed, in the list, in the address and beside it."""
    page.wait_for_params(**{"labels.at": f"validation/{sample_id}"})
    page.wait_for_text("#labels-review .claim", sample_id)
    page.wait_for_text("#labels-list .ag-row-selected [col-id='id']", sample_id)


def kept(state_folder):
    path = state_folder / "label-review.json"
    content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {name.split()[0]: one["verdict"] for name, one in content.items()}


def test_the_ranking_shows_the_most_suspicious_first(page, issues, doubts, runs):
    open_labels(page)
    first = issues.iloc[0]
    at(page, first["id"])
    assert set(doubts["kind"]) == {"flip", "ambiguous"}
    assert f"{len(issues)} of 360 samples" in page.text("#labels-list-box")
    assert "0 of" in page.text("#labels-count")
    assert f"{len(issues)} reviewed" in page.text("#labels-count")

    def cell(name):
        return page.text(f"#labels-list .ag-row-selected [col-id='{name}']")

    assert cell("given") == first["ground_truth"]
    assert cell("quality") == f"{100 * first['quality']:.1f} %"
    other = runs[1].samples.set_index("id").loc[first["id"], f"probability_{first['ground_truth']}"]
    assert float(cell("given_0").removesuffix(" %")) == pytest.approx(100 * other, abs=6e-2)
    assert cell("text").startswith(f"{first['id']}: ")
    said = page.text("#labels-claim")
    assert f"The data says {first['ground_truth']}, the model says {first['suggested']}." in said
    assert f"The model gives this label a {100 * first['quality']:.1f} % chance" in said
    shown = page.text("#labels-probabilities")
    assert "first" in shown
    assert "second" in shown


def test_the_keyboard_decides_moves_and_undoes(page, issues, state_folder):
    ids = issues["id"].tolist()
    open_labels(page)
    at(page, ids[0])
    press(page, "1")
    at(page, ids[1])
    page.wait_for_text("#labels-count", f"1 of {len(ids)} reviewed:\n1 to change, 0 ambiguous, 0 kept")
    press(page, "2", "3")  # two at once: none may be lost
    at(page, ids[3])
    page.wait_for_text("#labels-count", f"3 of {len(ids)} reviewed:\n1 to change, 1 ambiguous, 1 kept")
    assert kept(state_folder) == {ids[0]: "flip", ids[1]: "ambiguous", ids[2]: "fine"}
    press(page, "u")
    at(page, ids[2])
    page.wait_for_text("#labels-count", f"2 of {len(ids)} reviewed")
    press(page, "j")
    at(page, ids[3])
    press(page, Keys.ARROW_DOWN)
    at(page, ids[4])
    press(page, Keys.ARROW_UP, "k")
    at(page, ids[2])
    assert kept(state_folder) == {ids[0]: "flip", ids[1]: "ambiguous"}


def test_decisions_survive_a_reload_and_can_still_be_undone(page, issues, state_folder):
    ids = issues["id"].tolist()
    open_labels(page)
    at(page, ids[0])
    press(page, "1", "3")
    page.wait_for_text("#labels-count", "2 of")
    page.driver.get(page.address + "?view=labels")
    at(page, ids[2])  # the first without a verdict
    page.wait_for_text("#labels-count", f"2 of {len(ids)} reviewed:\n1 to change, 0 ambiguous, 1 kept")
    press(page, "u")
    at(page, ids[1])
    page.wait_for_text("#labels-count", "1 of")
    assert kept(state_folder) == {ids[0]: "flip"}


def test_a_verdict_is_changed_and_the_change_undone(page, issues, state_folder):
    ids = issues["id"].tolist()
    open_labels(page)
    at(page, ids[0])
    press(page, "1", Keys.ARROW_UP)
    at(page, ids[0])
    page.wait_for("[data-labels='flip'][aria-pressed='true']")
    press(page, "3", Keys.ARROW_UP)
    page.wait_for("[data-labels='fine'][aria-pressed='true']")
    page.until(lambda: kept(state_folder) == {ids[0]: "fine"}, "have it kept")
    press(page, "u")
    page.until(lambda: kept(state_folder) == {ids[0]: "flip"}, "have the first verdict back")


def test_buttons_do_what_the_keys_do(page, issues, state_folder):
    ids = issues["id"].tolist()
    open_labels(page)
    at(page, ids[0])
    assert [one.split()[-1] for one in page.texts("[data-labels]")] == ["1", "2", "3", "U", "K", "J"]
    page.click("[data-labels='next']")
    at(page, ids[1])
    page.click("[data-labels='flip']")
    at(page, ids[2])
    page.click("[data-labels='previous']")
    at(page, ids[1])
    page.until(lambda: kept(state_folder) == {ids[1]: "flip"}, "have it kept")
    page.click("[data-labels='undo']")
    page.until(lambda: kept(state_folder) == {}, "have it taken back")


def test_keys_are_left_alone_while_one_types(page, issues, state_folder):
    open_labels(page)
    at(page, issues["id"].iloc[0])
    page.click("input[type='search']")
    press(page, "123ukj")
    assert page.value("input[type='search']") == "123ukj"
    assert kept(state_folder) == {}
    assert page.params["labels.at"] == f"validation/{issues['id'].iloc[0]}"


def test_a_click_in_the_list_opens_the_review(page, issues):
    open_labels(page)
    page.click("#labels-list .ag-row[row-index='2'] [col-id='id']")
    at(page, issues["id"].iloc[2])
    page.reload()
    at(page, issues["id"].iloc[2])


def test_the_borderline_ones_are_another_set(page, issues, doubts):
    open_labels(page)
    count = len(doubts) - len(issues)
    assert page.texts("#view .segments label") == ["Likely mislabelled", "Borderline", "all models", "first alone"]
    page.choose("Borderline")
    page.wait_for_params(**{"labels.kind": "ambiguous"})
    page.wait_for_text("#labels-list-box", f"{count} of 360 samples")
    page.wait_for_text("#labels-count", f"0 of {count} reviewed")
    page.until(lambda: page.texts("#labels-list .ag-row [col-id='rank']")[:2] == ["1", "2"], "see ranks of their own")
    page.choose("Likely mislabelled")
    page.wait_for_params(**{"labels.kind": None})
    page.wait_for_text("#labels-list-box", f"{len(issues)} of 360 samples")
    page.choose("all models")
    page.wait_for_params(**{"labels.by": None})
    page.wait_for("#labels-list [col-id='agree']")


PLACES = """return [...document.querySelectorAll(
    "[data-labels], #labels-progress, #labels-claim, #labels-reading > :nth-child(2), #labels-list, .review > *"
)].map((one) => { const box = one.getBoundingClientRect(); return [box.x, box.y, box.width].map(Math.round); })"""


def settled(page, key):
    """Where all stands, once the sample's words are coloured, or it is known to have none."""
    at(page, key)
    page.wait_for("#labels-reading .word, #labels-reading .empty-state")
    return page.script(PLACES)


@pytest.mark.parametrize("width", [400, 1280, 2560])
def test_nothing_moves_from_the_first_verdict_on(page, issues, width):
    page.resize(width)
    ids = issues["id"].tolist()
    open_labels(page)
    before = settled(page, ids[0])
    for key, place in zip("1231jjk2uu", (1, 2, 3, 4, 5, 6, 5, 6, 5, 3), strict=True):
        press(page, key)
        assert settled(page, ids[place]) == before, f"after {key}, at {ids[place]}"


def test_words_are_coloured_in_one_direction(page, issues, doubts):
    legends = {}
    for sample_id, kind in ((issues["id"].iloc[0], "flip"), ("s272", "ambiguous")):
        open_labels(page, **{"labels.at": f"validation/{sample_id}", "labels.kind": kind})
        at(page, sample_id)
        page.wait_for("#labels-reading .word")
        suggested = doubts.set_index("id").loc[sample_id, "suggested"]
        legends[suggested] = page.text("#labels-reading .sample-legend")
    assert set(legends) == {"negative", "positive"}
    assert len(set(legends.values())) == 1


def test_where_the_model_cannot_be_asked_the_text_stays_and_the_reason_is_said(page):
    open_labels(page, **{"labels.at": "validation/s250", "labels.kind": "ambiguous"})
    page.wait_for_text("#labels-reading", "The words are not coloured; why stands below them.")
    assert page.text("#labels-reading").endswith("The model is out of reach.")
    assert page.text("#labels-reading .sample-text").startswith("s250: ")


def test_filters_narrow_the_list(page, issues):
    positive = issues[issues["ground_truth"] == "positive"]
    open_labels(page, filter='[["ground_truth","==","positive"]]')
    page.wait_for_text("#labels-list-box", f"{len(positive)} of 360 samples")
    page.open(view="labels", filter='[["subset","==","training"]]')
    page.wait_for_text("#labels-list-box", "No such label here")


def test_the_text_is_inert_and_its_line_breaks_show(page, issues):
    open_labels(page)
    sample_id = issues["id"].iloc[1]
    press(page, "j")
    at(page, sample_id)
    page.wait_for("#labels-reading .word")
    text = "document.querySelector('#labels-reading .sample-text')"
    assert page.script(f"return {text}.textContent") == f"{sample_id}: " + HOSTILE.replace("<br />", "\n")
    assert page.script(f"return [...{text}.children].every((one) => one.matches('span.word'))")
    assert page.script(f"return getComputedStyle({text}).whiteSpace") == "pre-wrap"
    assert page.driver.title != "taken over"


def test_a_text_that_is_not_there_is_said_to_be_missing(page, issues):
    assert "s243" in set(issues["id"])
    open_labels(page, **{"labels.at": "validation/s243"})
    at(page, "s243")
    page.wait_for_text("#labels-review", "Text not available")


def test_the_sample_opens(page, issues):
    open_labels(page)
    page.click("#labels-review .claim a")
    page.wait_for_params(view="sample", sample=f"validation/{issues['id'].iloc[0]}")


def test_the_corrected_data_carry_out_the_verdicts(page, issues):
    ids = issues["id"].tolist()
    open_labels(page)
    at(page, ids[0])
    press(page, "1", "2", "3")
    page.wait_for_text("#labels-count", "3 of")
    page.click("#labels-corrected")
    table = pd.read_csv(io.StringIO(page.downloaded("corrected.csv")), keep_default_na=False).set_index("id")
    assert list(table.columns) == ["text", "label", "split"]
    assert table.loc[ids[0], "label"] == issues["suggested"].iloc[0]
    assert ids[1] not in table.index
    assert table.loc[ids[2], "label"] == issues["ground_truth"].iloc[2]
    assert len(table) == 119
    assert table.loc[ids[0], "text"] == f"{ids[0]}: {HOSTILE}"


def test_the_decisions_are_exported(page, issues):
    ids = issues["id"].tolist()
    open_labels(page)
    at(page, ids[0])
    press(page, "1", "2")
    page.wait_for_text("#labels-count", "2 of")
    page.click("#labels-decisions")
    table = pd.read_csv(io.StringIO(page.downloaded("label-decisions.csv")), keep_default_na=False)
    assert table["id"].tolist() == ids[:2]
    assert table["verdict"].tolist() == ["flip", "ambiguous"]
    assert table["label"].tolist() == [issues["suggested"].iloc[0], ""]
    assert table["given"].tolist() == issues["ground_truth"].tolist()[:2]


def test_the_models_judge_together(page, doubted, runs):
    joint = label_issues(doubted.samples, others=[Judge("second", runs[1].samples)])
    likely = joint[joint["kind"] == "flip"].reset_index(drop=True)
    open_labels(page, **{"labels.by": "all"})
    at(page, likely["id"].iloc[0])
    page.wait_for_text("#labels-review .claim", f"{likely['agree'].iloc[0]} of 2 models say")
    page.wait_for_text("#labels-list .ag-row-selected [col-id='agree']", f"{likely['agree'].iloc[0]} of 2")
    page.wait_for_text("#labels-probabilities", "mean of those not trained on it")
    page.wait_for_text("#labels-list-box", f"{len(likely):,} of ")
    page.wait_for_text("#labels-list-box", "Northcutt")


def test_a_verdict_holds_for_the_other_model_too(page, issues, runs):
    shared = sorted(set(issues["id"]) & set(label_issues(runs[1].samples)["id"]))[0]
    open_labels(page, **{"labels.at": f"validation/{shared}"})
    at(page, shared)
    press(page, "1")
    page.wait_for_text("#labels-count", "1 of")
    open_labels(page, run="second", **{"labels.at": f"validation/{shared}"})
    at(page, shared)
    page.wait_for_text("#labels-list .ag-row-selected [col-id='verdict']", "change")
