import hashlib
import io
import json
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

from files import write_csv
from IMDb.config import LABELS, load_config
from IMDb.explain import reader as reader_module
from IMDb.explain.explainers import Explainer, Method
from IMDb.explain.faithfulness import faithfulness_path
from IMDb.explain.reader import ReviewTexts, model_named, model_of, texts_of
from IMDb.model_specs import MODELS, ModelSpec
from IMDb.reviews.dataset import load_dataset
from IMDb.text.tokenizers import WordTokenizer
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.attribution import OCCLUSION
from leap_explorer.runs.run import Run

REVIEWS = {
    "id": ["a", "b", "c", "d", "e", "f"],
    "text": ["A <b>GREAT</b> film", "Dull!", "Great, but dull", "What a film", "so GREAT", "so dull"],
    "label": ["pos", "neg", "pos", "", "neg", "neg"],
    "split": ["train", "train", "train", "", "validation", "train"],
}
VOCABULARY = ["[PAD]", "[OOV]", "great", "dull", "film", "a"]
WEIGHTS = np.array([0.0, 0.0, 3.0, -2.0, 0.5, 0.0])
#: A seventh review, so that both labels are held out
POSITIVE = {"id": "g", "text": "great great", "label": "pos", "split": "validation"}


OTHER = Method(OCCLUSION, "[PAD]")


class LinearModel(Explainer):
    """The logit of positive is the sum of the words' weights, that of negative 0."""

    methods = MappingProxyType({method.name: method for method in (Method(OCCLUSION), OTHER)})
    fill = MappingProxyType({"tokens": 1})
    removal = "another word"
    ids_name = "tokens"
    batch_size = 4
    max_calls = None

    def inputs(self, text):
        return {"tokens": self.tokenizer.encode(text).ids}

    def predict(self, rows):
        sums = WEIGHTS[rows["tokens"]].sum(axis=1)
        return np.stack([np.zeros_like(sums), sums], axis=1)

    def _differentiable(self, detaches_gates):
        raise NotImplementedError


@pytest.fixture
def spec(tmp_path, monkeypatch):
    """The dense model's file, of some bytes."""
    path = tmp_path / "models" / "dense.h5"
    path.parent.mkdir()
    path.write_bytes(b"weights")
    spec = ModelSpec("dense", path, "H5_TF2", ("tokens",), from_logits=True)
    monkeypatch.setitem(MODELS, "dense", spec)
    return spec


@pytest.fixture
def config(tmp_path):
    columns = {name: [*values, POSITIVE[name]] for name, values in REVIEWS.items()}
    return load_config().model_copy(update={"data": str(write_csv(tmp_path / "reviews.csv", columns))})


@pytest.fixture
def loaded(spec, monkeypatch):
    """The names of the models loaded so far."""
    names = []

    def load(config, name):
        names.append(name)
        return LinearModel(spec, WordTokenizer(VOCABULARY, max_length=4, head_share=0.5))

    monkeypatch.setattr(reader_module, "load_explainer", load)
    return names


@pytest.fixture
def reader(config, loaded):
    return ReviewTexts(config)


def scores_of(explanation, text):
    return [(text[span.start : span.end], span.score) for span in explanation.spans]


def run_at(path, model_path, sha256):
    return Run(path, {"model": {"file": model_path, "sha256": sha256}})


class TestTexts:
    def test_text_as_it_was_written(self, reader):
        assert reader.text("a") == "A <b>GREAT</b> film"

    def test_reviews_that_are_not_there(self, config, tmp_path):
        reader = ReviewTexts(config.model_copy(update={"data": str(tmp_path / "gone.csv")}))
        with pytest.raises(ExplorerError, match=r"gone\.csv"):
            reader.text("a")

    def test_no_such_text(self, reader):
        assert reader.text("z") is None


