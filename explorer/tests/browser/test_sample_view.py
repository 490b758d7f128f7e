"""Sample analysis in the browser: the coloured text, its neighbours, and texts that are read anew."""

import json
import re
import threading

import pytest
from selenium.common.exceptions import NoAlertPresentException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from leap_explorer.errors import ExplorerError
from leap_explorer.explain.alignment import Span
from leap_explorer.explain.reader import Explanation
from serving import copied_run, serving

pytestmark = pytest.mark.slow

HOSTILE = "<script>alert(1)</script> \"double\" and 'single' 🎬 &amp; <img src=x onerror=alert(2)>"
WARNED = "s016"
SETTINGS = {"baseline": "[PAD]", "steps": 50}
INTERVAL = {"low": 0.2, "high": 0.4}


def measured(method):
    def of(more, less):
        return {"comprehensiveness": {"mean": more, **INTERVAL}, "sufficiency": {"mean": less, **INTERVAL}}

    return {"samples": 200, "split": "validation", "methods": {method: of(0.31, 0.21), "random": of(0.04, 0.35)}}


class WordReader:
    """A model that counts good and bad words. That of the run `first` can be made to wait."""

    def __init__(self):
        self.go_on = threading.Event()
        self.go_on.set()

    def text(self, sample_id):
        if sample_id == "s018" or not re.fullmatch(r"s\d{3}", sample_id):
            return None
        row = int(sample_id[1:])
        word = "good" if row % 2 else "bad"
        start = f'Row {row}, "{word.upper()}" film.<br /><br />  {word.title()} plot;'
        return f"{start}\nnot one   <b>joke</b>\u2026 {HOSTILE}"

    def explain(self, run, text, target):
        if run == "first":
            assert self.go_on.wait(60)
        if "unreadable" in text:
            raise RuntimeError("a bug")
        if "no model" in text:
            raise ExplorerError("No model at models/first.h5. Make it anew.")
        good, bad = (len(re.findall(word, text, re.IGNORECASE)) for word in ("good", "bad"))
        positive = (good + 1) / (good + bad + 2)
        sign = {"positive": 1, "negative": -1, "loss": -2}[target]
        spans = []
        for match in re.finditer(r"\w+", text):
            score = sign * {"good": 1.0, "bad": -1.0}.get(match.group().lower(), 0.0)
            is_read = match.group() != "joke"
            spans.append(Span(*match.span(), score if is_read else None, is_read))
        method = "made up" if run == "first" else "guessed"
        warning = "The scores do not add up." if f"Row {int(WARNED[1:])}," in text else None
        probabilities = {"negative": 1 - positive, "positive": positive}
        faithful = measured(method) if run == "first" else None
        return Explanation(probabilities, target, tuple(spans), method, SETTINGS, faithful, warning)

    def label_csv(self, decisions):
        raise NotImplementedError


@pytest.fixture(scope="module")
def reader():
    return WordReader()


@pytest.fixture(scope="module")
def told(runs, tmp_path_factory):
    """The first run, with an insight that holds every third sample."""
    found = {
        "id": "low_performance-truncated",
        "kind": "low_performance",
        "title": "Truncated samples do worse.",
        "severity": 0.2,
        "n_samples": 120,
        "n_total": 360,
        "evidence": {},
        "filter": [{"column": "metadata_is_truncated", "operator": "==", "value": True}],
    }
    folder = tmp_path_factory.mktemp("told") / "first"
    return copied_run(runs[0], folder, insights={"insights": [found], "skipped": {}})


@pytest.fixture(scope="module")
def address(told, runs, reader, tmp_path_factory):
    with serving([told, runs[1]], reader, tmp_path_factory.mktemp("sample-state")) as address:
        yield address


@pytest.fixture(autouse=True)
def _nothing_kept(page):
    page.driver.get(page.address)
    page.script("window.sessionStorage.clear()")
    page.driver.get("about:blank")


def open_sample(page, sample_id="s001", **params):
    page.open(view="sample", sample=f"training/{sample_id}", **params)
    page.wait_for_text("#sample-head h1", sample_id)
    page.wait_for("#sample-map-0 .sample-text")
    page.wait_for("#sample-map-1 .sample-text")
    page.wait_for("#sample-details .card")


