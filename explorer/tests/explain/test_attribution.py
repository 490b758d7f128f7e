from typing import ClassVar

import numpy as np
import pytest

from leap_explorer.errors import ExplorerError
from leap_explorer.explain.attribution import (
    GRADIENT_TIMES_INPUT,
    OCCLUSION,
    Target,
    completeness_gap,
    explain_by_gradient,
    explain_by_occlusion,
    gradient_times_input,
    integrate,
    integrated_gradients,
    merge_positions,
    merge_ranges,
    occlusion,
    path,
    predicted_target,
    sentence_ranges,
    without,
    word_baseline,
    word_groups,
    words_to_refine,
)

POSITIVE = Target("class", 1)


class TestTarget:
    OUTPUTS = np.array([[1.0, 3.0], [2.0, 0.0]])

    def test_a_class_is_its_logit(self):
        assert Target("class", 1).values(self.OUTPUTS).tolist() == [3.0, 0.0]

    def test_a_loss_is_the_cross_entropy_of_the_label(self):
        expected = [-np.log(np.exp(1) / (np.exp(1) + np.exp(3))), -np.log(np.exp(2) / (np.exp(2) + 1))]
        assert Target("loss", 0).values(self.OUTPUTS) == pytest.approx(expected)

    def test_probabilities_count_by_their_logarithms(self):
        probabilities = np.array([[0.2, 0.8], [1.0, 0.0]])
        assert Target("class", 1, from_logits=False).values(probabilities)[0] == pytest.approx(np.log(0.8))
        assert Target("loss", 0, from_logits=False).values(probabilities) == pytest.approx([-np.log(0.2), 0], abs=1e-6)
        assert np.isfinite(Target("class", 1, from_logits=False).values(probabilities)).all()

    def test_a_loss_of_large_logits_is_finite(self):
        assert Target("loss", 0).values(np.array([[0.0, 2000.0]])).tolist() == [2000.0]

    @pytest.mark.parametrize("target", [Target("class", 1), Target("loss", 0), Target("loss", 1, from_logits=False)])
    def test_tensors_give_the_same(self, target):
        tf = pytest.importorskip("tensorflow")
        outputs = np.array([[0.25, 0.75], [0.5, 0.5]])
        assert target.tensor_values(tf.constant(outputs)).numpy() == pytest.approx(target.values(outputs))

    @pytest.mark.parametrize("outputs", [np.zeros((2, 1)), np.zeros(3), np.zeros((2, 3, 4))])
    def test_a_class_that_the_outputs_lack_is_refused(self, outputs):
        with pytest.raises(ExplorerError, match="class 1"):
            POSITIVE.values(outputs)

    def test_the_default_is_the_predicted_class(self):
        assert predicted_target(np.array([-1.0, 0.5, 0.2])) == Target("class", 1)


class TestSteps:
    def test_a_path_is_made_of_midpoints(self):
        start, end = np.zeros((2, 1)), np.array([[4.0], [-8.0]])
        assert path(start, end, 2).tolist() == [[[1.0], [-2.0]], [[3.0], [-6.0]]]
        assert path(start, end, 1).tolist() == [[[2.0], [-4.0]]]

    def test_integrating_is_mean_gradient_times_way_summed_over_the_width(self):
        gradients = np.array([[[1.0, 0.0], [2.0, 2.0]], [[3.0, 2.0], [0.0, 2.0]]])  # [steps, length, width]
        start, end = np.zeros((2, 2)), np.array([[1.0, 10.0], [2.0, -1.0]])
        assert integrate(gradients, start, end).tolist() == [2 * 1 + 1 * 10, 1 * 2 + 2 * -1]

    @pytest.mark.parametrize(
        ("scores", "at_end", "at_start", "gap"),
        [
            ([1.0, 2.0], 4.0, 1.0, 0.0),
            ([1.0, 2.0], 5.0, 1.0, 0.25),
            ([-1.0, -2.0], -3.0, 1.0, 0.25),
            ([0.01], 0.0, 0.0, 0.05),  # against the smallest difference, 0.2
            ([], 1.0, 0.0, 1.0),
        ],
    )
    def test_a_gap_is_a_share_of_the_difference(self, scores, at_end, at_start, gap):
        assert completeness_gap(np.array(scores), at_end, at_start) == pytest.approx(gap)

    def test_a_baseline_replaces_words_only(self):
        embedded = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
        baseline = word_baseline(embedded, np.array([-1, 0, -1]), np.array([9.0, 8.0]))
        assert baseline.tolist() == [[1.0, 1.0], [9.0, 8.0], [3.0, 3.0]]


def cubic(points):
    """F = the sum of x cubed; the gradient is 3 x squared."""
    return (points**3).sum(axis=(1, 2)), 3 * points**2


