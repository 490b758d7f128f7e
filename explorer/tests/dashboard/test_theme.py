"""Numbers as people read them."""

import math

import pytest

from leap_explorer.dashboard.theme import decimals_of, number, numbers


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([3.9, 3.86, 0.002], ["3.900", "3.860", "0.002"]),
        ([0.00534, 0.0352], ["0.0053", "0.0352"]),
        ([0.5, 0.579], ["0.500", "0.579"]),
        ([12.345, 1.0], ["12.35", "1.00"]),
        ([123456.7, 0.5], ["123,457", "0"]),
        ([1_234.0, 5.0], ["1,234", "5"]),
        ([0.25, None, math.nan], ["0.250", "—", "—"]),
    ],
)
def test_numbers_of_one_column_have_one_precision(values, texts):
    assert numbers(values) == texts


def test_no_numbers_at_all():
    assert decimals_of([]) == decimals_of([None, math.inf]) == decimals_of([0.0]) == 0


def test_a_number_alone():
    assert [number(value) for value in (None, math.inf, 1_234.5, 0.12345, 2e-6)] == [
        "—",
        "∞",
        "1,234",
        "0.123",
        "0.000",
    ]
