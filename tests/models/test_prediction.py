import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from files import write_csv
from IMDb.config import load_config
from IMDb.errors import UserError
from IMDb.model_specs import MODELS, ModelSpec
from IMDb.models import prediction
from IMDb.models.dense import input_matrix
from IMDb.models.prediction import DensePredictor, load_predictor, predict_file, prediction_table, score_reviews
from IMDb.reviews.tables import read_chunks
from IMDb.text.features import Features
from leap_explorer.silent_imports import import_keras

SHIPPED = MODELS["dense"].path
TEXTS = [
    "One of the best films I have seen in years.",
    "Awful. A waste of time & money.",
    "fine",
    "zzqx qqzz",
    "not good, not bad, " * 400,
    "a film " * 5000,
]


class FakePredictor:
    """The positive logit is the number that the text is."""

    def __init__(self):
        self.batches = []

    def logits(self, texts):
        self.batches.append(len(texts))
        return np.array([[0.0, float(text)] for text in texts], dtype=np.float32)


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(prediction, "CHUNK_ROWS", 2)


@pytest.fixture(scope="module")
def predictor():
    config = load_config().model_copy(update={"model": "dense"})
    return load_predictor(config)


@pytest.fixture(scope="module")
def model_and_tokenizer():
    """The shipped model by Keras directly, and its tokenizer."""
    model = import_keras().models.load_model(MODELS["dense"].path, compile=False)
    return model, Features(load_config()).word_tokenizer


def read(path):
    return pd.concat([chunk.table for chunk in read_chunks(path, 10)], ignore_index=True)


class TestPredictionTable:
    def test_values(self):
        table = prediction_table(np.array([[0.0, 0.0], [0.0, math.log(3)], [1000.0, -1000.0]], dtype=np.float32))
        assert table.columns.tolist() == ["negative", "positive", "prediction"]
        assert table["positive"].tolist() == [0.5, 0.75, 0.0]
        assert table["negative"].tolist() == [0.5, 0.25, 1.0]
        assert table["prediction"].tolist() == ["negative", "positive", "negative"]

    def test_six_decimals(self):
        assert prediction_table(np.array([[0.0, 1.0]], dtype=np.float32)).loc[0, "positive"] == 0.731059


@pytest.mark.usefixtures("small_chunks")
class TestPredictFile:
    COLUMNS = {  # noqa: RUF012
        "id": ["007", "NA", "", "b", "a"],
        "text": ["-1", "2", "0.5", "-0.5", "1"],
        "note": ["two\nlines", 'a "quote"', "a\rb", "ü", " spaced "],
    }

    @pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
    def test_rows_keep_order_and_columns(self, tmp_path, suffix):
        source = write_csv(tmp_path / "in.csv", self.COLUMNS)
        target = tmp_path / f"out{suffix}"
        assert predict_file(source, target, FakePredictor()) == 5
        table = read(target)
        assert table.columns.tolist() == ["id", "text", "note", "negative", "positive", "prediction"]
        assert table[list(self.COLUMNS)].to_dict("list") == self.COLUMNS
        assert table["prediction"].tolist() == ["negative", "positive", "positive", "negative", "positive"]
        expected = [1 / (1 + math.exp(-float(text))) for text in self.COLUMNS["text"]]
        assert table["positive"].astype(float).tolist() == pytest.approx(expected, abs=1e-6)
        assert (table["negative"].astype(float) + table["positive"].astype(float)).tolist() == pytest.approx([1] * 5)

    def test_texts_that_were_kept_from_being_formulas_are_read_as_they_were(self, tmp_path):
        columns = {"text": ["'-0.5", "'1"], "apostrophe_added": ["yes", "yes"]}
        predict_file(write_csv(tmp_path / "in.csv", columns), tmp_path / "out.csv", FakePredictor())
        table = read(tmp_path / "out.csv")
        assert table["prediction"].tolist() == ["negative", "positive"]
        assert table[list(columns)].to_dict("list") == columns

    def test_parquet_columns_keep_their_types(self, tmp_path):
        columns = {"text": pa.array(["1", "-1", "2"]), "stars": pa.array([7, None, 3], pa.int16())}
        pq.write_table(pa.table(columns), tmp_path / "in.parquet")
        predict_file(tmp_path / "in.parquet", tmp_path / "out.parquet", FakePredictor())
        table = pq.read_table(tmp_path / "out.parquet")
        assert table.schema.field("stars").type == pa.int16()
        assert table.schema.field("positive").type == pa.float64()
        assert table["stars"].to_pylist() == [7, None, 3]
        assert table["prediction"].to_pylist() == ["positive", "negative", "positive"]

    def test_chunks_are_reported(self, tmp_path):
        source = write_csv(tmp_path / "in.csv", {"text": [str(number) for number in range(5)]})
        predictor, reports = FakePredictor(), []
        predict_file(source, tmp_path / "out.csv", predictor, lambda rows, share: reports.append((rows, share)))
        assert predictor.batches == [2, 2, 1]
        assert [rows for rows, _ in reports] == [2, 4, 5]
        shares = [share for _, share in reports]
        assert shares == sorted(shares)
        assert shares[-1] == 1.0

    @pytest.mark.parametrize("name", ["negative", "positive", "prediction"])
    def test_a_column_of_that_name_is_there_already(self, tmp_path, name):
        source = write_csv(tmp_path / "in.csv", {"text": ["1"], name: ["x"]})
        with pytest.raises(UserError, match=rf"in\.csv has a column `{name}` already"):
            predict_file(source, tmp_path / "out.csv", FakePredictor())
        assert list(tmp_path.iterdir()) == [source]

    def test_never_onto_its_source(self, tmp_path, monkeypatch):
        source = write_csv(tmp_path / "in.csv", {"text": ["1"]})
        before = source.read_bytes()
        monkeypatch.chdir(tmp_path)
        (tmp_path / "link.csv").symlink_to(source)
        for target in (source, source.relative_to(tmp_path), tmp_path / "link.csv"):
            with pytest.raises(UserError, match="is the file to be scored"):
                predict_file(source, target, FakePredictor())
        assert source.read_bytes() == before

    def test_a_bad_row_in_a_later_chunk_leaves_no_file(self, tmp_path):
        source = write_csv(tmp_path / "in.csv", {"text": ["1", "2", "3", " "]})
        with pytest.raises(UserError, match="row 4: `text` is empty"):
            predict_file(source, tmp_path / "out.csv", FakePredictor())
        assert list(tmp_path.iterdir()) == [source]

    def test_an_interruption_leaves_the_old_file(self, tmp_path):
        source = write_csv(tmp_path / "in.csv", {"text": ["1", "2", "3"]})
        (tmp_path / "out.csv").write_text("old")

        def interrupt(rows, share):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            predict_file(source, tmp_path / "out.csv", FakePredictor(), interrupt)
        assert (tmp_path / "out.csv").read_text() == "old"
        assert len(list(tmp_path.iterdir())) == 2