def colors(page, index=0, part="map"):
    """By word its ground's colour, of those that have one."""
    source = """return [...document.querySelectorAll(arguments[0])].filter((one) => one.style.backgroundColor)
        .map((one) => [one.textContent, one.style.backgroundColor])"""
    return dict(page.script(source, f"#sample-{part}-{index} .word"))


def titles(page, css):
    """Of each element its text and what it says when pointed at."""
    source = "return [...document.querySelectorAll(arguments[0])].map((one) => [one.textContent, one.title])"
    return page.script(source, css)


def shown(page, css):
    return page.script("return document.querySelector(arguments[0]).textContent", css)


def write(page, text):
    """Into the box, as a paste does, then Ctrl and Enter."""
    box = page.wait_for("#sample-box")
    source = """const box = arguments[0];
        Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, arguments[1]);
        box.dispatchEvent(new Event("input", {bubbles: true}));"""
    page.script(source, box, text)
    box.click()
    ActionChains(page.driver).key_down(Keys.CONTROL).send_keys(Keys.ENTER).key_up(Keys.CONTROL).perform()


def assert_no_alert(page):
    with pytest.raises(NoAlertPresentException):
        page.driver.switch_to.alert.text  # noqa: B018


def test_the_text_is_shown_as_it_was_written(page, reader):
    open_sample(page)
    written = reader.text("s001").replace("<br />", "\n")
    for index in (0, 1):
        assert shown(page, f"#sample-map-{index} .sample-text") == written
    assert page.script("return getComputedStyle(document.querySelector('.sample-text')).whiteSpace") == "pre-wrap"
    page.until(lambda: page.value("#sample-box") == written, "have the text in the box")
    assert not page.find(".sample-text script, .sample-text b, .sample-text img")
    assert_no_alert(page)


def test_words_carry_their_colours_and_scores(page):
    open_sample(page, "s001")
    assert set(colors(page)) == {"GOOD", "Good"}
    assert ["GOOD", "+1.000: for positive"] in titles(page, "#sample-map-0 .word")
    assert titles(page, "#sample-map-0 .sample-text .word.unread") == [["joke", "not read by this model"]]
    assert "words and signs were not read by this model" in page.text("#sample-map-0")


def test_each_model_says_what_it_says_and_how(page, told):
    open_sample(page, "s003")
    row = told.samples.set_index("id").loc["s003"]
    page.wait_for_text("#sample-facts-0", "Prediction")
    first = page.text("#sample-facts-0")
    assert (row["ground_truth"], row["prediction"]) == ("positive", "negative")
    assert "wrong" in first
    assert f"{100 * row['probability_positive']:.1f} %" in first
    assert f"{row['loss']:.3f}" in first
    assert "trained on this sample" in first
    assert "made up (baseline [PAD], steps 50)" in page.text("#sample-map-0")
    assert "measured on 200 validation samples" in page.text("#sample-map-0")
    assert page.texts("#sample-map-0 .table tbody td.number") == [
        "0.310\n(0.200 to 0.400)",
        "0.210\n(0.200 to 0.400)",
        "0.040\n(0.200 to 0.400)",
        "0.350\n(0.200 to 0.400)",
    ]
    assert "guessed (baseline" in page.text("#sample-map-1")
    assert "not measured" in page.text("#sample-map-1")


def test_the_loss_has_colours_of_its_own(page):
    open_sample(page, "s001")
    for_positive = colors(page)["GOOD"]
    assert page.text("#sample-map-0 .sample-legend").startswith("Blue: for negative")
    page.choose("loss")
    page.wait_for_params(**{"sample.target": "loss"})
    page.until(lambda: "raises the loss" in page.text("#sample-map-1 .sample-legend"), "see the loss explained")
    page.until(lambda: colors(page).get("GOOD") not in (None, for_positive), "see other colours")
    page.reload()
    page.wait_for_text("#sample-map-0 .sample-legend", "raises the loss")
    page.choose("negative or positive")
    page.until(lambda: colors(page).get("GOOD") == for_positive, "see the first colours")


