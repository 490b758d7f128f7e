"""Each kind of task in a toy of its own: its figures by hand, and what the page shows of a sample and of the whole."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from browser import Page
from drawn import figure, pixel, set_to
from kinds import CLASSES, KINDS, WORDS, Kind, evaluated_kind
from leap_explorer.runs.figures import figures
from leap_explorer.runs.run import Run
from leap_explorer.samples.readers import reader_of
from serving import serving

pytestmark = pytest.mark.slow

ROW = 31
SAMPLE = f"validation/s{ROW}"
ORANGE, BLUE = [0xE6, 0x9F, 0x00], [0x56, 0xB4, 0xE9]  # of the first class and the second
#: How large the errors are that the second panel of the plot of residuals draws.
ERRORS = """
const plot = [...document.querySelectorAll(".js-plotly-plot")].find(one => one.data?.length === 4);
return plot && plot.data[1].y.map(Math.abs);
"""


@dataclass
class Shown:
    """A kind, its run, and the page that shows it."""

    kind: Kind
    run: Run
    page: Any

    @property
    def figure(self):
        """The value of the task's first figure over all samples."""
        return figures(self.run.task, self.run.samples)[0].estimate.value

    def facts(self):
        """What the page says of the sample."""
        return self.page.text(".stats")

    def overview_says(self, *texts):
        """Open it, and wait until it does."""
        self.page.open(view="overview")
        for text in texts:
            self.page.until(lambda text=text: text in self.page.text("#view"), f"read {text!r}")


