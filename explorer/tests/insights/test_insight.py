import pandas as pd
import pytest

from leap_explorer.errors import ExplorerError
from leap_explorer.insights.insight import Insight, new_insight


def written(name):
    """An insight of this id, as a run holds it."""
    samples = pd.DataFrame({"subset": ["test"], "loss": [1.0]})
    insight = new_insight(samples, "a", [], title="A", severity=0.5, n_total=1, conditions=(), evidence={})
    return {**insight.to_dict(), "id": name}


@pytest.mark.parametrize("name", ["low_performance-metadata_words-1", "mislabeled-\u00e9t\u00e9"])
def test_id(name):
    assert Insight.from_dict(written(name)).id == name


@pytest.mark.parametrize("name", ["/tmp/x", "../../x", "..", "", "a\n", "a\\b", "a\x00", "c:x", 7, None])
def test_an_id_that_would_write_elsewhere(name):
    """`insights --csv` makes a file of each id."""
    with pytest.raises(ExplorerError, match="no id of an insight"):
        Insight.from_dict(written(name))
