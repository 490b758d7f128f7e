import numpy as np
import pandas as pd
import pytest

from compared_runs import run_of
from insight_runs import make_run
from leap_explorer.commands.robustness import print_robustness
from leap_explorer.comparison.robustness import TITLES, hardest_hit, robustness, robustness_rows

OTHER = {"negative": "positive", "positive": "negative"}


@pytest.fixture
def run():
    """On `hard` samples the change turns nine in ten right predictions; a second change turns nothing."""
    base = make_run(600, training=0, hard=np.tile([True, False], 300))
    right = base["prediction"] == base["ground_truth"]
    hit = base["metadata_hard"] & right & (np.arange(600) % 20 != 0)
    strong = base.assign(id=base["id"] + "~typos:rate=0.9", subset="additional")
    strong.loc[hit, "prediction"] = base["ground_truth"].map(OTHER)[hit]
    strong.loc[hit, "loss"] = np.float32(2.0)
    weak = base.assign(id=base["id"] + "~typos:rate=0.0", subset="additional")
    alone = base.head(50).assign(id=[f"#{row}~pairs" for row in range(50)], subset="additional")
    return run_of(pd.concat([base, strong, weak, alone]).reset_index(drop=True)), int(hit.sum())


def test_each_change_beside_what_it_is_made_of(run):
    samples, hit = run
    strong, weak, alone = robustness(samples)
    assert [one.change for one in (strong, weak, alone)] == ["typos:rate=0.9", "typos:rate=0.0", "pairs"]
    assert (strong.flips, weak.flips, alone.flips) == (hit, 0, None)
    assert strong.comparison.error.value == pytest.approx(hit / 600)
    assert strong.comparison.error.p < 1e-6
    assert (weak.comparison.error.value, weak.comparison.error.p) == (0.0, 1.0)
    assert (alone.n, alone.comparison) == (50, None)


def test_where_it_costs_most(run):
    strong, weak, alone = robustness(run[0])
    assert hardest_hit(strong).startswith("typos:rate=0.9 costs most where hard: yes: +")
    assert hardest_hit(weak) == hardest_hit(alone) == ""


def test_as_a_table(run, capsys):
    found = robustness(run[0])
    rows = robustness_rows(found)
    assert {len(row) for row in rows} == {len(TITLES)}
    assert rows[2][3:] == ("", "", "", "")
    print_robustness(run[0])
    printed = capsys.readouterr().out
    assert "typos:rate=0.9 costs most where hard: yes" in printed
    assert "p < 0.0001" in printed


def test_a_run_without_simulated_samples():
    assert robustness(run_of(make_run(20, training=10))) == []
