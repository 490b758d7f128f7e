import pytest

from IMDb.statistics import wilson_interval


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
