import threading

import numpy as np
import pytest

from leap_explorer.errors import ExplorerError
from leap_explorer.explain.attribution import (
    GRADIENT_TIMES_INPUT,
    INTEGRATED_GRADIENTS,
    MAX_GAP,
    Target,
    explain_by_gradient,
    explain_by_occlusion,
)

keras = pytest.importorskip("keras")
keras_gradient = pytest.importorskip("leap_explorer.explain.keras_gradient")

LENGTH, VOCABULARY, WIDTH = 6, 12, 3
IDS = np.array([3, 7, 3, 9, 0, 0], dtype=np.float32)
WORDS = ["a", "b", "a", "c"]
WORD_OF = np.array([0, 1, 2, 3, -1, -1])
POSITIVE = Target("class", 1)


def model(hidden=None, mask_zero=True, seed=0):
    """Mean of the embeddings [after a dense layer with tanh], those of padding left out if masked -> two logits."""
    keras.utils.set_random_seed(seed)
    tokens = keras.Input((LENGTH,), dtype="float32", name="tokens")
    x = keras.layers.Embedding(VOCABULARY, WIDTH, mask_zero=mask_zero, name="embedding")(tokens)
    if hidden:
        x = keras.layers.Dense(hidden, activation="tanh")(x)
    x = keras.layers.GlobalAveragePooling1D()(x)
    built = keras.Model(tokens, keras.layers.Dense(2)(x))
    generator = np.random.default_rng(seed)
    built.set_weights([generator.normal(0, 2, weight.shape) for weight in built.get_weights()])
    return built


def by_gradient(built, method=INTEGRATED_GRADIENTS, target=POSITIVE, **options):
    encoder = keras_gradient.KerasEmbedding(built)
    return explain_by_gradient(encoder, {"tokens": IDS}, "tokens", WORDS, WORD_OF, target, method=method, **options)


def by_occlusion(built, target=POSITIVE):
    def predict(rows):
        return built(rows["tokens"], training=False).numpy()

    return explain_by_occlusion(predict, {"tokens": IDS}, WORDS, WORD_OF, {"tokens": 1}, target)


class TestLinearModel:
    @pytest.mark.parametrize("index", [0, 1])
    @pytest.mark.parametrize("method", [INTEGRATED_GRADIENTS, GRADIENT_TIMES_INPUT, "occlusion"])
    def test_scores_are_weight_times_value(self, method, index):
        built = model()
        table, weights, _ = built.get_weights()
        target = Target("class", index)
        # Four positions are averaged; the path starts, as occlusion ends, at token 1
        expected = (table[IDS[:4].astype(int)] - table[1]) @ weights[:, index] / 4
        if method == "occlusion":
            result = by_occlusion(built, target)
        else:
            result = by_gradient(built, method, target, baseline_id=1)
        assert result.scores == pytest.approx(expected, abs=1e-5)

    def test_of_padding_as_the_baseline_the_mask_stays(self):
        built = model()
        table, weights, _ = built.get_weights()
        expected = (table[IDS[:4].astype(int)] - table[0]) @ weights[:, 1] / 4
        assert by_gradient(built).scores == pytest.approx(expected, abs=1e-5)

    def test_without_a_mask_padding_is_averaged_too(self):
        built = model(mask_zero=False)
        table, weights, _ = built.get_weights()
        expected = (table[IDS[:4].astype(int)] - table[0]) @ weights[:, 1] / LENGTH
        assert by_gradient(built).scores == pytest.approx(expected, abs=1e-5)


