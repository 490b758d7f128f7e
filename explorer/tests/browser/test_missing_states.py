"""What the dashboard says where something is missing: a reader, labels, metadata, or any sample that fits."""

import json

import numpy as np
import pandas as pd
import pytest

from browser import COLUMNS, MadeReader
from leap_explorer.errors import ExplorerError
from leap_explorer.runs.run import load_run
from serving import copied_run, serving

pytestmark = pytest.mark.slow

#: By view where it says something, and what it says where no sample meets the filters.
NOTHING_FITS = {
    "overview": ("#overview-scores", "No samples match."),
    "population": ("#population-side", "No samples match."),
    "sample": ("#sample-details", "No samples match"),
    "data": ("#data-profile", "No sample to show"),
    "insights": ("#insights-list", "Nothing was found"),
    "labels": ("#labels-list-box", "No such label here"),
}


class BrokenReader(MadeReader):
    """Its texts and models are gone."""

    def text(self, sample_id):
        raise ExplorerError("No reviews at reviews.csv.")

    def explain(self, run, text, target):
        raise ExplorerError("No model at models/dense.h5.")


def without_labels(run, folder, samples):
    """The run with other samples, of a model that is no classifier."""
    columns = {name: facts for name, facts in COLUMNS.items() if name in samples}
    path = copied_run(run, folder, labels=None, columns=columns, history=None).path
    samples.to_parquet(path / "samples.parquet")
    return load_run(path)


@pytest.fixture(scope="module")
def regression(runs, tmp_path_factory):
    """Numbers for labels, and no probabilities."""
    samples = runs[0].samples.drop(columns=["probability_negative", "probability_positive"])
    truth = np.arange(len(samples), dtype=float)
    samples = samples.assign(ground_truth=truth, prediction=pd.Series(truth + 0.5).mask(samples["error"].notna()))
    return without_labels(runs[0], tmp_path_factory.mktemp("regression") / "first", samples)


@pytest.fixture(scope="module")
def bare(runs, tmp_path_factory):
    """Nothing that the integration may leave out: no ground truth, no loss, no metadata."""
    samples = runs[0].samples[["id", "subset", "prediction", "input_hash", "error", "cluster"]]
    samples = samples.assign(ground_truth=None, loss=np.nan, prediction=None, outlier_score=np.nan)
    places = runs[0].samples[["map_x", "map_y", "pca_x", "pca_y"]]
    return without_labels(runs[0], tmp_path_factory.mktemp("bare") / "first", samples.join(places))


@pytest.fixture
def visit(page, tmp_path):
    """Opens a page of a dashboard of its own: `visit(run, reader, **params)`, a context."""
    from contextlib import contextmanager

    @contextmanager
    def opened(run, reader, **params):
        with serving([run], reader, tmp_path / "state") as address:
            page.driver.get("about:blank")  # ends the requests to the other dashboard
            page.driver.get_log("performance")
            page.address = address
            page.open(**params)
            yield page

    return opened


@pytest.mark.parametrize("view", NOTHING_FITS)
def test_no_sample_meets_the_filters(page, view):
    page.open(view=view, filter='[["metadata_words",">",1000]]')
    page.wait_for_text("#count", "0 of 360 samples")
    page.wait_for_text(*NOTHING_FITS[view])
    assert not page.find("#view .error-state")


@pytest.mark.parametrize("view", ["overview", "population"])
def test_no_sample_is_in_the_drawn_area(page, view):
    page.open(view=view, selection="map:90,90;91,90;91,91")
    page.wait_for_text(*NOTHING_FITS[view])


@pytest.mark.parametrize(
    ("view", "css", "text"),
    [
        ("overview", "#overview-scores", "360 of 360 samples"),
        ("population", "#population-side", "Mean loss"),
        ("sample", "#sample-no-reader", "unavailable"),
        ("data", "#data-profile", "held-out samples"),
        ("insights", "#insights-list", "Nothing was found"),
        ("labels", "#view", "No labels can be reviewed here"),
    ],
)
def test_a_regression_without_a_reader(visit, regression, view, css, text):
    with visit(regression, None, view=view) as page:
        page.wait_for_text(css, text)
        assert not page.find("#view .error-state")


@pytest.mark.parametrize(
    ("view", "css", "text"),
    [
        ("overview", "#overview-scores", "360 of 360 samples"),
        ("population", "#population-table", "s000"),
        ("sample", "#sample-details", "No sample"),
        ("data", "#view", "nothing to compare"),
        ("labels", "#view", "No labels can be reviewed here"),
    ],
)
def test_a_run_of_predictions_alone(visit, bare, view, css, text):
    with visit(bare, None, view=view) as page:
        page.wait_for_text(css, text)


@pytest.mark.parametrize("view", NOTHING_FITS)
def test_a_reader_without_its_data(visit, runs, view):
    with visit(runs[0], BrokenReader(), view=view, filter=json.dumps([["subset", "==", "validation"]])) as page:
        page.wait_for_text("#count", "120 of 360 samples")
        page.wait_for("#view :is(.card, .error-state)")


def test_what_fails_is_told_above_the_view_until_something_else_is_asked(visit, runs):
    with visit(runs[0], BrokenReader(), view="population") as page:
        page.wait_for_text("#population-table .ag-row [col-id='text']", "No reviews at reviews.csv.")
        page.type("input[type=search]", "wonderful")
        page.wait_for_text("#problem", "No reviews at reviews.csv.")
        page.type("input[type=search]", "")
        page.until(lambda: page.texts("#problem") == [""], "see no problem")


def test_a_missing_model_and_text_are_named(visit, runs):
    with visit(runs[0], BrokenReader(), view="sample") as page:
        page.wait_for_text("#sample-details", "No reviews at reviews.csv.")
        box = page.wait_for("#sample-box")
        box.send_keys("A film.")
        page.click("#sample-read")
        page.wait_for_text("#sample-try-0 .error-state", "No model at models/dense.h5.")