def test_colours_mean_the_same_for_every_model_and_edit(page):
    """`s001` speaks for positive, the edits for negative and for positive; the models disagree on `s003`."""
    open_sample(page, "s001")
    expected, legend = colors(page)["GOOD"], page.text("#sample-map-0 .sample-legend")
    assert colors(page, 1)["GOOD"] == expected
    for text in ("GOOD, but bad, bad, bad.", "GOOD, good, good."):
        write(page, text)
        for index in (0, 1):
            page.wait_for_text(f"#sample-try-{index} .sample-text", text)
            assert colors(page, index, "try")["GOOD"] == expected
            assert page.text(f"#sample-try-{index} .sample-legend") == legend
    assert colors(page)["GOOD"] == expected


def test_scores_that_must_not_be_shown_are_not(page, reader):
    open_sample(page, WARNED)
    assert "The scores do not add up." in page.text("#sample-map-0 .error-state")
    assert colors(page) == {}
    assert shown(page, "#sample-map-0 .sample-text") == reader.text(WARNED).replace("<br />", "\n")


def test_an_edit_is_predicted_beside_the_box_by_both_models(page):
    open_sample(page, "s001")
    write(page, "A bad, bad, bad film.")
    for index in (0, 1):
        page.wait_for_text(f"#sample-try-{index} .sample-new", "80.0 %")
        assert shown(page, f"#sample-try-{index} .sample-text") == "A bad, bad, bad film."
        assert re.search(r"was \d+\.\d % \([+-]\d+\.\d points\)", page.text(f"#sample-try-{index} .sample-new"))
        assert shown(page, f"#sample-map-{index} .sample-text").startswith("Row 1,")
        box, result = (page.wait_for(css).rect for css in ("#sample-box", f"#sample-try-{index}"))
        assert result["x"] > box["x"] + box["width"]
        assert abs(result["y"] - box["y"]) < 60
    assert "for negative" in titles(page, "#sample-try-0 .word")[1][1]
    page.wait_for_params(**{"sample.text": "A bad, bad, bad film."})
    page.reload()
    page.wait_for_text("#sample-try-0 .sample-new", "80.0 %")
    page.until(lambda: page.value("#sample-box") == "A bad, bad, bad film.", "have the edit in the box")
    page.click("#sample-reset")
    page.wait_for_text("#sample-try-0", "appears here")
    page.until(lambda: page.value("#sample-box").startswith("Row 1,"), "have the text back")
    page.wait_for_params(**{"sample.text": None})


def test_a_second_and_a_third_edit_are_predicted_too(page):
    open_sample(page, "s001")
    for text, share in (("bad", "66.7 %"), ("bad bad", "75.0 %"), ("good good good", "80.0 %")):
        write(page, text)
        page.wait_for_text("#sample-try-1 .sample-text", text)
        page.wait_for_text("#sample-try-1 .sample-new", share)
        page.wait_for_params(**{"sample.text": text})


def test_a_text_of_its_own_is_said_to_be_that(page):
    open_sample(page, "s001")
    page.until(lambda: page.value("#sample-box").startswith("Row 1,"), "have the text in the box")
    page.click("#sample-read")
    page.wait_for_text("#sample-try-0", "the sample's own text")


def test_a_long_text_lasts_as_long_as_the_tab(page):
    open_sample(page, "s001")
    text = "bad " * 600
    write(page, text)
    page.wait_for_text("#sample-kept", "does not hold this text")
    page.wait_for_text("#sample-try-0 .sample-new", "%")
    assert "sample.text" not in page.params
    page.reload()
    page.wait_for_text("#sample-try-0 .sample-text", "bad bad")
    page.wait_for_text("#sample-kept", "does not hold this text")
    write(page, "bad")
    page.wait_for_params(**{"sample.text": "bad"})
    page.until(lambda: page.texts("#sample-kept") == [""], "see no note")


def test_what_was_typed_stays_with_its_sample(page):
    open_sample(page, "s001")
    write(page, "A bad film.")
    page.wait_for_text("#sample-try-0 .sample-text", "A bad film.")
    page.script("window.scrollTo(0, 0)")
    page.click("#sample-next a")
    page.wait_for_params(**{"sample.text": None})
    page.wait_for_text("#sample-try-0", "appears here")
    page.driver.back()
    page.wait_for_params(**{"sample.text": "A bad film."})
    page.wait_for_text("#sample-try-0 .sample-text", "A bad film.")


