from io import BytesIO

import numpy as np
from PIL import Image

from leap_explorer.samples.drawings import LONGEST
from leap_explorer.samples.pictures import as_bytes, class_layer, heat_layer, picture, smaller, stretched


def pixels_of(drawn):
    return np.asarray(Image.open(BytesIO(drawn.png)))


class TestAsBytes:
    def test_bytes_stay_what_they_are(self):
        given = np.array([[[0], [255]]], dtype=np.uint8)
        drawn, notes = as_bytes(given)
        assert drawn is given
        assert notes == []

    def test_floats_are_cut_to_whole_numbers_as_the_platform_does(self):
        drawn, notes = as_bytes(np.array([0.9, 1.9, 254.9], dtype=np.float32))
        assert drawn.tolist() == [0, 1, 254]
        assert notes == []

    def test_floats_to_one_are_scaled_and_said_to_be(self):
        drawn, notes = as_bytes(np.array([0.0, 0.5, 1.0], dtype=np.float32))
        assert drawn.tolist() == [0, 127, 255]
        assert "scaled" in notes[0]

    def test_black_is_not_scaled(self):
        assert as_bytes(np.zeros(3, dtype=np.float32))[1] == []

    def test_beyond_the_range(self):
        drawn, notes = as_bytes(np.array([-3.0, 12.0, 300.0], dtype=np.float32))
        assert drawn.tolist() == [0, 12, 255]
        assert notes == ["Its values, from -3 to 300, are cut at 0 and 255."]

    def test_what_is_not_finite_is_said(self):
        drawn, notes = as_bytes(np.array([np.nan, np.inf, 7.0], dtype=np.float32))
        assert drawn.tolist() == [0, 0, 7]
        assert notes == ["Some values are not finite; they are drawn as 0."]


def test_stretched_from_the_lowest_to_the_highest():
    assert stretched(np.array([2.0, 3.0, 4.0])).tolist() == [0, 127, 255]
    assert stretched(np.array([5.0, 5.0])).tolist() == [0, 0]


class TestPicture:
    def test_grey_and_colour(self):
        grey = np.arange(6, dtype=np.uint8).reshape(2, 3, 1)
        assert pixels_of(picture(grey)).tolist() == [[0, 1, 2], [3, 4, 5]]
        colour = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
        assert (pixels_of(picture(colour)) == colour).all()

    def test_a_large_one_is_made_smaller_and_tells_its_size(self):
        drawn = picture(np.zeros((3000, 6000, 1), dtype=np.uint8))
        assert (drawn.width, drawn.height) == (6000, 3000)
        assert pixels_of(drawn).shape == (LONGEST // 2, LONGEST)

    def test_classes_do_not_mix_in_a_smaller_one(self):
        mask = np.zeros((2048, 2048), dtype=np.uint8)
        mask[:, ::2] = 1
        assert set(np.unique(pixels_of(class_layer(mask, 1, "#FF0000"))[..., 3])) <= {0, 255}


def test_smaller():
    drawn = picture(np.zeros((40, 400, 3), dtype=np.uint8))
    assert pixels_of(smaller(drawn, 100)).shape == (10, 100, 3)
    assert smaller(drawn, 400) is drawn
    assert smaller(None) is None


def test_class_layer_has_its_colour_there_and_is_transparent_elsewhere():
    layer = pixels_of(class_layer(np.array([[0, 2], [2, 1]]), 2, "#0A141E"))
    assert layer[0, 1].tolist() == [10, 20, 30, 255]
    assert layer[..., 3].tolist() == [[0, 255], [255, 0]]


def test_heat_layer_is_as_strong_as_the_score_in_the_colour_of_its_sign():
    layer = pixels_of(heat_layer(np.array([[-2.0, 0.0], [1.0, np.nan]])))
    assert layer[..., 3].tolist() == [[255, 0], [127, 0]]
    assert layer[0, 0, 2] > layer[0, 0, 0]  # blue
    assert layer[1, 0, 0] > layer[1, 0, 2]  # orange