@pytest.fixture(scope="module", params=list(KINDS))
def served(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kind")
    run, kind = evaluated_kind(request.param, folder)
    reader = reader_of([run])
    with serving([run], reader, folder / "state") as address:
        yield request.param, kind, run, address
    reader.close()


def test_kind(served, driver, downloads):
    name, kind, run, address = served
    page = Page(driver, address, downloads)
    page.resize(1280)
    driver.get("about:blank")  # of the kind before, whose dashboard is gone
    driver.get_log("browser")
    driver.get_log("performance")
    assert run.samples["error"].isna().all()
    page.open(view="sample", sample=SAMPLE)
    page.wait_for("figure")
    PROOFS[name](Shown(kind, run, page))
    assert page.console_errors() == []
    assert page.requests_elsewhere() == []


def tokens(shown):
    tags = shown.kind.y
    assert (shown.run.task.kind, shown.figure) == ("positions", pytest.approx((tags != 2).mean()))
    counts = shown.run.confusions.groupby(["matrix", "truth", "prediction"])["count"].sum()
    assert counts["positions", "place", "person"] == (tags == 2).sum()
    car = (tags[:, 0] == 0).sum()  # a metric's elements; the probability of a car is 1 there
    assert counts["boxes", "car", "true_positives"] == car
    assert counts["boxes", "car", "false_negatives"] == 40 - car
    assert counts["boxes", "dog", "false_positives"] == 40
    marked = figure(shown.page, "truth and said").find_elements("css selector", ".differs")
    assert [one.text for one in marked] == [word for word, tag in zip(WORDS, tags[ROW], strict=True) if tag == 2]
    assert f"{(tags[ROW] != 2).sum()} of 5" in shown.facts()
    assert "unknown" not in shown.page.text("#sample-details")
    shown.overview_says("Confusion matrix, of positions")


def segmentation(shown):
    assert (shown.run.task.kind, shown.figure) == ("positions", pytest.approx(56 / 64))
    set_to(shown.page, "mask", "opacity", 1)
    assert pixel(shown.page, "mask", 0.25, 0.25)[:3] == ORANGE
    assert pixel(shown.page, "mask", 0.75, 0.25)[:3] == BLUE
    assert pixel(shown.page, "mask", 0.25, 0.95)[:3] == BLUE  # the car, taken for road
    assert "56 of 64" in shown.facts()
    shown.overview_says("Confusion matrix, of positions")


def detection(shown):
    """What is said is 0.05 too much in each number; each sample has an element."""
    assert (shown.run.task.kind, shown.figure) == ("vector-regression", pytest.approx(0.05))
    boxes = figure(shown.page, "boxes_shown")
    frame = boxes.find_element("css selector", ".picture-frame").rect
    truth = next(
        one.rect
        for one in boxes.find_elements("css selector", ".box")
        if one.get_attribute("title").startswith("truth")
    )
    x, y, width, height = shown.kind.y[ROW]
    assert (truth["x"] - frame["x"]) / frame["width"] == pytest.approx(x - width / 2, abs=0.02)
    assert (truth["y"] - frame["y"]) / frame["height"] == pytest.approx(y - height / 2, abs=0.02)
    assert truth["width"] / frame["width"] == pytest.approx(width, abs=0.02)
    assert "mean over 4 numbers" in shown.facts()
    assert shown.page.rows("#sample-elements tbody tr") == [
        ["s31_0", "car", "0.200", "no", "0.0500", f"{width * height:.{4 if width * height < 0.1 else 3}f}"]
    ]
    shown.page.click("#sample-elements-csv")
    lines = shown.page.downloaded("run-elements.csv").splitlines()
    assert len(lines) == 41
    assert lines[1].startswith("s0,training,s0_0,car,0.2")
    shown.overview_says("Each number by itself", "Predictions of height and their errors")


def series(shown):
    assert (shown.run.task.kind, shown.figure) == ("single-label", 1.0)
    assert shown.run.samples["id"].tolist() == [f"s{i}" for i in range(40)]  # that the integration has in groups
    assert shown.run.info["model"]["file"] == "model.onnx"  # which the integration loads itself
    path = shown.page.wait_for("figure .scatterlayer .js-line").get_attribute("d")
    heights = [float(one.partition(",")[2]) for one in path.removeprefix("M").split("L")]
    assert heights[0] > heights[-1]  # it rises, since a page counts from above
    assert "hour" in figure(shown.page, "curve").text
    assert "right" in shown.facts()


def regression(shown):
    """Half of what is said is 0.5 too much, half too little."""
    assert (shown.run.task.kind, shown.figure) == ("regression", pytest.approx(0.5, abs=1e-5))
    widths = [one.rect["width"] for one in shown.page.find("figure .bar-fill")]
    values = shown.kind.x[ROW]
    assert np.array(widths) / max(widths) == pytest.approx(values / values.max(), abs=0.01)
    assert "Prediction" in shown.facts()
    shown.overview_says("Predictions and their errors")
    assert shown.page.until(lambda: shown.page.script(ERRORS), "see the plot of errors") == pytest.approx(
        [0.5] * 20, abs=1e-4
    )


def multi_label(shown):
    """The third label is always said; the others are right. A latent space of the model is twice the output."""
    y = shown.kind.y
    assert (shown.run.task.kind, shown.figure) == ("multi-label", pytest.approx(y[:, 2].mean()))
    assert shown.run.info["latent_spaces"] == {"space1": {"name": "doubled"}}
    np.testing.assert_allclose(np.load(shown.run.path / "space1.npy"), shown.kind.x * 2, atol=2e-3)
    shown.page.wait_for(".bars .bar")
    assert shown.page.text(".bars").count("ground truth") == y[ROW].sum()
    shown.overview_says("Each label by itself")
    assert "mislabeled" in shown.run.skipped_insights
    shown.page.open(view="population")
    shown.page.until(lambda: "doubled" in shown.page.text("#view"), "see the choice of its latent space")


def binary(shown):
    """One output, of two labels; two samples are taken for the other."""
    assert (shown.run.task.kind, shown.figure) == ("binary", 38 / 40)
    assert pixel(shown.page, "square", 0.5, 0.5)[0] == pytest.approx(0.9 * 255, abs=1)
    assert "on" in shown.facts()
    shown.overview_says("Confusion matrix")


def two_outputs(shown):
    assert (shown.run.task.kind, shown.run.task.output_index, shown.figure) == ("single-label", 1, 1.0)
    assert CLASSES[ROW] == 1
    assert figure(shown.page, "words").text.split() == ["words", "small", "box"]
    assert "small" in shown.facts()


def unlabelled(shown):
    """A number that nothing is compared with has no figure."""
    assert (shown.run.task.kind, figures(shown.run.task, shown.run.samples)) == ("regression", [])
    assert "2.30" in shown.facts()  # 0.1 + 2 x 1.1
    assert "not labelled" in shown.facts()
    shown.overview_says("No sample here has a ground truth")


PROOFS = {
    "tokens": tokens,
    "segmentation": segmentation,
    "detection": detection,
    "series": series,
    "regression": regression,
    "multi-label": multi_label,
    "binary": binary,
    "two outputs": two_outputs,
    "unlabelled": unlabelled,
}
