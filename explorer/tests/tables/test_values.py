import datetime

import numpy as np
import pandas as pd
import pytest

from leap_explorer.errors import ExplorerError
from leap_explorer.tables.values import as_metadata, as_names, as_numbers, as_texts, refuse


def column(*values, dtype=object, name="c"):
    return pd.Series(list(values), dtype=dtype, name=name)


class TestRefuse:
    def test_nothing_bad(self):
        refuse("c", np.array([False, False]), "bad")

    def test_first_row_and_how_many(self):
        with pytest.raises(ExplorerError, match=r"^Row 2, column c: 'b' is bad. So it is in 2 rows\.$"):
            refuse("c", np.array([False, True, True]), "{} is bad", ["a", "b", "c"])

    def test_long_values_are_cut(self):
        with pytest.raises(ExplorerError) as error:
            refuse("c", np.array([True]), "{} is bad", [200 * "x"])
        assert len(str(error.value)) < 100


class TestAsNames:
    @pytest.mark.parametrize(
        ("values", "found"),
        [
            (["a", "", None, np.nan], ["a", None, None, None]),
            ([0, 1], ["0", "1"]),
            ([1.0, np.nan, 0.5], ["1", None, "0.5"]),
            (["007", "NA"], ["007", "NA"]),
            ([True, False], ["True", "False"]),
        ],
    )
    def test_values(self, values, found):
        assert as_names(column(*values)) == found

    def test_whole_numbers_with_gaps(self):
        assert as_names(pd.Series([0, 1, None], dtype="float64")) == ["0", "1", None]
        assert as_names(pd.Series([0, 1, None], dtype="Int64")) == ["0", "1", None]

    def test_categories(self):
        assert as_names(pd.Series(["a", None], dtype="category")) == ["a", None]


class TestAsNumbers:
    def test_values(self):
        np.testing.assert_array_equal(as_numbers(column("1", "-2.5e1", "", None, 3)), [1, -25, np.nan, np.nan, 3])

    def test_nan_spelt_out_is_missing(self):
        np.testing.assert_array_equal(as_numbers(column("nan", "NaN")), [np.nan, np.nan])

    @pytest.mark.parametrize("values", [("1", "x"), ("1", [2])])
    def test_no_number(self, values):
        with pytest.raises(ExplorerError, match=r"Row 2, column c: .* is no number"):
            as_numbers(column(*values))

    @pytest.mark.parametrize("value", ["inf", -np.inf])
    def test_infinite(self, value):
        with pytest.raises(ExplorerError, match=r"Row 2, column c: .*inf.* is infinite"):
            as_numbers(column("1", value))


class TestAsTexts:
    def test_empty_is_a_text(self):
        assert as_texts(column("a", "")) == ["a", ""]

    def test_what_utf8_cannot_keep(self):
        assert as_texts(column("a\ud800b")) == ["a?b"]

    @pytest.mark.parametrize("value", [None, np.nan, pd.NA])
    def test_missing(self, value):
        with pytest.raises(ExplorerError, match="Row 2, column c: there is no text"):
            as_texts(column("a", value))

    @pytest.mark.parametrize("value", [5, b"bytes", ["a"]])
    def test_no_text(self, value):
        with pytest.raises(ExplorerError, match=r"Row 2, column c: .* is no text"):
            as_texts(column("a", value))


class TestAsMetadata:
    @pytest.mark.parametrize(
        ("values", "kind", "found"),
        [
            (["1", "", "-2"], "int", [1, None, -2]),
            (["1", "2.5"], "float", [1.0, 2.5]),
            (["true", "False", ""], "bool", [True, False, None]),
            (["1", "a"], "string", ["1", "a"]),
            (["007", "8"], "string", ["007", "8"]),
            (["0", "0.5"], "float", [0.0, 0.5]),
            (["12345678901234567890", "1"], "float", [12345678901234567890.0, 1.0]),
            (["inf", "1"], "string", ["inf", "1"]),
            (["", ""], "string", [None, None]),
            ([1, 2], "int", [1, 2]),
            ([1.5, np.nan], "float", [1.5, None]),
            ([True, None], "bool", [True, None]),
            (["a", None], "string", ["a", None]),
            (["a", 5], "string", ["a", "5"]),
            ([datetime.date(2026, 1, 2)], "string", ["2026-01-02"]),
            ([pd.Timestamp(2026, 1, 2), pd.NaT], "string", ["2026-01-02T00:00:00", None]),
        ],
    )
    def test_kinds(self, values, kind, found):
        assert as_metadata(column(*values)) == (kind, found)
        if kind != "string" or not isinstance(values[0], str):
            assert as_metadata(column(*values).infer_objects()) == (kind, found)

    def test_nullable_and_categorical(self):
        assert as_metadata(pd.Series([1, None], dtype="Int64")) == ("int", [1, None])
        assert as_metadata(pd.Series([True, None], dtype="boolean")) == ("bool", [True, None])
        assert as_metadata(pd.Series(["a", None], dtype="category")) == ("string", ["a", None])

    def test_infinite(self):
        with pytest.raises(ExplorerError, match="Row 2, column c: inf is infinite"):
            as_metadata(pd.Series([1.0, np.inf], name="c"))

    @pytest.mark.parametrize("value", [["a"], {"a": 1}, b"a"])
    def test_neither_number_nor_text(self, value):
        with pytest.raises(ExplorerError, match=r"Row 2, column c: .* is neither a number nor a text"):
            as_metadata(column("a", value))
