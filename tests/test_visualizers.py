import numpy as np
import pytest
from code_loader.contract.enums import ConfusionMatrixValue, LeapDataType
from code_loader.contract.visualizer_classes import LeapText

from IMDb.config import LABELS
from IMDb.metrics import accuracy, confusion_matrix
from IMDb.text.tokenizers import WholeReview, WordTokenizer
from IMDb.visualizers import (
    MASK_LABELS,
    ground_truth_bar,
    prediction_bar,
    read_mask,
    unbatched,
    unread_mask,
    words_heatmap,
    words_text,
)

WORDS = WordTokenizer(["[PAD]", "[OOV]", "not", "good", "film"], max_length=6, head_share=0.5, phrases=["not good"])


class SubWords:
    """Sub-words as BERT's tokenizer merges them."""

    SPELT = ("[PAD]", "[CLS]", "[SEP]", "play", "##ing", "##ed", "great")
    PAD, CLS, SEP, PLAY, ING, ED, GREAT = range(7)

    def words(self, ids):
        words, word_of = [], np.full(len(ids), -1, dtype=np.intp)
        for position, index in enumerate(ids):
            token = self.SPELT[int(index)]
            if token.startswith("##"):
                words[-1] += token[2:]
            elif not token.startswith("["):
                words.append(token)
            if not token.startswith("["):
                word_of[position] = len(words) - 1
        return words, word_of


# What the model reads, a heat-map over its positions, and what a person should see
OF_WORDS = (
    WORDS,
    WORDS.encode("Film: not good, xyz").padded(6, WORDS.pad_id),
    [1.0, 2.0, 4.0, 8.0, 16.0, 32.0],  # film | not | good | "not good" | xyz | padding
    {"film": 1.0, "not": 2.0, "good": 4.0 + 8.0, "[OOV]": 16.0},
)
OF_SUB_WORDS = (
    SubWords(),
    np.array([1, 3, 4, 6, 3, 5, 2, 0, 0], dtype=np.float32),
    [1.0, 2.0, 4.0, -8.0, 16.0, 32.0, 64.0, 128.0, 256.0],  # [CLS] | play ##ing | great | play ##ed | [SEP] | padding
    {"playing": 6.0, "great": -8.0, "played": 48.0},
)


class TestUnbatched:
    @pytest.mark.parametrize(
        ("shape", "ndim", "expected"),
        [
            ((3,), 1, (3,)),
            ((1, 3), 1, (3,)),
            ((1, 0), 1, (0,)),
            ((0,), 1, (0,)),
            ((1, 3), 2, (1, 3)),
            ((2, 3), 1, (2, 3)),
        ],
    )
    def test_drops_a_leading_axis_of_one(self, shape, ndim, expected):
        assert unbatched(np.zeros(shape), ndim).shape == expected


@pytest.mark.parametrize(("tokenizer", "ids", "heat", "seen"), [OF_WORDS, OF_SUB_WORDS], ids=["words", "sub-words"])
class TestHeatmap:
    @pytest.mark.parametrize("is_batched", [False, True])
    def test_a_known_one_lands_on_its_words(self, tokenizer, ids, heat, seen, is_batched):
        heat = np.array(heat, dtype=np.float32)
        if is_batched:
            ids, heat = ids[None], heat[None]
        text = words_text(ids, tokenizer)
        values = words_heatmap(heat, ids, tokenizer)
        assert text.type == LeapDataType.Text
        assert dict(zip(text.data, values.tolist(), strict=True)) == seen
        assert values.dtype == np.float32

    @pytest.mark.parametrize("is_batched", [False, True])
    def test_further_axes_are_summed(self, tokenizer, ids, heat, seen, is_batched):
        spread = np.array(heat)[:, None] * [0.5, 1.0, -0.75, 0.25]
        if is_batched:
            ids, spread = ids[None], spread[None]
        assert words_heatmap(spread, ids, tokenizer) == pytest.approx(list(seen.values()))

    def test_the_total_stays_but_for_padding_and_special_tokens(self, tokenizer, ids, heat, seen):
        heat = np.random.default_rng(0).normal(size=len(ids))
        words_only = np.where(tokenizer.words(ids)[1] >= 0, heat, 0.0)
        assert words_only.sum() != pytest.approx(heat.sum())
        assert words_heatmap(heat, ids, tokenizer).sum() == pytest.approx(words_only.sum(), abs=1e-6)

    def test_of_padding_alone(self, tokenizer, ids, heat, seen):
        padding = np.zeros(len(ids), dtype=np.float32)
        assert words_text(padding, tokenizer).data == []
        values = words_heatmap(np.array(heat), padding, tokenizer)
        assert (values.shape, values.dtype) == ((0,), np.float32)


