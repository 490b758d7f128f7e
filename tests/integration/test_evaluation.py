"""The explorer's engine on real reviews: what `imdb evaluate` writes is what the package gives by itself."""

import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from IMDb.config import LABELS, ROOT, load_config
from IMDb.metadata import TEXT_TYPES
from IMDb.metrics import cross_entropy, softmax
from IMDb.models.prediction import load_predictor
from IMDb.reviews.dataset import load_dataset
from IMDb.text.features import Features
from leap_explorer.runs.run import load_run

PER_SPLIT = 60
CLI = ("-c", "from IMDb.commands.main import main; main()")


def imdb(*arguments, cache):
    unset = {name: value for name, value in os.environ.items() if not name.startswith(("IMDB_", "IS_TENSORLEAP"))}
    environment = unset | {"IMDB_CACHE_DIR": str(cache), "PYTHONPATH": str(ROOT), "COLUMNS": "250"}
    command = [sys.executable, *CLI, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """(run, what was printed, the reviews of its rows in their order)"""
    folder = tmp_path_factory.mktemp("evaluated")
    options = ("--model", "dense", "--samples", PER_SPLIT, "--projection", "pca", "--out", folder / "run")
    result = imdb("evaluate", *options, cache=folder / "cache")
    assert result.returncode == 0, result.stderr
    run = load_run(folder / "run")
    reviews = load_dataset(load_config()).set_index("id").reindex(run.samples["id"])
    return run, result.stdout, reviews


@pytest.mark.slow
class TestDense:
    def test_drawn_by_split_and_label(self, evaluated):
        run, printed, reviews = evaluated
        assert (reviews["split"].to_numpy() == run.samples["subset"].to_numpy()).all()
        for split, rows in reviews.groupby("split"):
            assert len(rows) == PER_SPLIT
            assert rows["label"].value_counts().to_dict() == {0: PER_SPLIT // 2, 1: PER_SPLIT // 2}
            assert f"{PER_SPLIT} of {run.info['counts'][split]['available']:,}" in printed

    def test_predictions_and_losses(self, evaluated, monkeypatch):
        run, _, reviews = evaluated
        monkeypatch.setenv("IMDB_MODEL", "dense")
        logits = load_predictor(load_config()).logits(reviews["text"].tolist())
        probabilities = softmax(logits)
        for column, label in enumerate(LABELS):
            found = run.samples[f"probability_{label}"].to_numpy(dtype=np.float64)
            np.testing.assert_allclose(found, probabilities[:, column], atol=1e-5)
        assert run.samples["prediction"].tolist() == [LABELS[i] for i in logits.argmax(axis=1)]
        truth = reviews["label"].to_numpy(dtype=int)
        assert run.samples["ground_truth"].tolist() == [LABELS[i] for i in truth]
        losses = cross_entropy(np.eye(len(LABELS))[truth], logits, from_logits=True)
        np.testing.assert_allclose(run.samples["loss"].to_numpy(dtype=np.float64), losses, rtol=1e-3, atol=1e-5)
        right = (logits.argmax(axis=1) == truth).astype(float)
        assert run.samples["metric_accuracy"].tolist() == right.tolist()

    def test_metadata(self, evaluated, monkeypatch, tmp_path):
        run, _, reviews = evaluated
        monkeypatch.setenv("IMDB_MODEL", "dense")
        monkeypatch.setenv("IMDB_CACHE_DIR", str(tmp_path))
        features = Features(load_config())
        rows = list(range(0, len(reviews), 6))
        for row in rows:
            expected = features.text_metadata(reviews["text"].iloc[row])
            for name in TEXT_TYPES:
                found = run.samples[f"metadata_text_{name}"].iloc[row]
                assert found == pytest.approx(expected["text"][name], rel=1e-6), (reviews.index[row], name)
            polarity = expected["sentiment"]["polarity"]
            assert run.samples["metadata_polarity"].iloc[row] == pytest.approx(polarity, rel=1e-5, abs=1e-7)
        assert run.samples["metadata_rating"].isna().all()  # the bundled reviews have none
        types = {name: str(run.samples[f"metadata_text_{name}"].dtype) for name in TEXT_TYPES}
        assert types == {name: "Int64" if kind is int else "Float32" for name, kind in TEXT_TYPES.items()}

    def test_no_review_in_any_file(self, evaluated):
        run, _, reviews = evaluated
        pieces = [" ".join(text.split()[:6]) for text in reviews["text"]]
        for path in run.path.iterdir():
            if path.suffix == ".parquet":
                content = pd.read_parquet(path).to_csv(index=False)
            else:
                content = path.read_bytes().decode("utf-8", "replace")
            assert not [piece for piece in pieces if piece in content], path

    def test_history_is_taken_along(self, evaluated):
        history = json.loads((ROOT / "models" / "dense.history.json").read_text(encoding="utf-8"))
        assert evaluated[0].info["history"] == history

    def test_insights_and_their_tests(self, evaluated, tmp_path):
        run, _, _ = evaluated
        result = imdb("insights", run.path, "--json", cache=tmp_path)
        assert result.returncode == 0, result.stderr
        assert json.loads(result.stdout) == run.insights

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (("--samples", "0"), "--samples is `all` or a number of reviews, not 0."),
            (("--latent", "nope", "--samples", "4"), "There is no latent space nope; there are: model, bag_of_words."),
        ],
    )
    def test_errors(self, tmp_path, options, message):
        result = imdb("evaluate", "--model", "dense", "--out", tmp_path / "run", *options, cache=tmp_path / "cache")
        assert result.returncode == 1
        assert message in result.stderr
        assert "Traceback" not in result.stderr
