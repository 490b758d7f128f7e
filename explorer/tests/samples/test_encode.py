"""From code-loader's own classes, one of each kind, and odd ones."""

import io
import wave

import numpy as np
import pytest
from code_loader.contract import visualizer_classes as leap
from code_loader.contract.responsedataclasses import BoundingBox, BoundingBox3D
from PIL import Image as Pillow

from leap_explorer.samples.drawings import (
    MOST_POINTS,
    MOST_WORDS,
    Bars,
    Image,
    Lines,
    MarkedText,
    Text,
)
from leap_explorer.samples.encode import drawing

RED = np.zeros((4, 6, 3), dtype=np.uint8) + np.array([200, 0, 0], dtype=np.uint8)


def content_of(shown):
    drawn = drawing("name", shown)
    assert drawn.name == "name"
    assert drawn.problem is None
    return drawn.content


def test_text():
    assert content_of(leap.LeapText(["a", ""])) == Text(("a", ""))
    assert content_of(leap.LeapText(["a", "b"], heatmap=[0.5, -1.0])).scores == (0.5, -1.0)


def test_a_long_text_is_cut_and_says_so():
    drawn = drawing("long", leap.LeapText(["word"] * 100_000, heatmap=[1.0] * 100_000))
    assert len(drawn.content.words) == len(drawn.content.scores) == MOST_WORDS
    assert drawn.notes == ("The first 5,000 of 100,000 words are shown.",)


def test_marked_text():
    shown = leap.LeapTextMask(np.array([1, 0], dtype=np.uint8), ["a", "b"], ["other", "name"])
    assert content_of(shown) == MarkedText(("a", "b"), (1, 0), ("other", "name"))


def test_classes_that_are_named_from_one_on():
    """As in the example of code-loader's own documentation."""
    shown = leap.LeapTextMask(np.array([0, 1], dtype=np.uint8), ["a", "b"], ["object"])
    assert content_of(shown) == MarkedText(("a", "b"), (0, 1), ("no class", "object"))
    mask = np.array([[0, 2], [0, 1]], dtype=np.uint8)
    layers = content_of(leap.LeapImageMask(mask, RED[:2, :2], ["cat", "dog"])).layers
    assert [layer.label for layer in layers] == ["no class", "cat", "dog"]


def test_image():
    content = content_of(leap.LeapImage(RED))
    assert isinstance(content, Image)
    assert (content.picture.width, content.picture.height) == (6, 4)


def test_a_huge_image_is_drawn_small_and_tells_its_size():
    pixels = np.zeros((8000, 6000, 1), dtype=np.float32)
    pixels[:4000] = 200
    drawn = content_of(leap.LeapImage(pixels)).picture
    assert (drawn.width, drawn.height) == (6000, 8000)
    shown = np.asarray(Pillow.open(io.BytesIO(drawn.png)))
    assert shown.shape == (1024, 768)
    assert shown[500, 5] == 200
    assert shown[520, 5] == 0


def test_boxes_come_most_confident_first_and_those_without_a_place_are_counted():
    low, high = (BoundingBox(0.5, 0.4, 0.3, 0.2, confidence, "x", 30.0) for confidence in (0.1, 0.9))
    drawn = drawing("boxes", leap.LeapImageWithBBox(RED, [low, BoundingBox(np.nan, 0, 1, 1, 0.5, "y"), high]))
    assert [box.confidence for box in drawn.content.boxes] == [0.9, 0.1]
    assert vars(drawn.content.boxes[0]) == {
        "x": 0.5, "y": 0.4, "width": 0.3, "height": 0.2, "confidence": 0.9, "label": "x", "rotation": 30.0
    }  # fmt: skip
    assert drawn.notes == ("1 boxes have no place: their numbers are not finite.",)


