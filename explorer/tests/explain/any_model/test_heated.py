import numpy as np
import pytest
from code_loader.contract import visualizer_classes as leap
from code_loader.contract.responsedataclasses import BoundingBox

from leap_explorer.errors import ExplorerError
from leap_explorer.explain.any_model.heated import heated

IMAGE = np.zeros((2, 3, 1), dtype=np.float32)
PIXELS = np.arange(6, dtype=np.float32).reshape(2, 3)


def test_words_get_their_scores():
    assert heated(leap.LeapText(["a", "b"]), np.array([0.5, -1.0]), "x").heatmap == [0.5, -1.0]
    marked = leap.LeapTextMask(np.zeros(2, np.uint8), ["a", "b"], ["plain"])
    assert heated(marked, np.array([[0.5, -1.0]]), "x").heatmap == [0.5, -1.0]


def test_of_several_channels_a_word_gets_the_sum():
    assert heated(leap.LeapText(["a", "b"]), np.ones((2, 3)), "x").heatmap == [3.0, 3.0]


def test_empty_padding_may_follow_the_words():
    assert heated(leap.LeapText(["a"]), np.array([2.0, 0.0, 0.0]), "x").heatmap == [2.0]


@pytest.mark.parametrize(
    "shown",
    [
        leap.LeapImage(IMAGE),
        leap.LeapImageMask(np.zeros((2, 3), np.uint8), IMAGE, ["sky"]),
        leap.LeapImageWithBBox(IMAGE, [BoundingBox(0.5, 0.5, 1, 1, 1, "car")]),
    ],
)
@pytest.mark.parametrize("heat", [PIXELS, PIXELS[..., None], PIXELS[None], PIXELS[None, ..., None]])
def test_pictures_get_a_map(shown, heat):
    found = heated(shown, heat, "x")
    assert isinstance(found, leap.LeapImageWithHeatmap)
    assert np.array_equal(found.heatmaps, PIXELS[None])
    assert found.labels == ["x"]


def test_curves_and_bars_become_their_scores():
    graph = leap.LeapGraph(np.zeros((4, 2), np.float32), x_label="s", y_label="v", x_range=(0, 1), legend=["a", "b"])
    each = heated(graph, np.ones((4, 2)), "x")
    assert (each.data.shape, each.legend, each.y_label, each.x_range) == ((4, 2), ["a", "b"], "x", (0, 1))
    assert heated(graph, np.arange(4.0), "x").data.ravel().tolist() == [0, 1, 2, 3]
    bars = leap.LeapHorizontalBar(np.zeros(2, np.float32), ["a", "b"])
    assert heated(bars, np.array([1.0, -1.0]), "x").body.tolist() == [1.0, -1.0]


def test_what_does_not_fit_is_said():
    with pytest.raises(ExplorerError, match=r"shape \[3\]; what is drawn has \[2\] words"):
        heated(leap.LeapText(["a", "b"]), np.ones(3), "x")


def test_nothing_is_shown_on_a_video():
    with pytest.raises(ExplorerError, match="No heat-map can be laid on a LeapVideo"):
        heated(leap.LeapVideo(np.zeros((2, 4, 4, 1), np.float32)), np.ones((2, 4, 4)), "x")