class TestIntegratedGradients:
    def test_are_exact_for_a_line(self):
        weights = np.array([[2.0], [-3.0]])
        result = integrated_gradients(
            lambda points: ((points * weights).sum(axis=(1, 2)), np.broadcast_to(weights, points.shape)),
            np.ones((2, 1)),
            np.array([[5.0], [2.0]]),
        )
        assert result.scores.tolist() == [8.0, -3.0]
        assert (result.gap, result.steps, result.warning) == (0.0, 50, None)

    def test_follow_the_curve_where_the_gradient_at_the_input_does_not(self):
        start, end = np.zeros((2, 1)), np.array([[2.0], [-1.0]])
        assert integrated_gradients(cubic, start, end).scores == pytest.approx([8.0, -1.0], rel=1e-3)
        assert gradient_times_input(cubic, start, end) == pytest.approx([24.0, -3.0])

    def test_double_their_steps_until_nothing_is_missing(self):
        result = integrated_gradients(cubic, np.zeros((1, 1)), np.ones((1, 1)), steps=1)
        assert result.steps == 4  # 1 and 2 midpoints miss 25 % and 6 %
        assert result.gap == pytest.approx(1 / 64)

    def test_warn_if_something_is_always_missing(self):
        def step(points):
            """A model that jumps at 0.7, with a gradient of 0 wherever it has one."""
            return (points > 0.7).astype(float).sum(axis=(1, 2)), np.zeros_like(points)

        result = integrated_gradients(step, np.zeros((1, 1)), np.ones((1, 1)), steps=3, max_steps=20)
        assert (result.steps, result.gap) == (12, 1.0)
        assert "12 steps" in result.warning
        assert "100%" in result.warning

    def test_warn_of_numbers_that_are_none(self):
        result = integrated_gradients(
            lambda points: (np.full(len(points), np.nan), points * np.nan), np.zeros((1, 1)), np.ones((1, 1))
        )
        assert result.warning

    @pytest.mark.parametrize("batch_size", [1, 7, 100])
    def test_do_not_depend_on_the_batches(self, batch_size):
        sizes = []

        def gradient(points):
            sizes.append(len(points))
            return cubic(points)

        result = integrated_gradients(gradient, np.zeros((1, 1)), np.ones((1, 1)), batch_size=batch_size)
        assert result.scores == pytest.approx([1.0], abs=1e-3)
        assert max(sizes[1:]) <= batch_size
        assert sum(sizes) == 2 + 50


class Table:
    """The linear model F = sum of a weight for each id and class, with an embedding that is the weights themselves."""

    settings: ClassVar = {"gates": "detached"}
    WEIGHTS = np.array([[0.0, 0.0], [0.5, -0.5], [1.0, 3.0], [-4.0, 2.0], [0.25, -2.0]])

    def embed(self, ids):
        return self.WEIGHTS[np.asarray(ids, dtype=int)]

    def gradient(self, points, inputs, target):
        of_class = np.eye(2)[target.index]
        return (points @ of_class).sum(axis=1), np.broadcast_to(of_class, points.shape)

    def predict(self, rows):
        return self.embed(rows["ids"]).sum(axis=1)


IDS = {"ids": np.array([1, 2, 3, 2, 1, 0, 0])}  # special, two pieces of a word, a word, special, padding
WORD_OF = np.array([-1, 0, 0, 1, -1, -1, -1])


class TestExplaining:
    @pytest.mark.parametrize("method", ["integrated gradients", GRADIENT_TIMES_INPUT])
    @pytest.mark.parametrize("index", [0, 1])
    def test_by_gradient_gives_weights_times_values(self, method, index):
        result = explain_by_gradient(
            Table(), IDS, "ids", ["playing", "great"], WORD_OF, Target("class", index), method=method
        )
        assert result.scores.tolist() == [(1.0 - 4.0, 3.0 + 2.0)[index], (1.0, 3.0)[index]]
        assert result.words == ["playing", "great"]
        assert result.method == method
        assert result.warning is None

    def test_by_gradient_is_measured_from_the_baseline(self):
        result = explain_by_gradient(Table(), IDS, "ids", ["playing", "great"], WORD_OF, POSITIVE, baseline_id=4)
        assert result.scores.tolist() == [5.0 + 4.0, 3.0 + 2.0]
        assert result.settings == {"baseline_id": 4, "gates": "detached", "steps": 50}
        assert result.completeness_gap == 0.0

    def test_by_occlusion_gives_weights_times_values(self):
        result = explain_by_occlusion(Table().predict, IDS, ["playing", "great"], WORD_OF, {"ids": 0}, POSITIVE)
        assert result.scores.tolist() == [5.0, 3.0]
        assert (result.method, result.completeness_gap) == (OCCLUSION, None)
        assert result.settings == {"fill": {"ids": 0}, "inferences": 3}
        assert result.is_refined.all()


