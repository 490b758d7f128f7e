"""The page of a run that was made of a table: texts without a model, another map, another kind of prediction."""

from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest

from browser import SCRIPT, Page
from leap_explorer import run_from_frame
from leap_explorer.explain.texts import texts_of
from serving import serving

pytestmark = pytest.mark.slow

WORDS = ("tiger", "lion", "bread", "cheese", "river", "stone")
N = 90


def made_table(n_labels):
    generator = np.random.default_rng(0)
    labels = [f"label {number}" for number in range(n_labels)]
    probabilities = np.full((N, n_labels), 0.3 / (n_labels - 1))
    probabilities[np.arange(N), np.arange(N) % n_labels] = 0.7
    table = pd.DataFrame({"text": [f"{SCRIPT} {' '.join(generator.choice(WORDS, 5))}" for _ in range(N)]})
    table["label"] = np.array(labels)[np.arange(N) % n_labels]
    return pd.concat([table, pd.DataFrame(probabilities, columns=[f"p_{label}" for label in labels])], axis=1)


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    told = {"text": "text", "label": "label", "probabilities": "p_*", "projection": "pca"}
    return run_from_frame(made_table(3), **told, out=tmp_path_factory.mktemp("runs") / "classes")


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A thousand labels, most of which no sample has."""
    told = {"text": "text", "label": "label", "probabilities": "p_*", "projection": "pca"}
    return run_from_frame(made_table(1000), **told, out=tmp_path_factory.mktemp("runs") / "many")


@pytest.fixture(scope="module")
def numbers(tmp_path_factory):
    """A regression, on vectors and without texts."""
    table = pd.DataFrame({"y": np.arange(N, dtype=float), "said": np.arange(N) + 0.5, "size": np.arange(N) % 7})
    vectors = np.random.default_rng(0).normal(size=(N, 4))
    told = {"label": "y", "prediction": "said", "latent": vectors, "projection": "pca"}
    return run_from_frame(table, **told, out=tmp_path_factory.mktemp("runs") / "numbers")


@pytest.fixture
def visit(driver, downloads, tmp_path):
    @contextmanager
    def visited(run, **params):
        with serving([run], texts_of([run]), tmp_path / "state") as address:
            page = Page(driver, address, downloads)
            driver.get("about:blank")
            driver.get_log("browser")
            page.open(**params)
            yield page
            assert page.console_errors() == []
            driver.get("about:blank")

    return visited


def test_a_text_without_a_model(visit, classes):
    with visit(classes, view="sample", sample="test/7") as page:
        page.wait_for_text("#sample-text", classes.texts["7"].split()[-1])
        assert "<script>" in page.text("#sample-text")
        assert "without the model that made them" in page.text("#sample-no-model")
        assert not page.find("#sample-box")
        assert not page.find(".sample-controls")
        assert page.driver.title != "taken over"


def test_which_map_it_is(visit, classes):
    with visit(classes, view="population") as page:
        page.wait_for_text("#view", "Similarity map: texts of similar words")
        assert "Drawn from TF-IDF and SVD of the texts, by PCA." in page.text("#view")
        page.type("input[type=search]", "TIGER")
        holding = sum("tiger" in text for text in classes.texts.values())
        page.wait_for_text("#count", f"{holding} of {N}")


def test_what_it_is_made_of(visit, classes):
    with visit(classes, view="overview") as page:
        page.click("#view .card > details > summary")
        page.wait_for_text("#view", "Table of predictions")
        assert "Integration" not in page.text("#view")


@pytest.mark.parametrize("view", ["overview", "population", "sample", "data", "insights", "labels"])
@pytest.mark.parametrize("kind", ["numbers", "many"])
def test_every_view(visit, request, kind, view):
    with visit(request.getfixturevalue(kind), view=view, sample="test/7") as page:
        page.until(lambda: len(page.text("#view")) > 60, "see the view")
        assert "Something went wrong" not in page.text("body")


def test_many_labels_in_few_rows(visit, many):
    with visit(many, view="sample", sample="test/7") as page:
        page.wait_for_text("#view", "990 more labels are not shown.")
        assert len(page.find(".bars .bar")) == 10


def test_vectors(visit, numbers):
    with visit(numbers, view="population") as page:
        page.wait_for_text("#view", "Similarity map: samples with similar vectors")
        assert "Drawn from the given vectors, by PCA." in page.text("#view")
    with visit(numbers, view="sample", sample="test/7") as page:
        page.wait_for_text("#sample-no-reader", "unavailable")
