import numpy as np
import pytest

from insight_runs import columns_of, make_run
from leap_explorer.insights.checks import run_check
from leap_explorer.insights.filters import select
from leap_explorer.insights.out_of_distribution import find_out_of_distribution, more_than_chance, training_limit
from leap_explorer.insights.rows import NotApplicable


def find(samples):
    return find_out_of_distribution(samples, columns_of(samples))


def with_scores(far=0, **facts):
    """200 training scores 1..200, so the limit is 198; of the 200 others `far` lie beyond it."""
    samples = make_run(400, training=200, **facts)
    samples["outlier_score"] = np.r_[np.arange(1, 201), np.full(200 - far, 50), np.full(far, 300)].astype(np.float32)
    return samples


@pytest.mark.parametrize(("n", "limit", "beyond"), [(200, 198.0, 2), (100, 99.0, 1), (99, 99.0, 0), (1, 1.0, 0)])
def test_limit(n, limit, beyond):
    assert training_limit(np.arange(1.0, n + 1)) == (limit, beyond)


def test_probability_of_chance_by_simulation():
    generator = np.random.default_rng(0)
    counts = []
    for _ in range(4000):
        training, others = generator.random(100), generator.random(50)
        counts.append((others > training_limit(training)[0]).sum())
    for far in (1, 3, 5):
        assert more_than_chance(far, 50, 1, 100) == pytest.approx(np.mean(np.array(counts) >= far), abs=0.02)


def test_more_than_expected():
    samples = with_scores(far=20, unlabeled=10)
    (found,) = find(samples)
    assert (found.n_samples, found.n_total) == (20, 200)
    assert found.evidence["limit"] == 198.0
    assert found.severity == 10 / 200  # those without a label; the labelled ones are no worse than others
    assert found.evidence["by_subset"] == {
        "validation": {"beyond": 10, "n": 190},
        "unlabeled": {"beyond": 10, "n": 10},
    }
    assert set(samples["id"][select(samples, found.filter)]) == {f"s{number}" for number in range(380, 400)}
    assert run_check(samples, found.test).passed
    assert run_check(samples, found.test).n == 10


def test_as_many_as_expected():
    assert find(with_scores(far=2)) == []
    assert find(with_scores(far=0)) == []


def test_few_but_with_a_higher_loss():
    samples = with_scores(far=3, loss=np.r_[np.full(397, 0.5), 4.9, 5.0, 5.1])
    (found,) = find(samples)
    assert found.evidence["p_value"] > 0.05
    total = 197 * 0.5 + 15
    assert found.severity == pytest.approx((5 - total / 200) * 3 / total, rel=1e-5)
    assert "their loss is 5 on average against 0.5" in found.title
    assert not run_check(samples.assign(loss=samples["loss"] * 2), found.test).passed


def test_without_labels_the_share_is_tested():
    samples = with_scores(far=20, unlabeled=200)
    (found,) = find(samples)
    assert found.test.statistic == "share"
    assert run_check(samples, found.test).passed
    assert not run_check(samples.assign(outlier_score=samples["outlier_score"] * 10), found.test).passed


@pytest.mark.parametrize("training", [0, 400])
def test_needs_training_and_others(training):
    samples = make_run(400, training=training)
    samples["outlier_score"] = 1.0
    with pytest.raises(NotApplicable, match="outlier score"):
        find(samples)


def test_needs_scores():
    with pytest.raises(NotApplicable, match="outlier score"):
        find(make_run())


def test_additional_samples_are_not_among_them():
    samples = with_scores(far=40)
    samples.loc[380:, "subset"] = "additional"
    (found,) = find(samples)
    assert (found.n_samples, found.n_total) == (20, 180)
    assert set(samples["id"][select(samples, found.filter)]) == {f"s{number}" for number in range(360, 380)}
