import numpy as np
import pandas as pd
import pytest

from leap_explorer.insights.matching import matched_rest


def made(*groups):
    """Samples in groups of (subset, label, how many, whether selected); and which are selected."""
    rows = [(subset, label, chosen) for subset, label, count, chosen in groups for _ in range(count)]
    samples = pd.DataFrame(rows, columns=["subset", "ground_truth", "chosen"])
    return samples.drop(columns="chosen"), samples["chosen"].to_numpy()


def mix(samples, mask):
    return samples[mask].value_counts(["subset", "ground_truth"]).to_dict()


def test_the_rest_has_the_mix_of_the_selected():
    samples, selected = made(
        ("validation", "no", 10, True),
        ("validation", "yes", 5, True),
        ("validation", "no", 40, False),
        ("validation", "yes", 90, False),
        ("training", "no", 500, False),
    )
    match = matched_rest(samples, selected, ~selected)
    assert match.by == ("subset", "ground_truth")
    assert mix(samples, match.rest) == {("validation", "no"): 40, ("validation", "yes"): 20}
    assert not (match.rest & selected).any()
    np.testing.assert_array_equal(match.selected, selected)


def test_what_is_left_out_of_others_counts_for_nothing():
    samples, selected = made(("test", "no", 10, True), ("test", "no", 40, False), ("test", "no", 60, False))
    others = ~selected & (np.arange(len(samples)) < 50)
    assert matched_rest(samples, selected, others).rest.sum() == 40


@pytest.mark.parametrize(
    ("groups", "by"),
    [
        ([("test", "no", 9, True), ("training", "no", 20, False), ("training", "yes", 20, False)], ("ground_truth",)),
        ([("test", "no", 9, True), ("test", "yes", 20, False), ("training", "yes", 20, False)], ("subset",)),
        ([("test", "no", 9, True), ("training", "yes", 20, False)], ()),
    ],
    ids=["a whole subset", "a whole label", "both"],
)
def test_what_the_selection_is_cannot_be_matched(groups, by):
    samples, selected = made(*groups)
    match = matched_rest(samples, selected, ~selected)
    assert match.by == by
    assert match.rest.sum() == (20 if by else (~selected).sum())


def test_a_few_without_a_counterpart_are_left_out():
    samples, selected = made(("test", "no", 30, True), ("test", "rare", 2, True), ("test", "no", 60, False))
    match = matched_rest(samples, selected, ~selected)
    assert match.by == ("subset", "ground_truth")
    assert (match.selected.sum(), match.rest.sum()) == (30, 60)


def test_unknown_labels_are_matched_with_unknown_ones():
    samples, selected = made(("unlabeled", None, 6, True), ("unlabeled", None, 9, False), ("test", "no", 50, False))
    match = matched_rest(samples, selected, ~selected)
    assert samples["subset"][match.rest].tolist() == ["unlabeled"] * 9


def test_a_regression_is_matched_by_subset_alone():
    samples = pd.DataFrame({"subset": ["test"] * 30, "ground_truth": np.arange(30.0)})
    selected = np.arange(30) < 5
    assert matched_rest(samples, selected, ~selected).by == ("subset",)


def test_the_same_rest_is_drawn_again():
    samples, selected = made(
        ("test", "no", 10, True), ("test", "yes", 10, True), ("test", "no", 90, False), ("test", "yes", 20, False)
    )
    first, second = (matched_rest(samples, selected, ~selected).rest for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.sum() == 40


def test_nothing_selected_and_no_others():
    samples, selected = made(("test", "no", 9, True))
    assert not matched_rest(samples, selected, ~selected).rest.any()
    assert not matched_rest(samples, ~selected, selected).selected.any()
