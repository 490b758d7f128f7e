"""What is compared with what, on a made-up run of two labels and two subsets."""

import numpy as np
import pandas as pd
import pytest

from dashboard_data import made_data
from leap_explorer.dashboard.context import make_context
from leap_explorer.dashboard.parts.selection_profile import comparison, match_in_words, selection_cards
from leap_explorer.dashboard.scope import ALL, KEY
from leap_explorer.dashboard.state import State
from leap_explorer.insights.filters import Condition

N = 400
FALSE_POSITIVES = (Condition("ground_truth", "==", "no"), Condition("prediction", "==", "yes"))


@pytest.fixture(scope="module")
def data():
    """Half of it training; every tenth "no" is called "yes"; names go with the label, flags with nothing."""
    row = np.arange(N)
    truth = np.where(row % 2, "yes", "no")
    frame = pd.DataFrame(
        {
            "id": row.astype(str),
            "subset": np.where(row < 200, "training", "test"),
            "ground_truth": pd.array(truth, dtype="string"),
            "prediction": pd.array(np.where(row % 20 == 0, "yes", truth), dtype="string"),
            "loss": pd.array(np.where(row % 20 == 0, 2.0, 0.1), dtype="Float32"),
            "metadata_words": pd.array(np.where(row % 20 == 0, 80, 20) + row % 7, dtype="Int64"),
            "metadata_flag": pd.array(row % 3 == 0, dtype="boolean"),
            "metadata_name": pd.array(np.where(row % 2, "y", "n"), dtype="string"),
            "error": pd.array([None] * N, dtype="string"),
        }
    )
    return made_data(frame)


def found(data, state):
    return comparison(data, data.meets(state.filter), state)


def test_false_positives_are_compared_with_negatives_that_are_held_out(data):
    result = found(data, State(filter=FALSE_POSITIVES))
    assert (result.selected.sum(), result.rest.sum(), result.n_others) == (10, 90, 190)
    rest = data.frame[result.rest]
    assert set(rest["subset"]) == {"test"}
    assert set(rest["ground_truth"]) == {"no"}
    assert result.by == ("subset", "ground_truth")


def test_what_the_filter_sets_is_not_reported(data):
    result = found(data, State(filter=FALSE_POSITIVES))
    assert result.without == {"ground_truth", "prediction", "metadata_name"}
    text = str(selection_cards(make_context([data.run], None, data.run.path), State(filter=FALSE_POSITIVES)))
    assert "Words" in text
    assert "Name: " not in text
    assert "Accuracy" not in text


def test_it_says_what_it_compared(data):
    result = found(data, State(filter=FALSE_POSITIVES))
    assert match_in_words(data, result, 12) == (
        "Compared with 90 of 190 others, in the same mix of subset and ground truth. 2 of the selected have no "
        "counterpart and are left out. Not compared, as the filter sets them: ground truth, name, prediction."
    )


def test_all_samples_are_compared_if_asked(data):
    result = found(data, State(filter=FALSE_POSITIVES, extra=((KEY, ALL),)))
    assert (result.selected.sum(), result.rest.sum()) == (20, 180)
    assert data.frame[result.rest]["subset"].value_counts().to_dict() == {"training": 90, "test": 90}


def test_a_whole_label_is_compared_with_the_others_of_its_subset(data):
    result = found(data, State(filter=(Condition("ground_truth", "==", "no"),)))
    assert (result.by, result.rest.sum()) == (("subset",), 100)
    assert "same mix of subset." in match_in_words(data, result, 100)


def test_training_samples_alone_have_nothing_to_be_compared_with(data):
    state = State(filter=(Condition("id", "in", ("1", "2")),))
    text = str(selection_cards(make_context([data.run], None, data.run.path), state))
    assert "None of the 2 selected is one of the held-out samples." in text
