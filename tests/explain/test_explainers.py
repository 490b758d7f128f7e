"""The two models as they are asked about words: the shipped files, on real reviews."""

import numpy as np
import pandas as pd
import pytest

from IMDb.config import load_config
from IMDb.explain.explainers import BertExplainer, DenseExplainer, Method, load_explainer
from IMDb.metrics import softmax
from IMDb.model_specs import MODELS, ModelSpec
from IMDb.reviews.dataset import load_dataset
from IMDb.text.features import Features
from leap_explorer.explain.attribution import GRADIENT_TIMES_INPUT, INTEGRATED_GRADIENTS, OCCLUSION, predicted_target


@pytest.fixture(scope="module")
def dense():
    return load_explainer(load_config(), "dense")


@pytest.fixture(scope="module")
def bert():
    return load_explainer(load_config(), "bert")


@pytest.fixture(scope="module")
def held_out():
    reviews = load_dataset(load_config().model_copy(update={"data": "bundled"}))
    return reviews.loc[reviews["split"] == "validation", "text"].tolist()


def rank_correlation(a, b):
    return pd.Series(a).corr(pd.Series(b), method="spearman")


def scores_by(model, text, method):
    reading = model.read(text)
    return model.attribute(reading, predicted_target(model.logits(reading)), method).scores


@pytest.mark.slow
class TestDense:
    def test_methods_agree(self, dense, held_out):
        methods = [Method(INTEGRATED_GRADIENTS, "[PAD]"), Method(GRADIENT_TIMES_INPUT, "[PAD]"), Method(OCCLUSION)]
        found = []
        for text in held_out[:50]:
            integrated, straight, occluded = (scores_by(dense, text, method) for method in methods)
            pairs = ((integrated, straight), (integrated, occluded), (straight, occluded))
            found.append([rank_correlation(*pair) for pair in pairs])
        assert len(found) == 50
        assert np.min(np.mean(found, axis=0)) > 0.98
        assert np.min(found) > 0.9

    def test_untrained_models_map_differs(self, dense, held_out, tmp_path):
        from IMDb.models import dense as dense_model
        from leap_explorer.silent_imports import import_keras

        import_keras().utils.set_random_seed(7)
        tokenizer = dense.tokenizer
        path = tmp_path / "dense.h5"
        dense_model.save(dense_model.build(len(tokenizer.vocab), tokenizer.max_length), path)
        spec = ModelSpec("dense", path, "H5_TF2", ("tokens",), from_logits=True)
        untrained = DenseExplainer(spec, Features(load_config()))
        default = next(iter(DenseExplainer.methods.values()))
        found = [
            rank_correlation(scores_by(dense, text, default), scores_by(untrained, text, default))
            for text in held_out[:20]
        ]
        assert abs(np.mean(found)) < 0.3

    def test_scores_add_up_to_what_they_explain(self, dense, held_out):
        for text in held_out[:5]:
            reading = dense.read(text)
            found = dense.attribute(
                reading, predicted_target(dense.logits(reading)), Method(INTEGRATED_GRADIENTS, "[PAD]")
            )
            assert found.completeness_gap < 0.05
            assert found.warning is None

    def test_logits_are_those_of_predict(self, dense, held_out):
        from IMDb.models.prediction import DensePredictor

        texts = held_out[:3]
        expected = DensePredictor(MODELS["dense"], Features(load_config())).logits(texts)
        assert np.stack([dense.logits(dense.read(text)) for text in texts]) == pytest.approx(expected, abs=1e-5)


@pytest.mark.slow
class TestBert:
    SHORT = "I appreciated the effort, but it was a waste of time."

    def test_logits_are_those_of_predict(self, bert):
        from IMDb.models.prediction import BertPredictor

        config = load_config().model_copy(update={"model": "bert"})
        expected = BertPredictor(MODELS["bert"], Features(config)).logits([self.SHORT])
        assert bert.logits(bert.read(self.SHORT)) == pytest.approx(expected[0], abs=1e-4)

    @pytest.mark.parametrize("name", list(BertExplainer.methods))
    def test_waste_speaks_against_and_special_tokens_are_no_words(self, bert, name):
        reading = bert.read(self.SHORT)
        found = bert.attribute(reading, predicted_target(bert.logits(reading)), bert.methods[name])
        assert found.words == [
            "i",
            "appreciated",
            "the",
            "effort",
            ",",
            "but",
            "it",
            "was",
            "a",
            "waste",
            "of",
            "time",
            ".",
        ]
        assert softmax(bert.logits(reading)[None])[0][0] > 0.5
        if name == next(iter(BertExplainer.methods)):
            assert found.words[int(np.argmax(found.scores))] == "waste"

    def test_untrained_models_map_differs(self, bert, tmp_path):
        import onnx
        from onnx import numpy_helper

        model = onnx.load(str(MODELS["bert"].path))
        generator = np.random.default_rng(3)
        for tensor in model.graph.initializer:
            values = numpy_helper.to_array(tensor)
            if values.dtype.kind == "f" and values.size > 1:
                shuffled = generator.permutation(values.ravel()).reshape(values.shape)
                tensor.CopyFrom(numpy_helper.from_array(shuffled, tensor.name))
        path = tmp_path / "bert.onnx"
        onnx.save(model, str(path))
        spec = ModelSpec("bert", path, "ONNX", MODELS["bert"].input_names, from_logits=True)
        untrained = BertExplainer(spec, Features(load_config().model_copy(update={"model": "bert"})))
        method = next(iter(BertExplainer.methods.values()))
        text = f"{self.SHORT} The actors are lovely and the music is great, yet the plot makes no sense at all."
        assert abs(rank_correlation(scores_by(bert, text, method), scores_by(untrained, text, method))) < 0.6
