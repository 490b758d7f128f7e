import numpy as np
import pandas as pd
import pytest

from leap_explorer.errors import ExplorerError
from leap_explorer.tables.predictions import Roles, read_predictions

GIVEN = {"no": "p_no", "yes": "p_yes"}


def table(**columns):
    return pd.DataFrame(
        {
            "text": ["a b", "c", ""],
            "label": ["no", "yes", None],
            "p_no": [0.9, 0.2, 0.5],
            "p_yes": [0.1, 0.8, 0.5],
            **columns,
        }
    )


def read(frame=None, **roles):
    return read_predictions(table() if frame is None else frame, Roles(**roles))


def error_of(frame=None, **roles):
    with pytest.raises(ExplorerError) as error:
        read(frame, **{"text": "text", "label": "label", "probabilities": GIVEN} | roles)
    return str(error.value)


class TestClassifier:
    def test_all_of_it(self):
        found = read(table(id=[7, 8, 9], split=["train", "VAL", "test"]), text="text", label="label", id="id",
                     subset="split", probabilities=GIVEN)  # fmt: skip
        assert found.ids == ["7", "8", "9"]
        assert found.subsets == ["training", "validation", "test"]
        assert found.texts == ["a b", "c", ""]
        assert found.metadata == {}
        assert found.outcome.labels == ("no", "yes")
        assert found.outcome.truths == ["no", "yes", None]
        assert found.outcome.predicted == ["no", "yes", "no"]
        np.testing.assert_allclose(found.outcome.probabilities, [[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]])

    def test_defaults(self):
        found = read(probabilities="p_*")
        assert found.ids == ["1", "2", "3"]
        assert found.subsets == ["test"] * 3
        assert found.texts is None
        assert found.outcome.labels == ("no", "yes")
        assert found.outcome.truths == [None] * 3
        assert list(found.metadata) == ["text", "label"]

    def test_metadata_that_are_named(self):
        frame = table(n=[1, 2, 3], m=["x", "y", "z"])
        assert list(read(frame, probabilities=GIVEN, metadata=["m"]).metadata) == ["m"]
        assert read(frame, probabilities=GIVEN, metadata=()).metadata == {}

    def test_labels_that_are_numbers(self):
        frame = pd.DataFrame({"y": [0.0, 1.0, np.nan], 0: [1.0, 0.0, 1.0], 1: [0.0, 1.0, 0.0]})
        found = read_predictions(frame, Roles(label="y", probabilities={"0": "0", "1": "1"}))
        assert found.outcome.truths == ["0", "1", None]

    def test_rounded_probabilities_sum_to_one_afterwards(self):
        found = read(table(p_no=[0.899, 0.2, 0.5], p_yes=["0.1", "0.8", "0.5"]), probabilities=GIVEN)
        np.testing.assert_allclose(found.outcome.probabilities.sum(axis=1), 1.0, rtol=1e-12)

    def test_a_thousand_labels(self):
        frame = pd.DataFrame(np.eye(1000), columns=[f"p_{label}" for label in range(1000)])
        found = read_predictions(frame, Roles(probabilities="p_*"))
        assert found.outcome.predicted == [str(label) for label in range(1000)]
        with pytest.raises(ExplorerError, match="A classifier has 2 to 1,000 labels; probabilities are given of 1001"):
            read_predictions(frame.assign(p_more=0.0), Roles(probabilities="p_*"))


class TestRegression:
    def test_numbers(self):
        found = read(table(y=["1", "", "2.5"], said=[1, 2, 3]), label="y", prediction="said", metadata=())
        assert found.outcome.labels is None
        np.testing.assert_array_equal(found.outcome.truths, [1, np.nan, 2.5])
        np.testing.assert_array_equal(found.outcome.predicted, [1, 2, 3])
        assert found.outcome.probabilities.shape == (3, 0)

    @pytest.mark.parametrize(
        ("columns", "message"),
        [
            ({"y": [1, 2, 3], "said": [1, None, 3]}, "Row 2, column said: there is no prediction."),
            ({"y": [1, "x", 3], "said": [1, 2, 3]}, "Row 2, column y: 'x' is no number."),
            ({"y": [1, np.inf, 3], "said": [1, 2, 3]}, "Row 2, column y: inf is infinite."),
        ],
    )
    def test_no_numbers(self, columns, message):
        assert error_of(table(**columns), label="y", prediction="said", probabilities=None) == message


class TestErrors:
    @pytest.mark.parametrize(
        ("columns", "message"),
        [
            ({"p_no": [0.9, 0.9, 0.5]}, "Row 2, column p_no to p_yes: the probabilities sum to 1.7, not 1."),
            ({"p_no": [0.9, None, 0.5]}, "Row 2, column p_no: there is no probability."),
            ({"p_no": [0.9, -0.1, 0.5]}, "Row 2, column p_no: the probability -0.1 is not within 0 and 1."),
            ({"p_no": [0.9, "high", 0.5]}, "Row 2, column p_no: 'high' is no number."),
            ({"label": ["no", "maybe", "yes"]},
             "Row 2, column label: the label 'maybe' is none of those with probabilities: no, yes."),
            ({"text": ["a", 5, "b"]}, "Row 2, column text: 5 is no text."),
            ({"text": ["a", None, "b"]}, "Row 2, column text: there is no text."),
            ({"other": [1, [2], 3]}, "Row 2, column other: [2] is neither a number nor a text."),
        ],
    )  # fmt: skip
    def test_values(self, columns, message):
        assert error_of(table(**columns)) == message

    def test_ids(self):
        assert error_of(table(id=["x", "y", "x"]), id="id") == (
            "Row 3, column id: the id 'x' stands in an earlier row too."
        )
        assert error_of(table(id=["x", "", "z"]), id="id") == "Row 2, column id: there is no id."

    def test_subsets(self):
        said = error_of(table(s=["train", "holdout", ""]), subset="s")
        assert said.startswith("Row 2, column s: 'holdout' is no subset; there are train, ")
        assert said.endswith("So it is in 2 rows.")

    def test_columns(self):
        assert error_of(text="review").startswith("The table has no column 'review'; it has text, label, p_no, p_yes.")
        assert error_of(label="text").startswith("The column 'text' is named 2 times")
        assert error_of(metadata=["p_no"]).startswith("The column 'p_no' is named 2 times")
        twice = pd.concat([table(), table()[["label"]]], axis=1)
        assert error_of(twice) == "The table has the column 'label' 2 times."

    def test_no_rows(self):
        assert error_of(table().iloc[:0]) == "The table has no rows."

    def test_neither_or_both(self):
        assert error_of(probabilities=None).startswith("Give either the column of each label's probability, or, of")
        assert error_of(table(said=1.0), prediction="said").startswith("Give either")

    def test_labels(self):
        said = "A classifier has 2 to 1,000 labels; probabilities are given of 1 (yes)."
        assert error_of(probabilities={"yes": "p_yes"}) == said
        assert "given of 0." in error_of(probabilities="q_*")
        assert "must have one * where the label stands" in error_of(probabilities="p_yes")
