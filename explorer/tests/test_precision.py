"""Numbers that stand together."""

import math

import numpy as np
import pytest

from leap_explorer.precision import alike, column_decimals


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([0.00534, 0.0352], ["0.0053", "0.0352"]),
        ([3.9, 3.86], ["3.90", "3.86"]),
        ([1234.5, 0.25], ["1,234", "0"]),
        ([12, 3000], ["12", "3,000"]),
        ([0.5, None, math.nan], ["0.500", "—", "—"]),
        ([math.inf, -math.inf, 1.5], ["∞", "-∞", "1.50"]),
        ([0.0, 0.0], ["0", "0"]),
        ([1e-9], ["0.000000"]),
        ([], []),
    ],
)
def test_have_the_same_decimals(values, shown):
    assert alike(values) == shown


def test_signs():
    assert alike([1.5, -0.25], is_signed=True) == ["+1.50", "-0.25"]


@pytest.mark.parametrize(
    ("values", "count"),
    [
        ([1, 20, 3000], 0),
        ([0.03] * 99 + [30.5], 4),  # an outlier does not hide the others
        ([0.95, 0.9, 0.99], 3),
        ([0, 0, 0, 0, 2.5], 2),
        ([70.5, 60.25, math.nan], 1),
        ([], 0),
        ([math.nan], 0),
    ],
)
def test_a_column_has_as_many_as_most_of_its_numbers_need(values, count):
    assert column_decimals(values) == column_decimals(np.array(values, dtype=float)) == count