class TestExplain:
    def test_scores_stand_at_the_words_as_written(self, reader):
        text = "A <b>GREAT</b> Film, dull"
        found = reader.explain(text, "positive")
        assert scores_of(found, text) == [("A", 0.0), ("GREAT", 3.0), ("Film", 0.5), ("dull", -2.0)]
        assert found.target == "positive"
        assert found.method == OCCLUSION
        assert found.warning is None

    def test_probabilities(self, reader):
        found = reader.explain("Great film", "positive")
        assert found.probabilities["positive"] == pytest.approx(1 / (1 + np.exp(-3.5)))
        assert list(found.probabilities) == list(LABELS)
        assert sum(found.probabilities.values()) == pytest.approx(1)

    def test_words_beyond_the_models_reach_are_unread(self, reader):
        text = "great a dull film a great"
        found = reader.explain(text, "positive")
        assert [span.is_read for span in found.spans] == [True, True, False, False, True, True]
        assert [span.score for span in found.spans][2:4] == [None, None]

    def test_other_target(self, reader):
        assert scores_of(reader.explain("Dull", "negative"), "Dull") == [("Dull", 0.0)]

    @pytest.mark.parametrize(("label", "sign"), [("positive", -1), ("negative", 1)])
    def test_loss_of_a_label(self, reader, label, sign):
        (span,) = reader.explain("Great!", "loss", label).spans
        expected = sign * (np.logaddexp(0, 3.0) - np.log(2)) if sign > 0 else np.logaddexp(0, -3.0) - np.log(2)
        assert span.score == pytest.approx(expected)

    def test_loss_is_of_the_reviews_own_label(self, reader):
        text = reader.text("e")  # labelled negative
        scores = dict(scores_of(reader.explain(text, "loss"), text))
        assert scores["GREAT"] > 2

    @pytest.mark.parametrize("text", ["What a film", "No review of these"])
    def test_loss_without_a_label(self, reader, text):
        with pytest.raises(ExplorerError, match="A loss is that of a label"):
            reader.explain(text, "loss")

    @pytest.mark.parametrize("text", ["", "  \n"])
    def test_empty_text(self, reader, text):
        with pytest.raises(ExplorerError, match="empty"):
            reader.explain(text, "positive")

    def test_text_without_a_word(self, reader):
        found = reader.explain("!!! \N{CLAPPER BOARD}", "positive")
        assert found.spans == ()

    def test_unknown_target(self, reader):
        with pytest.raises(ExplorerError, match="'neutral' cannot be explained; what can is negative, positive, loss"):
            reader.explain("Great", "neutral")

    def test_a_model_is_loaded_once(self, reader, loaded):
        for _ in range(2):
            reader.explain("Great", "positive")
        assert loaded == ["dense"]


class TestModelOfARun:
    def test_run_of_the_file_that_is_here(self, spec, tmp_path):
        run = run_at(tmp_path / "runs" / "mine", "models/dense.h5", hashlib.sha256(b"weights").hexdigest())
        assert model_of(run) == "dense"

    def test_run_of_an_earlier_file(self, spec, tmp_path):
        with pytest.raises(ExplorerError, match="is not the file that the run dense was made with"):
            model_of(run_at(tmp_path / "dense", "dense.h5", "0" * 64))

    def test_run_of_another_model(self, tmp_path):
        with pytest.raises(ExplorerError, match=r"is of resnet\.onnx"):
            model_of(run_at(tmp_path / "mine", "resnet.onnx", "0" * 64))

    def test_names_of_files(self):
        assert [model_named(name) for name in ("dense.h5", "bert.onnx", "gpt.onnx")] == ["dense", "bert", None]


class TestTextsOf:
    @pytest.mark.parametrize("name", ["dense", "bert"])
    def test_model_of_the_file(self, name, tmp_path):
        assert texts_of(tmp_path / MODELS[name].path.name).config.model == name

    @pytest.mark.parametrize("model", [None, "other.onnx"])
    def test_model_of_the_settings_otherwise(self, model, monkeypatch, tmp_path):
        monkeypatch.setenv("IMDB_MODEL", "bert")
        assert texts_of(tmp_path / model if model else None).config.model == "bert"