@pytest.mark.parametrize("shape", [(1,), (1, 1), (1, 3), (1, 1, 3)])
def test_heatmap_over_a_single_position(shape):
    assert words_heatmap(np.full(shape, 2.0), np.array([4.0]), WORDS).tolist() == [2.0 * np.prod(shape)]


class TestUnreadMask:
    def test_values(self):
        is_oov, is_cut = np.array([[False, True, False, True], [False, False, True, True]])
        visual = unread_mask(WholeReview(["read", "unknown", "cut", "both"], is_oov, is_cut))
        assert visual.text == ["read", "unknown", "cut", "both"]
        assert visual.mask.tolist() == [0, 1, 2, 2]
        assert visual.mask.dtype == np.uint8
        assert visual.labels == list(MASK_LABELS)
        assert [visual.labels[value] for value in visual.mask] == ["read", "out of vocabulary", "cut off", "cut off"]
        assert visual.type == LeapDataType.TextMask

    def test_of_a_review(self):
        visual = unread_mask(WORDS.read_whole("Film film xyz good film not xyz film"))
        assert visual.text == ["film", "film", "xyz", "good", "film", "not", "xyz", "film"]
        assert visual.mask.tolist() == [0, 0, 1, 2, 2, 0, 1, 0]

    def test_changed_words_of_a_simulated_review(self):
        visual = unread_mask(WORDS.read_whole("film goood film not"), ["film", "good", "film", "not"])
        assert visual.mask.tolist() == [0, 3, 0, 0]

    def test_of_what_is_read_alone(self):
        visual = read_mask(LeapText(["good", "film"]))
        assert (visual.text, visual.mask.tolist(), visual.mask.dtype) == (["good", "film"], [0, 0], np.uint8)

    def test_of_nothing(self):
        visual = unread_mask(WORDS.read_whole("..."))
        assert (visual.text, visual.mask.tolist(), visual.mask.dtype) == ([], [], np.uint8)


class TestBars:
    @pytest.mark.parametrize(
        ("prediction", "from_logits"), [([0.0, np.log(3.0)], True), ([0.25, 0.75], False)], ids=["logits", "shares"]
    )
    @pytest.mark.parametrize("is_batched", [False, True])
    @pytest.mark.parametrize("truth", [[1.0, 0.0], [0.0, 1.0], []])
    def test_prediction(self, prediction, from_logits, is_batched, truth):
        outputs = (np.array(prediction), np.array(truth, dtype=np.float16))
        bar = prediction_bar(*(values[None] if is_batched else values for values in outputs), from_logits)
        assert bar.labels == ["negative", "positive"]
        assert bar.body == pytest.approx([0.25, 0.75])
        assert bar.body.dtype == np.float32
        if truth:
            assert bar.gt.tolist() == truth
            assert bar.gt.dtype == np.float32
        else:
            assert bar.gt is None

    @pytest.mark.parametrize("is_batched", [False, True])
    @pytest.mark.parametrize(
        ("truth", "expected"), [([1.0, 0.0], [1.0, 0.0]), ([0.0, 1.0], [0.0, 1.0]), ([], [0.0, 0.0])]
    )
    def test_ground_truth(self, truth, expected, is_batched):
        values = np.array(truth)
        bar = ground_truth_bar(values[None] if is_batched else values)
        assert bar.labels == ["negative", "positive"]
        assert bar.body.tolist() == expected
        assert bar.body.dtype == np.float32

    @pytest.mark.parametrize(("index", "name"), [(0, "negative"), (1, "positive")])
    def test_one_label_order_everywhere(self, index, name):
        truth, logits = np.eye(2)[index], 4.0 * np.eye(2)[index]
        bars = [ground_truth_bar(truth), prediction_bar(logits, truth, True)]
        (elements,) = confusion_matrix(truth[None], logits[None], True)
        assert [bar.labels[int(bar.body.argmax())] for bar in bars] == [name, name]
        assert bars[1].labels[int(bars[1].gt.argmax())] == name
        assert max(elements, key=lambda element: element.predicted_probability).label == name
        assert [e.label for e in elements if e.expected_outcome == ConfusionMatrixValue.Positive] == [name]
        assert accuracy(truth[None], logits[None]).tolist() == [1.0]
        assert LABELS[index] == name
