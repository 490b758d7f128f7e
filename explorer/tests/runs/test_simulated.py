import numpy as np
import pandas as pd

from compared_runs import run_of
from insight_runs import make_run
from leap_explorer.contract.recipe import Recipe
from leap_explorer.runs.simulated import as_two_runs, change_of, changes_of, recipes_of, source_of


def simulated(base, change, count):
    """The first held-out samples again, with their ids after the change, in the subset `additional`."""
    rows = base[base["subset"] == "validation"].head(count)
    return rows.assign(id=rows["id"] + f"~{change}", subset="additional")


def test_ids_say_it():
    assert source_of("a~typos:rate=0.1") == "a"
    assert source_of("a~b~typos:rate=0.1") == "a~b"
    assert source_of("a") is None
    assert source_of("#0~fog") == "#0"
    assert (change_of("a~b~typos:rate=0.1"), change_of("a")) == ("typos:rate=0.1", None)


def test_a_run_knows_what_it_is_of():
    run = run_of(make_run(20, training=10))
    assert recipes_of(run) == ()
    run.info["options"] = {"simulations": [{"text": "typos:rate=0.1", "samples": 5, "seed": 3}]}
    assert recipes_of(run) == (Recipe("typos:rate=0.1", 5, 3),)


def test_changes():
    base = make_run(20, training=10)
    plain = base.tail(1).assign(id="plain", subset="additional")
    training = base.head(1).assign(id="t~x")
    samples = pd.concat([base, simulated(base, "one", 4), plain, simulated(base, "two:k=1", 3), training])
    found = changes_of(samples.reset_index(drop=True))
    assert {change: rows.tolist() for change, rows in found.items()} == {
        "one": [20, 21, 22, 23],
        "two:k=1": [25, 26, 27],
    }


def test_two_runs():
    base = make_run(20, training=10)
    made = simulated(base, "one", 3)[::-1].assign(loss=np.float32(7.0))
    made.iloc[0, made.columns.get_loc("id")] = "#gone~one"
    samples = pd.concat([base, made]).reset_index(drop=True)
    originals, changed = as_two_runs(run_of(samples), "one", np.arange(20, 23))
    assert originals.samples["id"].tolist() == changed.samples["id"].tolist() == ["s11", "s10"]
    assert changed.samples["subset"].tolist() == ["validation"] * 2
    assert changed.samples["loss"].tolist() == [7.0, 7.0]
    assert originals.samples["loss"].tolist() == base["loss"][[11, 10]].tolist()
    assert (originals.name, changed.name) == ("as written", "one")
