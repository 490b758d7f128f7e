import numpy as np
import pytest

from leap_explorer.explain.any_model.inputs import Inputs, baseline_in_words, channel_means, kind_of, model_input
from leap_explorer.explain.any_model.units import MOST_UNITS, blocks, units_in_words, units_of

IDS, MASK = np.array([5, 0, 7, 9]), np.array([1, 1, 1, 0])


@pytest.mark.parametrize(
    ("shape", "axis", "count", "largest"),
    [
        ((5,), -1, 5, 1),
        ((1000,), -1, MOST_UNITS, 6),
        ((30, 3), -1, 90, 1),
        ((400, 2), -1, 196, 5),
        ((50, 300), -1, 50, 300),
        ((28, 28, 3), -1, 196, 12),
        ((3, 28, 28), 0, 196, 12),
        ((8, 8, 1), -1, 64, 1),
        ((2, 100, 1), -1, 196, 2),
        ((6, 16, 16, 3), -1, 180, 54),
    ],
)
def test_blocks_cover_everything_once(shape, axis, count, largest):
    found = blocks(shape, axis)
    assert len(found) == count
    assert max(map(len, found)) == largest
    assert np.array_equal(np.sort(np.concatenate(found)), np.arange(np.prod(shape)))


def test_a_block_of_an_image_is_a_patch_of_all_channels():
    rows, columns, channels = np.unravel_index(blocks((28, 28, 3), -1)[1], (28, 28, 3))
    assert (set(rows), set(columns), set(channels)) == ({0, 1}, {2, 3}, {0, 1, 2})


def tokens_and(*others):
    parts = (model_input("ids", "input_ids", IDS, "tokens"), *others)
    return Inputs(parts, baseline_in_words(parts))


def test_a_token_is_hidden_by_the_mask_and_shown_at_its_id():
    inputs = tokens_and(model_input("mask", "attention_mask", MASK, "mask"))
    assert [(*unit.removed, *unit.shown) for unit in units_of(inputs)] == [(4, 0), (6, 2)]
    assert inputs.baseline == "a hidden token (mask 0)"


def test_without_a_mask_it_becomes_padding():
    inputs = tokens_and(model_input("x", "x", np.array([0.5]), "numbers", mean=np.array([0.2])))
    assert [(*unit.removed, *unit.shown) for unit in units_of(inputs)] == [(0, 0), (2, 2), (3, 3), (4, 4)]
    assert inputs.baseline == "the mean of training samples, by channel and the token 0"


def test_units_in_words():
    image = model_input("image", "image", np.zeros((4, 4, 1)), "numbers")
    assert units_in_words(tokens_and(image, image)) == "tokens and patches"
    assert units_in_words(Inputs((model_input("x", "x", np.zeros(3), "numbers"),), "0")) == "numbers"


def test_a_flat_vector_becomes_the_inputs_again():
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    inputs = tokens_and(model_input("x", "x", x, "numbers", mean=np.array([1, 2, 3])))
    differences = inputs.differences()
    ids, numbers = inputs.batch(np.stack([differences, np.zeros(10)]))
    assert np.array_equal(ids, [IDS, np.zeros(4)])
    assert np.array_equal(numbers, [x, [[1, 2, 3], [1, 2, 3]]])
    assert (ids.dtype, numbers.dtype) == (IDS.dtype, x.dtype)


@pytest.mark.parametrize(
    ("name", "looked_up", "kind"),
    [
        ("input_ids", {"input_ids", "token_type_ids"}, "tokens"),
        ("token_type_ids", {"input_ids", "token_type_ids"}, "fixed"),
        ("attention_mask", {"input_ids"}, "mask"),
        ("age", {"input_ids"}, "numbers"),
        ("mask", set(), "numbers"),
        ("position_ids", set(), "numbers"),
    ],
)
def test_kinds(name, looked_up, kind):
    assert kind_of(name, looked_up) == kind


def test_means_are_of_channels():
    samples = [np.array([[1.0, 10.0], [3.0, 30.0]]), np.array([[5.0, 50.0]])]
    assert channel_means(samples, -1) == pytest.approx([3.5, 35.0])
    assert channel_means([np.zeros((2, 3)), np.zeros((2, 4))], -1) is None