class TestScoreReviews:
    REVIEWS = pd.DataFrame({"text": ["2", "-1", "1", "0.5", "-3"], "label": pd.array([1, 0, 0, 1, 1], dtype="Int8")})

    @pytest.mark.parametrize("rows", [2, 5, 100])
    def test_by_hand(self, monkeypatch, rows):
        monkeypatch.setattr(prediction, "CHUNK_ROWS", rows)
        reports = []
        scores = score_reviews(FakePredictor(), self.REVIEWS, reports.append)
        wrong_way = [-2, -1, 1, -0.5, 3]  # the logit that speaks against the label: the loss is log(1 + exp of it)
        assert scores.count == 5
        assert scores.accuracy == pytest.approx(3 / 5)
        assert scores.loss == pytest.approx(sum(math.log1p(math.exp(z)) for z in wrong_way) / 5, rel=1e-6)
        assert sum(reports) == 5


class TestLoadPredictor:
    @pytest.fixture
    def spec(self, tmp_path, monkeypatch):
        """The dense model's entry, its file somewhere else."""
        spec = ModelSpec("dense", tmp_path / "dense.h5", "H5_TF2", ("tokens",), from_logits=True)
        monkeypatch.setitem(MODELS, "dense", spec)
        return spec

    def test_missing(self, spec):
        with pytest.raises(UserError) as raised:
            load_predictor(load_config())
        assert str(raised.value) == f"No model at {spec.path}. Make it with `imdb train dense`."

    @pytest.mark.parametrize("keep", [0, 1000, -1000])
    def test_damaged(self, spec, keep):
        spec.path.write_bytes(SHIPPED.read_bytes()[:keep])
        with pytest.raises(UserError, match=r"dense\.h5 cannot be loaded \(.*Make it anew with `imdb train dense`"):
            load_predictor(load_config())

    def test_bert_before_it_exists(self, tmp_path, monkeypatch):
        monkeypatch.setitem(MODELS, "bert", ModelSpec("bert", tmp_path / "bert.onnx", "ONNX", ("ids",), True))
        with pytest.raises(UserError, match=r"No model at .*bert\.onnx. Make it with `imdb train bert`"):
            load_predictor(load_config().model_copy(update={"model": "bert"}))


class TestDensePredictor:
    def test_as_keras_itself(self, predictor, model_and_tokenizer):
        model, tokenizer = model_and_tokenizer
        logits = predictor.logits(TEXTS)
        assert logits.shape == (len(TEXTS), 2)
        direct = np.concatenate([model(input_matrix([text], tokenizer)).numpy() for text in TEXTS])
        np.testing.assert_allclose(logits, direct, atol=1e-5)
        assert logits[0].argmax() == 1
        assert logits[1].argmax() == 0

    def test_the_batch_does_not_matter(self, predictor):
        together = predictor.logits(TEXTS)
        np.testing.assert_allclose(predictor.logits(TEXTS[::-1])[::-1], together, atol=1e-5)
        np.testing.assert_allclose(predictor.logits(TEXTS * 200)[-len(TEXTS) :], together, atol=1e-5)

    @pytest.mark.parametrize("text", ["!!!", "🎬", "<br />", "."])
    def test_a_text_without_a_word(self, predictor, text):
        """Padding alone would be an average over nothing."""
        assert np.isfinite(predictor.logits([text])).all()

    def test_the_tokenizer_of_other_settings_is_refused(self):
        config = load_config()
        shorter = config.model_copy(update={"dense": config.dense.model_copy(update={"max_length": 64})})
        with pytest.raises(UserError, match="max_length"):
            DensePredictor(MODELS["dense"], Features(shorter))
