"""Heat-maps through the door: of two inputs in Keras, and of words in ONNX."""

import numpy as np
import pytest

from explained_toys import (
    LARGE_ID,
    NUMBER_WEIGHTS,
    pixel_weights,
    two_inputs,
    write_heated_words_toy,
    write_two_inputs_toy,
)
from leap_explorer.contract.door import Door
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.any_model.heats import heats_of
from leap_explorer.explain.any_model.visualizations import Unheated, heat_visualizations
from leap_explorer.explain.attribution import INTEGRATED_GRADIENTS, OCCLUSION
from toys import GOOD, text_samples

pytestmark = pytest.mark.slow
SAMPLE = "11"


@pytest.fixture(scope="module")
def numbers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("numbers") / "toy"
    with Door(folder, write_two_inputs_toy(folder)) as door:
        yield door


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    folder = tmp_path_factory.mktemp("words") / "toy"
    with Door(folder, write_heated_words_toy(folder)) as door:
        yield door


def by_hand():
    """What each input of the sample counts, from the mean of the training samples on."""
    images, values = two_inputs()
    image = pixel_weights() * (images[int(SAMPLE)] - images[:8].mean())
    return image, np.array(NUMBER_WEIGHTS) * (values[int(SAMPLE)] - values[:8].mean(axis=0))


@pytest.mark.parametrize("method", [None, OCCLUSION])
def test_each_input_has_its_own(numbers, method):
    heats = numbers.call(heats_of, "validation", SAMPLE, 0, 0, method)
    image, values = by_hand()
    assert heats.method == (method or INTEGRATED_GRADIENTS)
    assert heats.settings["baseline"] == "the mean of training samples, by channel"
    assert heats.arrays["image"] == pytest.approx(image, abs=1e-4)
    assert heats.arrays["numbers"] == pytest.approx(values, abs=1e-4)


def test_the_integrations_own_loss_by_its_gradient(numbers):
    heats = numbers.call(heats_of, "validation", SAMPLE, "loss")
    assert heats.method == INTEGRATED_GRADIENTS
    assert heats.settings["slope_of_the_loss"] == "by differences"
    # The answer is 0.1 too low, and from the baseline of an input on as much lower as all of that adds
    for name, parts in zip(("image", "numbers"), by_hand(), strict=True):
        assert heats.arrays[name] == pytest.approx(-(0.2 + parts.sum()) * parts, abs=1e-3)


def test_the_integrations_own_loss_by_occlusion(numbers):
    heats = numbers.call(heats_of, "validation", SAMPLE, "loss", 0, OCCLUSION)
    # The answer is 0.1 too low; without a part that adds v it is 0.1 + v too low
    expected = [0.1**2 - (0.1 + part) ** 2 for part in by_hand()]
    assert heats.arrays["image"] == pytest.approx(expected[0], abs=1e-3)
    assert heats.arrays["numbers"] == pytest.approx(expected[1], abs=1e-3)


def test_visualizers_get_them_by_their_own_functions(numbers):
    heats = numbers.call(heats_of, "validation", SAMPLE, 0)
    drawn = dict(numbers.call(heat_visualizations, "validation", SAMPLE, heats))
    image, values = by_hand()
    assert list(drawn) == ["plain", "larger", "with_answer", "curve"]
    assert "has no heatmap_function" in drawn["with_answer"].reason
    assert drawn["plain"].heatmaps[0] == pytest.approx(image[..., 0], abs=1e-4)
    assert drawn["larger"].heatmaps[0] == pytest.approx(np.kron(image[..., 0], np.ones((2, 2))), abs=1e-4)
    assert drawn["curve"].data[:, 0] == pytest.approx(values, abs=1e-4)


def test_a_function_that_raises_is_named(numbers):
    heats = numbers.call(heats_of, "validation", LARGE_ID, 0)
    drawn = dict(numbers.call(heat_visualizations, "validation", LARGE_ID, heats))
    assert isinstance(drawn["curve"], Unheated)
    assert drawn["curve"].reason.startswith("ValueError: too large (integration.py:")
    assert drawn["plain"].labels == ["integrated gradients: 0"]


def test_what_cannot_be_explained_is_said(numbers):
    with pytest.raises(ExplorerError, match="has 1 numbers, so there is no number 2"):
        numbers.call(heats_of, "validation", SAMPLE, 2)
    with pytest.raises(ExplorerError, match="cannot be explained by magic; it can by integrated gradients"):
        numbers.call(heats_of, "validation", SAMPLE, 0, 0, "magic")


@pytest.mark.parametrize(("target", "sign"), [(1, 1), ("loss", -1)])
def test_words_of_an_onnx_model(words, target, sign):
    sample = next(one for one in text_samples() if one["subset"] == "validation" and set(one["words"]) & set(GOOD))
    assert sample["label"] == 1
    heats = words.call(heats_of, "validation", sample["id"], target)
    assert heats.arrays["tokens"].shape == (12,)
    assert not heats.arrays["attention_mask"].any()
    drawn = dict(words.call(heat_visualizations, "validation", sample["id"], heats))
    assert drawn["words"].data == sample["words"]
    scores = dict(zip(sample["words"], drawn["words"].heatmap, strict=True))
    best = max(scores, key=lambda word: sign * scores[word])
    assert best in GOOD


def test_a_sample_without_a_truth_has_no_loss(words):
    with pytest.raises(ExplorerError, match="no ground truth, so it has no loss"):
        words.call(heats_of, "unlabeled", "unlabeled-0001", "loss")
    assert words.call(heats_of, "unlabeled", "unlabeled-0001", 1).target == 1
