"""Label review in the browser: by keyboard, kept on disk at once, and what is exported of it."""

import csv
import io
import json

import pandas as pd
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from leap_explorer.insights import label_issues
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
        raise NotImplementedError

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
def issues(doubted):
    return label_issues(doubted.samples)


@pytest.fixture(scope="module")
def address(doubted, runs, state_folder):
    with serving([doubted, runs[1]], LabelReader(), state_folder) as address:
        yield address


@pytest.fixture(autouse=True)
def _nothing_kept(state_folder):
    (state_folder / "label-review.json").unlink(missing_ok=True)


def open_labels(page, **params):
    page.open(view="labels", **params)
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


def test_the_ranking_shows_the_most_suspicious_first(page, issues, doubted, runs):
    open_labels(page)
    first = issues.iloc[0]
    at(page, first["id"])
    assert set(issues["kind"]) == {"flip", "ambiguous"}
    assert f"{len(issues)} of 360 samples" in page.text("#labels-list-box")
    assert "0 of" in page.text("#labels-count")
    assert f"{len(issues)} reviewed" in page.text("#labels-count")

    def cell(name):
        return page.text(f"#labels-list .ag-row-selected [col-id='{name}']")

    assert (cell("given"), cell("suggested")) == (first["ground_truth"], first["suggested"])
    assert cell("quality") == f"{first['quality']:.3f}"
    other = runs[1].samples.set_index("id").loc[first["id"], f"probability_{first['ground_truth']}"]
    assert float(cell("given_0")) == pytest.approx(other, abs=6e-4)
    shown = page.text("#labels-probabilities")
    assert "first" in shown
    assert "second" in shown


def test_the_keyboard_decides_moves_and_undoes(page, issues, state_folder):
    ids = issues["id"].tolist()
    open_labels(page)
    at(page, ids[0])
    press(page, "f")
    at(page, ids[1])
    page.wait_for_text("#labels-count", f"1 of {len(ids)} reviewed: 1 flip")
    press(page, "a", "k")  # two at once: none may be lost
    at(page, ids[3])
    page.wait_for_text("#labels-count", f"3 of {len(ids)} reviewed: 1 flip, 1 ambiguous, 1 fine")
    assert kept(state_folder) == {ids[0]: "flip", ids[1]: "ambiguous", ids[2]: "fine"}
    press(page, "u")
    at(page, ids[2])
    page.wait_for_text("#labels-count", f"2 of {len(ids)} reviewed")
    press(page, "j")
    at(page, ids[3])
    press(page, Keys.ARROW_DOWN)
    at(page, ids[4])
    press(page, Keys.ARROW_UP, Keys.ARROW_UP)
    at(page, ids[2])
    assert kept(state_folder) == {ids[0]: "flip", ids[1]: "ambiguous"}


def test_decisions_survive_a_reload_and_can_still_be_undone(page, issues, state_folder):
    ids = issues["id"].tolist()
    open_labels(page)
    at(page, ids[0])
    press(page, "f", "k")
    page.wait_for_text("#labels-count", "2 of")
    page.driver.get(page.address + "?view=labels")
    at(page, ids[2])  # the first without a verdict
    page.wait_for_text("#labels-count", f"2 of {len(ids)} reviewed: 1 flip, 1 fine")
    press(page, "u")
    at(page, ids[1])
    page.wait_for_text("#labels-count", "1 of")
    assert kept(state_folder) == {ids[0]: "flip"}


def test_a_verdict_is_changed_and_the_change_undone(page, issues, state_folder):
    ids = issues["id"].tolist()
    open_labels(page)
    at(page, ids[0])
    press(page, "f", Keys.ARROW_UP)
    at(page, ids[0])
    page.wait_for("[data-labels='flip'][aria-pressed='true']")
    press(page, "k", Keys.ARROW_UP)
    page.wait_for("[data-labels='fine'][aria-pressed='true']")
    page.until(lambda: kept(state_folder) == {ids[0]: "fine"}, "have it kept")
    press(page, "u")
    page.until(lambda: kept(state_folder) == {ids[0]: "flip"}, "have the first verdict back")


def test_buttons_do_what_the_keys_do(page, issues, state_folder):
    ids = issues["id"].tolist()
    open_labels(page)
    at(page, ids[0])
    assert [one.split()[-1] for one in page.texts("[data-labels]")] == ["F", "A", "K", "U", "↑", "J"]
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
    press(page, "fakuj")
    assert page.value("input[type='search']") == "fakuj"
    assert kept(state_folder) == {}
    assert page.params["labels.at"] == f"validation/{issues['id'].iloc[0]}"


def test_a_click_in_the_list_opens_the_review(page, issues):
    open_labels(page)
    page.click("#labels-list .ag-row[row-index='2'] [col-id='id']")
    at(page, issues["id"].iloc[2])
    page.reload()
    at(page, issues["id"].iloc[2])


def test_one_kind_of_doubt_is_listed(page, issues):
    open_labels(page)
    page.choose("either")
    page.wait_for_params(**{"labels.kind": "ambiguous"})
    count = int((issues["kind"] == "ambiguous").sum())
    page.wait_for_text("#labels-list-box", f"{count} of 360 samples")
    page.wait_for_text("#labels-count", f"0 of {count} reviewed")
    cells = "#labels-list .ag-row [col-id='doubt']"
    page.until(lambda: set(page.texts(cells)) == {"either"}, "see doubts of one kind")


def test_filters_narrow_the_list(page, issues):
    positive = issues[issues["ground_truth"] == "positive"]
    open_labels(page, filter='[["ground_truth","==","positive"]]')
    page.wait_for_text("#labels-list-box", f"{len(positive)} of 360 samples")
    page.open(view="labels", filter='[["subset","==","training"]]')
    page.wait_for_text("#labels-list-box", "No doubtful label here")


def test_the_text_is_inert_and_its_line_breaks_show(page, issues):
    open_labels(page)
    sample_id = issues["id"].iloc[1]
    press(page, "j")
    at(page, sample_id)
    assert page.script(
        "return document.getElementById('labels-text').textContent"
    ) == f"{sample_id}: " + HOSTILE.replace("<br />", "\n")
    assert page.script("return document.querySelectorAll('#labels-text *').length") == 0
    assert page.script("return getComputedStyle(document.getElementById('labels-text')).whiteSpace") == "pre-wrap"
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
    press(page, "f", "a", "k")
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
    press(page, "f", "a")
    page.wait_for_text("#labels-count", "2 of")
    page.click("#labels-decisions")
    table = pd.read_csv(io.StringIO(page.downloaded("label-decisions.csv")), keep_default_na=False)
    assert table["id"].tolist() == ids[:2]
    assert table["verdict"].tolist() == ["flip", "ambiguous"]
    assert table["label"].tolist() == [issues["suggested"].iloc[0], ""]
    assert table["given"].tolist() == issues["ground_truth"].tolist()[:2]


def test_a_verdict_holds_for_the_other_model_too(page, issues, runs):
    shared = sorted(set(issues["id"]) & set(label_issues(runs[1].samples)["id"]))[0]
    open_labels(page, **{"labels.at": f"validation/{shared}"})
    at(page, shared)
    press(page, "f")
    page.wait_for_text("#labels-count", "1 of")
    open_labels(page, run="second", **{"labels.at": f"validation/{shared}"})
    at(page, shared)
    page.wait_for_text("#labels-list .ag-row-selected [col-id='verdict']", "flip")
