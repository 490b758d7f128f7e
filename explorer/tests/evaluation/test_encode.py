import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from leap_explorer.evaluation.encode import encode


class Samples:
    """An integration as far as `encode` needs it."""

    folder = Path("there")

    def __init__(self, words=("a", "b"), shift=0.0):
        self.shown, self.shift = words, shift

    def sample(self, subset, sample_id):
        if sample_id == "broken":
            raise OSError("no such file")
        return SimpleNamespace(
            inputs={"x": np.array([1.0, 2.0 + self.shift], dtype=np.float32), "mask": np.ones(2, dtype=np.float32)},
            gt=None if subset == "unlabeled" else {"y": np.array([1.0, 0.0])},
            metadata={"size": 3, "stars": -1, "genre": ""},
            metadata_is_none={"size": False, "stars": True, "genre": False},
            custom_latent_spaces=None,
        )

    def words(self, sample):
        return None if self.shown is None else list(self.shown)


def test_sample():
    sample = encode(Samples(), ("training", "t-1"))
    assert (sample.subset, sample.id, sample.error) == ("training", "t-1", None)
    assert sample.inputs["x"].tolist() == [1.0, 2.0]
    assert sample.ground_truths["y"].tolist() == [1.0, 0.0]
    assert sample.metadata == {"size": 3, "stars": None, "genre": None}  # an empty text is no value
    assert sample.signature is not None
    assert sample.signature.shape == (128,)
    assert 0 < sample.input_hash < 2**64


def test_unlabelled_and_without_text():
    sample = encode(Samples(words=None), ("unlabeled", "u-1"))
    assert sample.ground_truths == {}
    assert sample.signature is None


def test_error_is_kept():
    sample = encode(Samples(), ("training", "broken"))
    assert sample.error == "OSError: no such file"
    assert sample.inputs == {}
    assert sample.input_hash == 0


@pytest.mark.parametrize("other", [Samples(shift=1.0), Samples(words=("a", "c")), Samples(words=None)])
def test_hash_tells_inputs_and_words_apart(other):
    first = encode(Samples(), ("training", "t-1")).input_hash
    assert encode(Samples(), ("validation", "v-9")).input_hash == first
    assert encode(other, ("training", "t-1")).input_hash != first


def test_leaving_is_an_error_too(monkeypatch):
    integration = Samples()
    monkeypatch.setattr(integration, "words", lambda sample: sys.exit(0))
    assert encode(integration, ("training", "t-1")).error == "SystemExit: 0"