def test_mask_has_a_layer_a_value():
    mask = np.array([[0, 1, 1], [0, 0, 7]], dtype=np.uint8)
    drawn = drawing("mask", leap.LeapImageMask(mask, RED, ["ground", "thing"]))
    assert [layer.label for layer in drawn.content.layers] == ["ground", "thing", "7"]
    assert len({layer.color for layer in drawn.content.layers}) == 3
    assert drawn.notes == ("The mask has 3 x 2 pixels, stretched over the image.",)


def test_heat_maps():
    heats = np.zeros((2, 4, 6), dtype=np.float32)
    content = content_of(leap.LeapImageWithHeatmap(RED.astype(np.float32), heats, ["a", "b"]))
    assert [(layer.label, layer.color) for layer in content.layers] == [("a", None), ("b", None)]


def test_graph():
    data = np.array([[1, 4], [2, 5], [3, np.nan]], dtype=np.float32)
    content = content_of(leap.LeapGraph(data, x_label="t", y_label="v", x_range=(1.0, 2.0), legend=["p", "q"]))
    assert content.x == (1.0, 1.5, 2.0)
    assert content.lines[0] == (1.0, 2.0, 3.0)
    assert np.isnan(content.lines[1][2])
    assert (content.names, content.x_label, content.y_label) == (("p", "q"), "t", "v")


def test_a_long_curve_is_thinned():
    drawn = drawing("long", leap.LeapGraph(np.zeros((5 * MOST_POINTS, 1), dtype=np.float32)))
    assert len(drawn.content.x) == MOST_POINTS
    assert drawn.content.x[-1] == 5 * MOST_POINTS - 5
    assert drawn.notes == ("Every 5th of 100,000 points is shown.",)


def test_bars():
    body, truth = np.array([0.25, 0.75], dtype=np.float32), np.array([0, 1], dtype=np.float32)
    assert content_of(leap.LeapHorizontalBar(body, ["a", "b"], gt=truth)) == Bars(("a", "b"), (0.25, 0.75), (0, 1))


def test_bars_that_do_not_fit_their_labels():
    with pytest.raises(ValueError, match="1 bars have 2 labels"):
        drawing("bars", leap.LeapHorizontalBar(np.ones(1, dtype=np.float32), ["a", "b"]))


def test_video_of_many_frames_is_thinned():
    drawn = drawing("clip", leap.LeapVideo(np.zeros((600, 2, 2, 1), dtype=np.float32)))
    assert (len(drawn.content.frames), drawn.content.count) == (60, 600)
    assert drawn.notes == ("60 of 600 frames are shown.",)


def test_audio_is_a_wav_file():
    audio = np.array([0.0, 1.0, -1.0, np.nan, 3.0], dtype=np.float32)
    content = content_of(leap.LeapAudio(audio, 5, leap.LeapGraph(audio[:, None])))
    with wave.open(io.BytesIO(content.wav)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (5, 1, 2)
        assert np.frombuffer(file.readframes(5), "<i2").tolist() == [0, 32767, -32767, 0, 32767]
    assert content.seconds == 1.0
    assert isinstance(content.visual, Lines)


def test_point_cloud():
    points = np.arange(9, dtype=np.float32).reshape(3, 3)
    box = BoundingBox3D(10, 20, 30, width=2, length=4, height=6, yaw=np.pi / 2, label="car", is_ground_truth=True)
    content = content_of(leap.LeapPointCloud(points, points[:, 0].copy(), [box]))
    assert (content.x, content.y, content.z) == ((0, 3, 6), (1, 4, 7), (2, 5, 8))
    assert content.intensity == (0, 3, 6)
    corners = np.array(content.boxes[0].corners)
    # Turned by a quarter, the length lies along y
    np.testing.assert_allclose(np.ptp(corners, axis=0), [2, 4, 6])
    np.testing.assert_allclose(corners.mean(axis=0), [10, 20, 30])
    assert content.boxes[0].is_truth


def test_an_unknown_class():
    assert "none of the visualizer classes" in drawing("odd", object()).problem
