import math

import numpy as np
import pytest

from leap_explorer.intervals import (
    Estimate,
    explained_share,
    mean_interval,
    ratio_interval,
    standardised_difference,
    wilson_interval,
)


class TestEstimate:
    def test_text(self):
        assert Estimate(0.2274, 0.2111, 0.2433).text() == "0.227 (0.211-0.243)"
        assert Estimate(0.9166, 0.9055, 0.9273).text(percent=True) == "91.7 % (90.5-92.7)"

    @pytest.mark.parametrize(("low", "high"), [(math.nan, math.nan), (0.1, math.inf)])
    def test_text_without_an_interval(self, low, high):
        assert Estimate(0.5, low, high).text() == "0.500"
        assert Estimate(0.5, low, high).text(percent=True) == "50.0 %"

    @pytest.mark.parametrize(
        ("low", "high", "is_sided"), [(0.1, 0.2, True), (-0.2, -0.1, True), (-0.1, 0.1, False), (0, 1, False)]
    )
    def test_sides_of_zero(self, low, high, is_sided):
        assert Estimate(0.0, low, high).excludes_zero is is_sided

    def test_to_dict(self):
        assert Estimate(1.0, 0.0, 2.0).to_dict() == {"value": 1.0, "low": 0.0, "high": 2.0}