def test_a_loss_of_a_text_without_label_is_not_pretended(page):
    open_sample(page, "s001", **{"sample.target": "loss"})
    write(page, "A good film.")
    page.wait_for_text("#sample-try-0 .sample-note", "A loss needs a label")
    page.wait_for_text("#sample-try-0 .sample-legend", "for positive")


def test_an_empty_text_is_refused(page):
    open_sample(page, "s001")
    write(page, "  \n ")
    page.wait_for_text("#sample-problem", "There is no text to read.")
    assert page.texts("#sample-try-0 .sample-text") == []
    write(page, "x" * 50_001)
    page.wait_for_text("#sample-problem", "too long")
    write(page, "good")
    page.wait_for_text("#sample-try-0 .sample-text", "good")
    page.until(lambda: page.texts("#sample-problem") == [""], "see no problem")


def test_a_text_stays_inert(page):
    open_sample(page, "s001")
    write(page, HOSTILE)
    page.wait_for("#sample-try-0 .sample-new")
    page.wait_for("#sample-try-1 .sample-new")
    assert shown(page, "#sample-try-0 .sample-text") == HOSTILE
    assert shown(page, "#sample-try-1 .sample-text") == HOSTILE
    assert not page.find(".sample-text script, .sample-text img")
    assert_no_alert(page)


def test_a_model_that_fails_leaves_the_text_and_the_rest(page):
    open_sample(page, "s001")
    write(page, "no model")
    page.wait_for_text("#sample-try-0 .error-state", "No model at models/first.h5. Make it anew.")
    assert shown(page, "#sample-try-0 .sample-text") == "no model"
    write(page, "unreadable")
    page.wait_for_text("#sample-try-1 .error-state", "could not read this text")
    assert shown(page, "#sample-map-1 .sample-text").startswith("Row 1,")


def test_what_was_searched_for_is_marked(page):
    open_sample(page, "s001", q="joke")
    for index in (0, 1):
        page.until(lambda i=index: page.texts(f"#sample-map-{i} .match") == ["joke"], "see the match")
    assert "joke" in page.texts("#sample-neighbours mark")
    page.type("input[type=search]", "film OR plot")
    page.until(lambda: page.texts("#sample-map-0 .match") == ["film", "plot"], "see both matches")
    page.type("input[type=search]", "")
    page.until(lambda: page.texts("#sample-map-0 .match") == [], "see no match")


def test_a_slow_model_holds_up_nothing(page, reader):
    reader.go_on.clear()
    try:
        page.open(view="sample", sample="training/s005")
        page.wait_for_text("#sample-map-1 .sample-text", "Row 5,")
        page.wait_for("#sample-neighbours")
        page.wait_for_text("#sample-facts-0", "Prediction")
        assert not page.find("#sample-map-0 .sample-text")
        page.wait_for_text(".sample-loading [role=status]", "first opens the sample")
    finally:
        reader.go_on.set()
    page.wait_for_text("#sample-map-0 .sample-text", "Row 5,")


def test_previous_and_next_follow_the_filter_by_loss(page, told):
    wrong = told.samples[told.samples["prediction"].notna() & (told.samples["subset"] == "training")]
    order = wrong[wrong["ground_truth"] != wrong["prediction"]].sort_values("loss", ascending=False)["id"].tolist()
    conditions = json.dumps([["correctness", "==", "wrong"], ["subset", "==", "training"]])
    open_sample(page, order[1], filter=conditions)
    page.wait_for_text("#sample-place", f"2 of {len(order)} by loss")
    page.click("#sample-next a")
    page.wait_for_params(sample=f"training/{order[2]}")
    page.wait_for_text("#sample-map-0 .sample-text", f"Row {int(order[2][1:])},")
    page.click("#sample-previous a")
    page.wait_for_text("#sample-head h1", order[1])
    page.click("#sample-previous a")
    page.wait_for_text("#sample-head h1", order[0])
    page.wait_for_text("#sample-place", "1 of")
    assert not page.find("#sample-previous a")