class TestOcclusion:
    #: Eight words of one position each; the sentences weigh 3, 0.5 and -8.
    WEIGHTS = np.array([1.0, 2.0, 0.5, 0.0, 0.0, -3.0, -4.0, -1.0])
    SENTENCES = (range(2), range(2, 5), range(5, 8))

    def predict(self, rows):
        self.n_rows += len(rows["present"])
        value = (rows["present"] * self.WEIGHTS).sum(axis=1)
        return np.stack([-value, value], axis=1)

    def run(self, **options):
        self.n_rows = 0
        inputs = {"present": np.ones(8), "other": np.arange(8)}
        groups = [np.array([i]) for i in range(8)]
        return occlusion(self.predict, inputs, groups, {"present": 0}, POSITIVE, **options)

    @pytest.mark.parametrize("batch_size", [1, 3, 100])
    def test_is_what_the_target_loses(self, batch_size):
        result = self.run(batch_size=batch_size)
        assert result.scores == pytest.approx(self.WEIGHTS)
        assert result.is_refined.all()
        assert result.n_inferences == self.n_rows == 9

    def test_of_a_long_text_refines_the_most_telling_sentences(self):
        result = self.run(sentences=self.SENTENCES, max_calls=8)  # 1 + 3 calls leave 4: the last sentence's 3 words
        assert result.scores == pytest.approx([1.5, 1.5, 0.5 / 3, 0.5 / 3, 0.5 / 3, -3.0, -4.0, -1.0])
        assert result.is_refined.tolist() == [False] * 5 + [True] * 3
        assert result.n_inferences == self.n_rows == 7

    def test_keeps_to_its_calls_without_sentences_too(self):
        result = self.run(max_calls=6)  # 1 + 3 runs of words, of which one has 2 words
        assert self.n_rows <= 6
        assert result.scores.sum() == pytest.approx(self.WEIGHTS.sum())

    def test_of_no_word_is_empty(self):
        result = occlusion(lambda rows: np.zeros((len(rows["x"]), 2)), {"x": np.zeros(3)}, [], {"x": 0}, POSITIVE)
        assert (len(result.scores), len(result.is_refined), result.n_inferences) == (0, 0, 1)

    def test_asks_for_all_inputs_and_changes_only_those_of_the_fill(self):
        rows = without({"a": np.arange(4), "b": np.arange(4)}, [np.array([], int), np.array([1, 3])], {"a": 9})
        assert rows["a"].tolist() == [[0, 1, 2, 3], [0, 9, 2, 9]]
        assert rows["b"].tolist() == [[0, 1, 2, 3]] * 2

    def test_hides_the_pieces_of_a_word_together(self):
        seen = []

        def predict(rows):
            seen.extend(rows["ids"].tolist())
            return np.zeros((len(rows["ids"]), 2))

        occlusion(predict, IDS, word_groups(WORD_OF, 2), {"ids": 7}, POSITIVE)
        assert seen == [[1, 2, 3, 2, 1, 0, 0], [1, 7, 7, 2, 1, 0, 0], [1, 2, 3, 7, 1, 0, 0]]


class TestSentences:
    SENTENCES = (range(2), range(2, 5), range(5, 8))

    def test_end_with_their_punctuation(self):
        words = ["so", "bad", "!", "?", "avoid", "it", ".", "really"]
        assert sentence_ranges(words) == [range(4), range(4, 7), range(7, 8)]
        assert sentence_ranges(words[:7]) == [range(4), range(4, 7)]
        assert sentence_ranges(["no", "stop"]) == [range(2)]
        assert sentence_ranges([]) == []

    def test_that_are_long_are_split_evenly(self):
        assert sentence_ranges(["word"] * 7, longest=3) == [range(2), range(2, 5), range(5, 7)]

    def test_are_refined_whole_by_their_scores_and_only_if_they_fit(self):
        assert words_to_refine(self.SENTENCES, np.array([1.0, -2.0, 0.5]), 5).tolist() == [0, 1, 2, 3, 4]
        assert words_to_refine(self.SENTENCES, np.array([1.0, -2.0, 0.5]), 4).tolist() == [2, 3, 4]
        assert words_to_refine(self.SENTENCES, np.array([1.0, -2.0, 0.5]), 2).tolist() == [0, 1]
        assert words_to_refine(self.SENTENCES, np.array([1.0, -2.0, 0.5]), 0).tolist() == []
        assert words_to_refine([range(1)], np.array([1.0]), 5).tolist() == []

    def test_are_merged_with_their_neighbours_if_there_are_too_many(self):
        assert merge_ranges(self.SENTENCES, 3) == list(self.SENTENCES)
        assert merge_ranges(self.SENTENCES, 2) == [range(5), range(5, 8)]
        assert merge_ranges(self.SENTENCES, 1) == [range(8)]
        assert merge_ranges([], 4) == []


class TestPositions:
    def test_pieces_add_up_to_words(self):
        scores = np.array([100.0, 1.0, 2.0, -4.0, 50.0])
        assert merge_positions(scores, np.array([-1, 0, 0, 2, -1]), 4).tolist() == [3.0, 0.0, -4.0, 0.0]

    def test_nothing_adds_up_to_nothing(self):
        assert merge_positions(np.empty(0), np.empty(0, dtype=int), 0).tolist() == []
        merged = merge_positions(np.ones(2), np.array([-1, -1]), 2)
        assert (merged.tolist(), merged.dtype) == ([0.0, 0.0], np.float64)

    def test_groups_hold_each_words_positions(self):
        groups = word_groups(np.array([-1, 1, 0, 1, -1, 3]), 4)
        assert [group.tolist() for group in groups] == [[2], [1, 3], [], [5]]
        assert word_groups(np.empty(0, dtype=int), 0) == []
