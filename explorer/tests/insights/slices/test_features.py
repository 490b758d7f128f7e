import numpy as np
import pandas as pd
import pytest

from leap_explorer.insights.filters import Condition, select
from leap_explorer.insights.slices.features import bin_starts, features, mask_of, numbers_the_samples

GENERATOR = np.random.default_rng(0)


def _features(**columns):
    samples = pd.DataFrame({"subset": "test", **{f"metadata_{name}": values for name, values in columns.items()}})
    facts = {name: {"role": "metadata"} for name in samples.columns if name != "subset"}
    return samples, features(samples, facts)


def test_columns_that_number_or_name_the_samples_are_left_out() -> None:
    rows = 500
    _, found = _features(
        index=GENERATOR.permutation(rows) * 3,
        name=[f"review {number}" for number in range(rows)],
        size=GENERATOR.integers(0, 10_000, rows),
        share=GENERATOR.random(rows),
    )
    assert [feature.column for feature in found] == ["metadata_size", "metadata_share"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [(np.arange(100), True), (np.arange(100) / 7, False), ([1, 1, 2, 3] * 25, False), (np.arange(20) * 1000, False)],
)
def test_numbering(values, expected: bool) -> None:
    assert numbers_the_samples(pd.Series(values)) is expected


def test_every_range_and_value_selects_its_samples_as_a_condition() -> None:
    rows = 300
    samples, found = _features(
        number=np.where(GENERATOR.random(rows) < 0.2, np.nan, GENERATOR.normal(size=rows).astype(np.float32)),
        whole=GENERATOR.integers(0, 9, rows),
        kind=GENERATOR.choice(["a", "b", None], rows),
        flag=GENERATOR.random(rows) < 0.3,
    )
    checked = 0
    for feature in found:
        last = feature.missing + (feature.counts()[feature.missing] > 0)
        for low in range(last):
            for high in range(low + 1, feature.missing + 1, 7) if feature.is_ordered else [low + 1]:
                if low < feature.missing:
                    condition = feature.condition(low, high)
                    assert (select(samples, [condition]) == mask_of(feature, low, high)).all(), condition
                    checked += 1
    assert checked > 1_000


def test_a_missing_value_is_a_condition() -> None:
    samples, (feature,) = _features(x=[1.0, np.nan] * 50 + [2.0] * 10)
    condition = feature.condition(feature.missing, feature.missing + 1)
    assert condition == Condition("metadata_x", "==", None)
    assert (select(samples, [condition]) == mask_of(feature, feature.missing, feature.missing + 1)).all()


def test_ranges_hold_about_as_many_samples_and_ties_stay_together() -> None:
    counts = np.array([500, *[5] * 100])
    starts = bin_starts(counts, 10)
    assert len(starts) <= 10
    assert starts[:2].tolist() == [0, 1]
    sizes = np.add.reduceat(counts, starts)[1:]
    assert sizes.max() <= 2 * sizes.min()
