import json
import os
import subprocess
import sys

import numpy as np
import pytest

from IMDb.config import ROOT
from IMDb.latent_space import STOP_WORDS, WIDTH, bag_of_words

VOCAB_SIZE = 500
FIRST = 2
WEIGHTY = FIRST + STOP_WORDS  # the id of the first word whose weight is not 0


def vector(*ids, vocab_size=VOCAB_SIZE):
    return bag_of_words(np.array(ids, dtype=np.int32), FIRST, vocab_size)


def weights(ids):
    """The exact vector, one feature a word, of length 1."""
    ranks = np.arange(VOCAB_SIZE) - FIRST + 1.0
    exact = np.bincount(ids, minlength=VOCAB_SIZE) * np.log(np.maximum(ranks, STOP_WORDS) / STOP_WORDS)
    return exact / np.linalg.norm(exact)


class TestBagOfWords:
    @pytest.mark.parametrize("ids", [(52,), (499,), (2, 53, 53, 54), tuple(range(2, 500))])
    def test_length_1(self, ids):
        values = vector(*ids)
        assert values.shape == (WIDTH,) == (256,)
        assert values.dtype == np.float32
        assert np.linalg.norm(values) == pytest.approx(1.0, abs=1e-6)

    @pytest.mark.parametrize("ids", [(), (1,), (0, 1, 1), (2, 51)])
    def test_zeros_without_a_known_word(self, ids):
        values = vector(*ids)
        assert values.shape == (WIDTH,)
        assert values.dtype == np.float32
        assert not values.any()

    def test_padding_and_unknown_words_count_for_nothing(self):
        assert (vector(0, 65, 1, 99, 1, 0) == vector(65, 99)).all()

    def test_order_counts_for_nothing(self):
        ids = np.random.default_rng(0).integers(FIRST, VOCAB_SIZE, size=100)
        assert (vector(*ids) == vector(*ids[::-1])).all()

    def test_weights_by_hand(self):
        # The word of rank 100, three times, and that of rank 400, once: 3 log(2) and log(8)
        values = np.abs(vector(101, 101, 101, 401))
        common, rare = 3 * np.log(2), np.log(8)
        expected = np.array([common, rare]) / np.hypot(common, rare)
        assert np.sort(values[values > 0]) == pytest.approx(np.sort(expected))

    def test_both_signs_and_many_features_are_used(self):
        single = np.array([vector(word) for word in range(WEIGHTY, VOCAB_SIZE)])
        assert set(single.sum(axis=1)) == {-1.0, 1.0}
        assert len(set(np.abs(single).argmax(axis=1))) > 200

    def test_cosine_similarity_is_about_that_of_the_words(self):
        generator = np.random.default_rng(1)
        errors = []
        for _ in range(100):
            shared = generator.integers(WEIGHTY, VOCAB_SIZE, size=generator.integers(0, 60))
            one, other = (np.append(shared, generator.integers(WEIGHTY, VOCAB_SIZE, size=40)) for _ in range(2))
            errors.append(vector(*one) @ vector(*other) - weights(one) @ weights(other))
        assert np.mean(errors) == pytest.approx(0.0, abs=0.02)
        assert np.std(errors) < 1.5 / np.sqrt(WIDTH)

    def test_the_same_in_every_process(self):
        code = (
            "import json, numpy as np\n"
            "from IMDb.latent_space import bag_of_words\n"
            f"print(json.dumps(bag_of_words(np.arange(2, 90, dtype=np.int32), {FIRST}, {VOCAB_SIZE}).tolist()))\n"
        )
        surroundings = {**os.environ, "PYTHONHASHSEED": "7"}
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=True)
        assert json.loads(done.stdout) == vector(*range(2, 90)).tolist()