class TestWilsonInterval:
    @pytest.mark.parametrize(
        ("successes", "count", "low", "high"),
        [  # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ],
    )
    def test_published(self, successes, count, low, high):
        assert wilson_interval(successes, count) == pytest.approx((low, high), abs=5e-5)

    def test_by_hand(self):
        # z = 1.96, 5 of 10: (0.5 + z^2/20 -+ z sqrt(0.025 + z^2/400)) / (1 + z^2/10)
        assert wilson_interval(5, 10) == pytest.approx((0.23659, 0.76341), abs=1e-5)

    def test_by_hand_at_90_percent(self):
        # 5 of 10 at 90 %, z = 1.6449: (0.5 + z^2 / 20 -+ z sqrt(0.025 + z^2 / 400)) / (1 + z^2 / 10)
        assert wilson_interval(5, 10, level=0.9) == pytest.approx((0.269272, 0.730728), abs=1e-6)

    @pytest.mark.parametrize("count", [1, 7, 2495, 1_000_000])
    def test_extremes_stay_within_0_and_1(self, count):
        none_low, none_high = wilson_interval(0, count)
        all_low, all_high = wilson_interval(count, count)
        assert 0.0 <= none_low < 1e-12
        assert 1.0 - 1e-12 < all_high <= 1.0
        # z^2 / (n + z^2)
        assert none_high == pytest.approx(3.841459 / (count + 3.841459))
        assert all_low == pytest.approx(count / (count + 3.841459))

    def test_more_evidence_or_a_lower_level_narrows_it(self):
        def width(*arguments):
            low, high = wilson_interval(*arguments)
            return high - low

        assert width(90, 100, 0.99) > width(90, 100) > width(90, 100, 0.9) > width(900, 1000, 0.9)

    @pytest.mark.parametrize(("successes", "count"), [(-1, 10), (11, 10), (0, 0), (0, -1)])
    def test_no_share(self, successes, count):
        with pytest.raises(ValueError, match=f"{successes} of {count} is no share"):
            wilson_interval(successes, count)


class TestMeanInterval:
    def test_bootstrap_by_hand(self):
        # The mean of two draws of {0, 1} is 0, 1/2, 1 with probabilities 1/4, 1/2, 1/4
        assert mean_interval([0.0, 1.0]) == (0.0, 1.0)
        assert mean_interval([0.0, 1.0], level=0.4) == (0.5, 0.5)

    def test_normal_by_hand(self):
        # 2,000 of each of 0 and 1: 0.5 -+ 1.96 sqrt(0.25 * 4000 / 3999) / sqrt(4000)
        assert mean_interval([0.0, 1.0] * 2_000) == pytest.approx((0.484503, 0.515497), abs=1e-6)

    def test_both_ways_agree_where_they_meet(self):
        values = np.random.default_rng(3).exponential(size=1_001)
        bootstrap, normal = mean_interval(values[:1_000], resamples=4_000), mean_interval(values)
        assert bootstrap == pytest.approx(normal, abs=0.01)

    def test_covers_the_mean_as_often_as_it_says(self):
        generator = np.random.default_rng(0)
        intervals = [mean_interval(generator.normal(size=60), level=0.8, resamples=400) for _ in range(300)]
        covered = np.mean([low <= 0 <= high for low, high in intervals])
        assert 0.72 < covered < 0.87

    def test_leaves_out_what_is_not_finite(self):
        assert mean_interval([1.0, np.nan, 2.0, np.inf, 5.0]) == mean_interval([1.0, 2.0, 5.0])

    def test_constant(self):
        assert mean_interval([2.0, 2.0, 2.0]) == (2.0, 2.0)

    @pytest.mark.parametrize("values", [[], [1.0], [np.nan, 1.0]])
    def test_too_few(self, values):
        assert np.isnan(mean_interval(values)).all()

    def test_more_resamples_than_a_block_holds(self):
        low, high = mean_interval(np.arange(900.0), resamples=2_500)
        assert low == pytest.approx(449.5 - 1.96 * 8.66, abs=1.5)
        assert high == pytest.approx(449.5 + 1.96 * 8.66, abs=1.5)


class TestRatioInterval:
    def test_bootstrap_by_hand(self):
        """Of two pairs, the ratios of a draw are 1/1, (1 + 9) / (1 + 3), 9/3; a tail of a quarter cuts at the ends."""
        assert ratio_interval(np.array([1.0, 9.0]), np.array([1.0, 3.0]), level=0.95) == (1.0, 3.0)

    def test_draws_without_anything_below_are_left_out(self):
        """Half of the draws of (1 / 1, 1 / 0) hold the second pair once, a quarter alone: 2/1, 2/2 and nothing."""
        assert ratio_interval(np.array([1.0, 1.0]), np.array([1.0, 0.0])) == (1.0, 2.0)

    def test_linearised_by_hand(self):
        # Ratio 1; residuals 1 and -1 by turns: sqrt(2000) / 4000
        above, below = np.tile([3.0, 1.0], 1000), np.full(2000, 2.0)
        half = 1.959964 * 2000**0.5 / 4000
        assert ratio_interval(above, below) == pytest.approx((1 - half, 1 + half))

    def test_too_few(self):
        assert np.isnan(ratio_interval(np.array([1.0]), np.array([1.0]))).all()


class TestStandardisedDifference:
    def test_by_hand(self):
        # means 4 and 2, variances 4 and 1: pooled sqrt(10 / 4), d = 2 / 1.5811, variance 6 / 9 + 1.6 / 12 = 0.8
        effect = standardised_difference([2, 4, 6], [1, 2, 3])
        assert effect.value == pytest.approx(1.264911)
        assert (effect.low, effect.high) == pytest.approx((1.264911 - 1.753045, 1.264911 + 1.753045), abs=1e-5)
        assert not effect.excludes_zero

    def test_level(self):
        effect = standardised_difference([2, 4, 6], [1, 2, 3], level=0.5)
        assert effect.low == pytest.approx(1.264911 - 0.674490 * math.sqrt(0.8), abs=1e-5)
        assert effect.excludes_zero

    def test_direction(self):
        assert standardised_difference([1, 2, 3], [2, 4, 6]).value == pytest.approx(-1.264911)

    def test_leaves_out_what_is_not_finite(self):
        assert standardised_difference([2, np.nan, 4, 6], [1, 2, np.inf, 3]) == standardised_difference(
            [2, 4, 6], [1, 2, 3]
        )

    def test_two_constants(self):
        # Both sides together, 0 0 1 1: variance 1/3, d = 1 / sqrt(1/3)
        assert standardised_difference([1, 1], [0, 0]).value == pytest.approx(math.sqrt(3))

    def test_equal_constants(self):
        effect = standardised_difference([0.1] * 7, [0.1] * 11)
        assert effect.value == 0.0
        assert not effect.excludes_zero

    @pytest.mark.parametrize(("inside", "outside"), [([], [1, 2]), ([1], [1, 2]), ([1, 2], [np.nan, 3])])
    def test_too_few(self, inside, outside):
        effect = standardised_difference(inside, outside)
        assert np.isnan([effect.value, effect.low, effect.high]).all()
        assert not effect.excludes_zero


class TestExplainedShare:
    def test_by_hand(self):
        # Means 0 and 2 of six each: 12 of 24 squares are between; 1 - 0.5 * 11 / 10
        values = np.array([-1.0, 1.0] * 3 + [1.0, 3.0] * 3)
        share, low, high = explained_share(np.repeat([0, 1], 6), values)
        assert share == pytest.approx(0.45)
        # (total, within): four each of (4, 1), (0, 1) twice less; influence (4 / 2 - 1) / 2 and (0 - 1) / 2
        assert high - low == pytest.approx(2 * 1.959964 * 0.5 / 12**0.5)

    def test_interval_by_hand(self):
        # Group means 0 and 3, that of all 1.5
        values = np.array([0.0] * 6 + [1.0, 5.0] * 3)
        total = [(value - 1.5) ** 2 for value in values]
        within = [0.0] * 6 + [4.0] * 6
        explained = 1 - sum(within) / sum(total)
        influence = [t * (1 - explained) - w for t, w in zip(total, within, strict=True)]
        mean = sum(influence) / 12
        spread = (sum((one - mean) ** 2 for one in influence) / 12) ** 0.5
        half = 1.959964 * spread / (sum(total) / 12) / 12**0.5
        share, low, high = explained_share(np.repeat([0, 1], 6), values)
        assert (share, low, high) == pytest.approx((1 - (1 - explained) * 11 / 10, share - half, share + half))

    def test_all_and_nothing(self):
        groups = np.repeat([0, 1, 2], 40)
        assert explained_share(groups, groups.astype(float)) == (1.0, 1.0, 1.0)
        share, _, _ = explained_share(np.tile([0, 1, 2], 40), np.repeat(np.arange(40.0), 3))
        assert share == pytest.approx(1 - 119 / 117)

    def test_it_covers_the_truth_of_skewed_values(self):
        generator = np.random.default_rng(0)
        groups = generator.integers(0, 10, 200_000)
        values = generator.exponential(1.0, len(groups)) + 0.1 * groups
        truth = explained_share(groups, values)[0]
        drawn = [generator.integers(0, len(groups), 1000) for _ in range(300)]
        found = [explained_share(groups[rows], values[rows]) for rows in drawn]
        assert np.mean([low <= truth <= high for _, low, high in found]) > 0.9
        assert np.mean([share for share, _, _ in found]) == pytest.approx(truth, rel=0.1)

    @pytest.mark.parametrize(
        ("groups", "values"),
        [([], []), ([0] * 20, range(20)), ([0, 1] * 20, [7] * 40), ([0, 1] * 5, range(10))],
        ids=["no value", "one group", "a constant", "too few"],
    )
    def test_undefined(self, groups, values):
        assert np.isnan(explained_share(np.array(groups, dtype=int), np.array(values, dtype=float))).all()
