from leap_explorer.comparison.robustness import Robustness
from leap_explorer.comparison.strength import curves

CHANGES = (
    "typos:rate=0.2,kind=all",
    "lost:what=casing",
    "typos:rate=0.05,kind=all",
    "typos:rate=0.1,kind=swaps",
    "truncated:words=100,end=first",
    "truncated:words=50,end=first",
    "pairs",
)


def test_changes_that_differ_in_one_number():
    found = curves([Robustness(change, 1, None, None) for change in CHANGES])
    assert [(one.name, one.parameter) for one in found] == [
        ("typos, kind=all", "rate"),
        ("truncated, end=first", "words"),
    ]
    assert [[strength for strength, _ in one.points] for one in found] == [[0.05, 0.2], [50.0, 100.0]]
    assert [one.change for _, one in found[0].points] == [CHANGES[2], CHANGES[0]]


def test_one_strength_is_no_curve():
    assert curves([Robustness("typos:rate=0.2", 1, None, None)]) == []