def test_a_neighbour_opens(page, told):
    open_sample(page, "s003")
    points = told.latent
    row = told.samples["id"].tolist().index("s003")
    distances = ((points - points[row]) ** 2).sum(axis=1)
    distances[row] = float("nan")
    nearest = told.samples.iloc[int(distances.argsort()[0])]
    assert page.text("#sample-neighbours a") == nearest["id"]
    assert f"Row {int(nearest['id'][1:])}," in page.text("#sample-neighbours tbody tr")
    page.click("#sample-neighbours a")
    page.wait_for_params(sample=f"{nearest['subset']}/{nearest['id']}")
    page.wait_for_text("#sample-map-0 .sample-text", f"Row {int(nearest['id'][1:])},")


def test_what_is_known_of_the_sample(page, told):
    open_sample(page, "s003")
    details = page.text("#sample-details")
    row = told.samples.set_index("id").loc["s003"]
    assert row["metadata_is_truncated"]
    assert re.search(rf"polarity\s*\?\s+{row['metadata_polarity']:.2f}\s", details)
    assert "bad, dull" in details or "great, moving" in details
    assert "Truncated samples do worse." in details
    open_sample(page, "s004")
    assert "Truncated samples do worse." not in page.text("#sample-details")


def test_the_way_to_cluster_insight_and_map(page):
    open_sample(page, "s003")
    page.click(".sample-insights a")
    page.wait_for_params(view="insights", **{"insights.id": "low_performance-truncated"})
    open_sample(page, "s003")
    page.click("#sample-cluster a")
    page.wait_for_params(view="population", filter='[["cluster","==",1]]')
    open_sample(page, "s003")
    page.click("#sample-to-map a")
    page.wait_for_params(view="population", sample="training/s003")


def test_a_failed_sample_says_so(page):
    page.open(view="sample", sample="training/s050")
    page.wait_for_text("#sample-facts-0", "could not be evaluated: It could not be read.")
    page.wait_for_text("#sample-map-0 .sample-text", "Row 50,")
    page.wait_for_text("#sample-details", "no place in the model's latent space")


def test_a_sample_without_text(page):
    page.open(view="sample", sample="training/s018")
    page.wait_for_text("#sample-map-0", "There is no text of this sample.")
    page.wait_for_text("#sample-facts-0", "Prediction")


def test_without_a_sample_a_text_can_be_read(page, told):
    page.open(view="sample")
    page.wait_for_text("#sample-head", "Which sample?")
    held_out = told.samples[told.samples["subset"] == "validation"]
    highest = held_out.sort_values("loss", ascending=False).iloc[0]
    assert page.text("#sample-details tbody a") == highest["id"]
    page.until(lambda: not page.find("#sample-panel-0")[0].is_displayed(), "see no panel")
    write(page, "A good, good, good film.")
    page.wait_for_text("#sample-try-0 .sample-new", "80.0 %")
    page.wait_for_text("#sample-try-1 .sample-new", "80.0 %")
    page.click("#sample-details tbody a")
    page.wait_for_params(sample=f"validation/{highest['id']}")
    page.wait_for_text("#sample-map-0 .sample-text", "Row")


def test_a_sample_that_is_not_there(page):
    page.open(view="sample", sample="training/<img src=x>")
    page.wait_for_text("#sample-head", "There is no sample training/<img src=x> here.")
    page.wait_for("#sample-details tbody a")


@pytest.mark.parametrize("width", [420, 1280, 1920])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_sticks_out(page, width, theme):
    page.resize(width)
    open_sample(page, "s001", theme=theme)
    source = """return [...document.querySelectorAll("#view *")]
        .filter((one) => one.getBoundingClientRect().right > innerWidth && !one.closest(".table-scroll, .tip"))
        .map((one) => one.id + one.className)"""
    page.until(lambda: page.script(source) == [], "see nothing stick out")


def test_without_a_reader_the_run_alone_is_shown(page, told, tmp_path):
    with serving([told], None, tmp_path) as address:
        page.driver.get("about:blank")  # ends the requests to the other dashboard
        page.driver.get_log("performance")
        page.address = address
        page.driver.get(f"{address}?view=sample&sample=training/s003")
        page.wait_for_text("#sample-no-reader", "unavailable here")
        page.wait_for_text("#sample-facts-0", "Prediction")
        page.wait_for("#sample-neighbours")
        assert not page.find("#sample-box")
