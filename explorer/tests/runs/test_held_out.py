import numpy as np
import pandas as pd
import pytest

from dashboard_data import made_data, made_frame
from leap_explorer.dashboard.scope import HELD_OUT, chosen_rows
from leap_explorer.errors import ExplorerError
from leap_explorer.insights import rows
from leap_explorer.population.clusters import describe_clusters
from leap_explorer.runs.held_out import held_out


def test_labelled_evaluated_and_not_trained_on():
    samples = pd.DataFrame(
        {
            "subset": ["training", "validation", "test", "unlabeled", "test", None, "additional"],
            "loss": [0.1, 0.2, 0.3, None, 0.5, 0.6, 0.7],
            "error": [None, None, None, None, "broken", None, None],
        }
    )
    assert held_out(samples).tolist() == [False, True, True, False, False, True, False]


def test_a_table_without_subsets_is_refused():
    with pytest.raises(ExplorerError, match="no column 'subset'"):
        held_out(pd.DataFrame({"loss": [1.0]}))


def test_everyone_asks_the_same_function():
    assert rows.held_out is held_out
    data = made_data()
    np.testing.assert_array_equal(chosen_rows(data, HELD_OUT), held_out(data.frame))
    columns = {name: {**facts, "type": "string"} for name, facts in data.columns.items()}
    profiles = describe_clusters(made_frame(), columns, {})
    assert sum(profile["held_out"]["size"] for profile in profiles) == held_out(data.frame).sum() == 1