class TestFaithfulness:
    def measured(self, spec, sha256=None, default=OTHER.name):
        content = {"model": {"sha256": sha256 or hashlib.sha256(b"weights").hexdigest()}, "default": default}
        faithfulness_path(spec.path).write_text(json.dumps(content))
        return content

    def test_winner_is_the_method(self, reader, spec):
        content = self.measured(spec)
        found = reader.explain("Great", "positive")
        assert found.method == OTHER.name
        assert found.faithfulness == content

    def test_winner_that_is_no_more(self, reader, spec):
        self.measured(spec, default="by dice")
        assert reader.explain("Great", "positive").method == OCCLUSION

    def test_of_an_earlier_model_file(self, reader, spec):
        self.measured(spec, sha256="0" * 64)
        found = reader.explain("Great", "positive")
        assert found.faithfulness is None
        assert found.method == OCCLUSION

    def test_damaged(self, reader, spec):
        faithfulness_path(spec.path).write_text("{}")
        with pytest.raises(ExplorerError, match="`imdb faithfulness --model dense`"):
            reader.explain("Great", "positive")


class TestLoading:
    def test_missing_model(self, config, spec):
        spec.path.unlink()
        with pytest.raises(ExplorerError, match=r"No model at .*dense\.h5\. Make it with `imdb train dense`"):
            ReviewTexts(config).explain("Great", "positive")

    def test_damaged_model(self, config, spec):
        with pytest.raises(ExplorerError, match=r"dense\.h5 cannot be loaded .*`imdb train dense`"):
            ReviewTexts(config).explain("Great", "positive")


class TestLabelCsv:
    def test_carries_the_decisions_out(self, reader, config, tmp_path):
        decisions = [
            {"id": "b", "verdict": "flip", "label": "positive", "given": "negative"},
            {"id": "a", "verdict": "ambiguous", "label": None},
            {"id": "c", "verdict": "fine", "label": "positive"},
            {"id": "not here", "verdict": "flip", "label": "positive"},
        ]
        path = tmp_path / "corrected.csv"
        path.write_text(reader.label_csv(decisions), encoding="utf-8")
        found = load_dataset(config.model_copy(update={"data": str(path)})).set_index("id")
        before = load_dataset(config).set_index("id").drop(index="a")
        assert found.loc["b", "label"] == 1
        unchanged = before.index.drop("b")
        pd.testing.assert_frame_equal(found.loc[unchanged], before.loc[unchanged])
        assert list(found.index) == list(before.index)
        assert found.loc["b", ["text", "split"]].tolist() == ["Dull!", "training"]

    def test_formulas_come_back_as_they_were(self, loaded, config, tmp_path):
        texts = ["=HYPERLINK(1) is great", "'tis dull", "@me: great", "- dull", "+1 film"]
        labels = ["pos", "neg", "pos", "neg", "pos"]
        path = write_csv(tmp_path / "given.csv", {"id": [f"={text}" for text in texts], "text": texts, "label": labels})
        config = config.model_copy(update={"data": str(path)})
        content = ReviewTexts(config).label_csv([])
        assert "'=HYPERLINK(" in content
        (tmp_path / "corrected.csv").write_text(content, encoding="utf-8", newline="")
        found = load_dataset(config.model_copy(update={"data": str(tmp_path / "corrected.csv")}))
        pd.testing.assert_frame_equal(found, load_dataset(config))

    def test_columns(self, reader):
        table = pd.read_csv(io.StringIO(reader.label_csv([])), keep_default_na=False)
        assert list(table.columns) == ["id", "text", "label", "split"]
        assert table["label"].tolist() == ["positive", "negative", "positive", "", "negative", "negative", "positive"]
