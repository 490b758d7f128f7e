import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import leap_explorer
from leap_explorer.errors import ExplorerError
from leap_explorer.runs.run import compact, load_run
from leap_explorer.tables import from_frame
from leap_explorer.tables.from_frame import run_from_frame
from toys import explorer, names_in

pytestmark = pytest.mark.slow  # k-means with six candidates

WORDS = ("tiger", "lion", "bread", "cheese", "river", "stone", "cloud", "rain", "engine", "wheel")
WRONG = (5, 45, 85)  # rows whose labels are wrong
COPY = (10, 11)  # rows of one text


def made_table(labels=("no", "yes"), n=120, seed=0):
    """Texts of six words; a classifier that is right of nearly all of them; a label of the first row is not known."""
    generator = np.random.default_rng(seed)
    truth = np.arange(n) % len(labels)
    probabilities = np.full((n, len(labels)), 0.1 / max(1, len(labels) - 1))
    probabilities[np.arange(n), truth] = 0.9
    table = pd.DataFrame({"text": [" ".join(generator.choice(WORDS, 6)) for _ in range(n)]})
    table.loc[COPY[1], "text"] = table.loc[COPY[0], "text"]
    table["label"] = np.array(labels, dtype=object)[truth]
    table.loc[list(WRONG), "label"] = np.array(labels, dtype=object)[(truth[list(WRONG)] + 1) % len(labels)]
    table.loc[0, "label"] = None
    of_labels = pd.DataFrame(probabilities, columns=[f"p_{label}" for label in labels])
    return pd.concat([table, of_labels], axis=1).assign(source=np.where(np.arange(n) < n // 2, "web", "mail"))


def made_run(out, table=None, **given):
    told = {"text": "text", "label": "label", "probabilities": "p_*", "projection": "pca"} | given
    return run_from_frame(made_table() if table is None else table, out=out, **told)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return made_run(tmp_path_factory.mktemp("tables") / "run")


class TestClassifier:
    def test_samples(self, run):
        samples = run.samples
        assert samples["id"].tolist() == [str(row) for row in range(1, 121)]
        assert samples.columns.tolist() == list(run.columns)
        assert samples.loc[0, ["ground_truth", "loss", "metric_accuracy"]].isna().all()
        assert samples["loss"][1] == pytest.approx(-np.log(0.9), rel=1e-5)
        assert samples["metric_accuracy"].sum() == 119 - len(WRONG)
        assert samples["metadata_text_words"].eq(6).all()
        assert samples["metadata_source"].value_counts().to_dict() == {"web": 60, "mail": 60}
        assert samples["error"].isna().all()
        assert run.info["labels"] == ["no", "yes"]
        assert run.info["counts"] == {"test": {"evaluated": 120, "available": 120, "failed": 0}}

    def test_texts(self, run):
        assert run.texts == dict(zip(run.samples["id"], made_table()["text"], strict=True))

    def test_what_was_found(self, run):
        assert {word for cluster in run.clusters for word in cluster["name"].split(", ")} <= set(WORDS)
        found = {insight["id"]: insight for insight in run.insights}
        (condition,) = [one for one in found["mislabeled-test"]["filter"] if one["column"] == "id"]
        assert sorted(condition["value"], key=int) == [str(row + 1) for row in WRONG]
        assert "duplication-test" in found
        assert "over_fitting" in run.skipped_insights

    def test_map(self, run):
        assert run.info["map_note"] == "Drawn from TF-IDF and SVD of the texts, by PCA."
        assert run.info["latent"]["alike"] == "texts of similar words"
        assert run.samples[["map_x", "map_y"]].notna().all(axis=None)
        assert len(run.latent) == 120

    def test_the_same_again(self, run, tmp_path):
        again = made_run(tmp_path / "run")
        pd.testing.assert_frame_equal(again.samples, run.samples)
        assert again.info["fingerprint"] == run.info["fingerprint"]

    def test_compact_has_no_texts(self, run, tmp_path):
        assert not compact(run, tmp_path / "small").has_texts

    @pytest.mark.parametrize("count", [3, 1000])
    def test_many_labels(self, tmp_path, count):
        labels = [f"label {number}" for number in range(count)]
        found = made_run(tmp_path / "run", made_table(labels))
        assert found.info["labels"] == labels
        assert found.samples["prediction"][1] == "label 1"
        assert found.samples["metric_accuracy"].sum() == 119 - len(WRONG)


class TestOtherTables:
    def test_regression(self, tmp_path):
        table = made_table().assign(label=np.arange(120.0), said=np.arange(120.0) + 2)[["text", "label", "said"]]
        found = made_run(tmp_path / "run", table, probabilities=None, prediction="said")
        assert found.info["labels"] is None
        assert found.samples["loss"].eq(4).all()
        assert found.samples["metric_absolute_error"].eq(2).all()
        assert "mislabeled" in found.skipped_insights

    def test_unlabelled(self, tmp_path):
        found = made_run(tmp_path / "run", label=None, metadata=[])
        assert found.samples["ground_truth"].isna().all()
        assert found.samples["loss"].isna().all()
        assert found.samples["prediction"].notna().all()

    def test_subsets(self, tmp_path):
        table = made_table().assign(split=["train", "test"] * 60)
        found = made_run(tmp_path / "run", table, subset="split")
        assert list(found.info["counts"]) == ["training", "test"]
        assert found.samples["outlier_score"].notna().all()
        assert "over_fitting" not in found.skipped_insights

    def test_vectors_and_no_texts(self, tmp_path):
        vectors = np.random.default_rng(0).normal(size=(120, 3))
        np.save(tmp_path / "v.npy", vectors)
        found = made_run(tmp_path / "run", made_table().drop(columns="text"), text=None, latent=tmp_path / "v.npy")
        np.testing.assert_allclose(found.latent, vectors, rtol=1e-6)
        assert found.info["map_note"] == "Drawn from the vectors of v.npy, by PCA."
        assert not found.has_texts
        assert "input hashes" in found.skipped_insights["duplication"]

    def test_one_row(self, tmp_path):
        found = made_run(tmp_path / "run", made_table().iloc[[1]])
        assert len(found.samples) == 1

    def test_umap_by_default(self, tmp_path):
        assert made_run(tmp_path / "run", projection=None).info["map_note"].endswith("by UMAP.")


class TestErrors:
    def test_neither_texts_nor_vectors(self, tmp_path):
        with pytest.raises(ExplorerError, match="Give the column of the texts, or vectors of the samples"):
            made_run(tmp_path / "run", text=None)
        assert names_in(tmp_path) == []

    def test_something_else_is_there(self, tmp_path):
        (tmp_path / "notes.txt").write_text("mine")
        with pytest.raises(ExplorerError, match="is no run"):
            made_run(tmp_path)
        assert names_in(tmp_path) == ["notes.txt"]

    def test_an_earlier_run_stays_where_it_fails(self, tmp_path, monkeypatch):
        made_run(tmp_path / "run")
        monkeypatch.setattr(from_frame, "write_findings", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            made_run(tmp_path / "run", metadata=[])
        assert names_in(tmp_path) == ["run"]
        assert "metadata_source" in load_run(tmp_path / "run").samples

    def test_umap_that_is_not_there(self, tmp_path, monkeypatch):
        monkeypatch.setattr(from_frame, "missing", lambda extra: ["umap-learn"])
        with pytest.raises(ExplorerError, match="A map by UMAP needs umap-learn: pip install umap-learn"):
            made_run(tmp_path / "run", projection="umap")


class TestCommand:
    def test_import(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        made_table().to_csv("table.csv", index=False)
        with Path("table.csv").open("a") as file:
            file.write("good,no\n")
        options = ("--text", "text", "--label", "label", "--probability", "no=p_no", "--probability", "yes=p_yes")
        result = explorer("import", "table.csv", *options, "--projection", "pca", "--bad-rows", "skip")
        assert result.returncode == 0, result.stderr
        assert "1 of 121 rows cannot be used and are passed over; runs/table/skipped.csv has them" in result.stdout
        assert "row 121: 2 fields; the header has 5" in Path("runs/table/skipped.csv").read_text()
        assert "delete runs/table/texts.parquet before you share it" in result.stdout
        assert "all rows are taken for ones that the model has not learned from" in result.stdout
        assert "See it: leap-explorer explore runs/table" in result.stdout
        found = leap_explorer.load_run("runs/table")
        pd.testing.assert_frame_equal(found.samples, made_run("other").samples)
        assert found.info["model"]["file"] == "table.csv"
        small = explorer("compact", "runs/table", "small")
        assert small.returncode == 0, small.stderr
        assert {"skipped.csv", "texts.parquet"}.isdisjoint(names_in(tmp_path / "small"))
        assert json.loads(explorer("insights", "small", "--json").stdout) == found.insights

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (
                ("--probability", "p_no"),
                "--probability is LABEL=COLUMN, or a name with one * for the label, not 'p_no'.",
            ),
            (("--probability", "a=b", "--probability", "a=c"), "--probability names the label 'a' twice."),
            (("--text", "gone", "--probability", "p_*"), "The table has no column 'gone'; it has text, "),
            (("--text", "text", "--probability", "p_*", "--latent", "gone.npy"), "There are no vectors at gone.npy."),
        ],
    )
    def test_one_line(self, tmp_path, options, message):
        made_table().to_csv(tmp_path / "table.csv", index=False)
        result = explorer("import", tmp_path / "table.csv", *options, "--out", tmp_path / "run")
        assert result.returncode == 1
        assert result.stderr.removeprefix("Reading the table\n").startswith(f"Error: {message}")
        assert result.stderr.removeprefix("Reading the table\n").count("\n") == 1
        assert names_in(tmp_path) == ["table.csv"]