class TestCurvedModel:
    def test_scores_add_up(self):
        built = model(hidden=5)
        result = by_gradient(built)
        at_baseline = IDS.copy()
        at_baseline[:4] = 11
        embedding = built.get_layer("embedding").embeddings
        embedding.assign(np.vstack([embedding[:11], embedding[:1]]))  # token 11 is now like padding, but not masked
        difference = built(np.stack([IDS, at_baseline]))[:, 1].numpy()
        assert result.scores.sum() == pytest.approx(difference[0] - difference[1], rel=MAX_GAP)
        assert result.completeness_gap < MAX_GAP
        assert result.warning is None

    def test_a_loss_has_the_opposite_of_its_labels_score(self):
        built = model()
        loss = by_gradient(built, target=Target("loss", 1)).scores
        margin = by_gradient(built).scores - by_gradient(built, target=Target("class", 0)).scores
        assert (np.sign(loss) == -np.sign(margin)).all()

    def test_another_models_map_differs(self):
        maps = [by_gradient(model(hidden=5, seed=seed)).scores for seed in (0, 1)]
        assert abs(np.corrcoef(maps)[0, 1]) < 0.9

    def test_is_explained_in_one_thread_while_it_predicts_in_another(self):
        built = model(hidden=5)
        encoder = keras_gradient.KerasEmbedding(built)
        expected = built(IDS[None]).numpy()
        found = []
        look_up = encoder._layer.call

        def call(*inputs, **options):
            if threading.current_thread() is threading.main_thread():
                encoder._layer.call = look_up
                other = threading.Thread(target=lambda: found.append(built(IDS[None]).numpy()))
                other.start()
                other.join()
            return look_up(*inputs, **options)

        encoder._layer.call = call
        encoder.gradient(np.zeros((2, LENGTH, WIDTH), np.float32), {"tokens": IDS}, Target("class", 0))
        assert np.array_equal(found[0], expected)


class TestEmbeddingLayer:
    def test_is_the_one_with_the_largest_table(self):
        ids = keras.Input((4,))
        x = keras.layers.Embedding(5, 2, name="segments")(ids) + keras.layers.Embedding(50, 2, name="words")(ids)
        built = keras.Model(ids, x)
        assert keras_gradient.embedding_layer(built).name == "words"
        assert keras_gradient.embedding_layer(built, "segments").name == "segments"
        with pytest.raises(ExplorerError, match=r"'other'.*segments, words"):
            keras_gradient.embedding_layer(built, "other")

    def test_is_found_inside_another_model(self):
        inner = model()
        ids = keras.Input((LENGTH,))
        assert by_gradient(keras.Model(ids, inner(ids))).scores == pytest.approx(by_gradient(inner).scores, abs=1e-6)

    def test_is_needed(self):
        values = keras.Input((4,))
        with pytest.raises(ExplorerError, match="no embedding layer"):
            keras_gradient.KerasEmbedding(keras.Model(values, keras.layers.Dense(2)(values)))

    def test_must_be_read_once(self):
        first, second = keras.Input((LENGTH,), name="tokens"), keras.Input((LENGTH,), name="title")
        shared = keras.layers.Embedding(VOCABULARY, 2)
        x = keras.layers.Flatten()(shared(first) + shared(second))
        encoder = keras_gradient.KerasEmbedding(keras.Model([first, second], keras.layers.Dense(2)(x)))
        inputs = {"tokens": IDS, "title": IDS}
        with pytest.raises(ExplorerError, match="2 times"):
            encoder.gradient(np.zeros((1, LENGTH, 2)), inputs, Target("class", 0))

    def test_of_several_inputs_reads_its_own(self):
        ids, scale = keras.Input((LENGTH,), name="tokens"), keras.Input((1,), name="scale")
        x = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(VOCABULARY, 2)(ids))
        encoder = keras_gradient.KerasEmbedding(keras.Model({"tokens": ids, "scale": scale}, x * scale))
        inputs = {"tokens": IDS, "scale": np.array([3.0], np.float32)}
        _, gradients = encoder.gradient(np.zeros((2, LENGTH, 2)), inputs, Target("class", 0))
        assert gradients[..., 0] == pytest.approx(np.full((2, LENGTH), 3 / LENGTH))
