import pandas as pd

from leap_explorer.comparison.matching import match


def samples(*rows):
    """Of (subset, id, hash) each."""
    table = pd.DataFrame(rows, columns=["subset", "id", "input_hash"])
    return table.astype({"subset": "string", "id": "string", "input_hash": "UInt64"})


def pairs(base, new):
    found = match(base, new)
    return list(zip(base["id"].iloc[found.base], new["id"].iloc[found.new], strict=True))


def test_by_id_then_by_what_is_read():
    base = samples(("test", "a", 1), ("test", "b", 2), ("test", "c", 3))
    new = samples(("test", "x", 3), ("test", "b", 9), ("test", "y", 7))
    assert pairs(base, new) == [("b", "b"), ("c", "x")]
    found = match(base, new)
    assert (found.by_id, found.by_hash, found.only_base, found.only_new) == (1, 1, 1, 1)
    assert found.sentence() == ("2 samples are in both (1 by id, 1 by their inputs); 1 only in base, 1 only in new.")


def test_an_id_is_one_of_its_subset():
    assert pairs(samples(("training", "1", 1)), samples(("test", "1", 2))) == []


def test_a_hash_that_several_share_tells_no_pair():
    base = samples(("test", "a", 1), ("test", "b", 1))
    assert pairs(base, samples(("test", "x", 1))) == []
    assert pairs(samples(("test", "a", 0)), samples(("test", "x", 0))) == []  # neither could be read


def test_runs_without_hashes():
    base = samples(("test", "a", 1)).drop(columns="input_hash")
    assert match(base, samples(("test", "x", 1))).only_new == 1
