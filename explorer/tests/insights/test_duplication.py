import numpy as np
import pytest

from insight_runs import ids_with, make_run
from leap_explorer.insights.checks import run_check
from leap_explorer.insights.data_leakage import find_data_leakage
from leap_explorer.insights.duplication import find_duplication, group_copies, group_members
from leap_explorer.insights.filters import select
from leap_explorer.insights.rows import NotApplicable


def signatures_of(samples, seed=0):
    return np.random.default_rng(seed).integers(0, 2**32 - 1, (len(samples), 128), dtype=np.uint32)


@pytest.fixture
def samples():
    """100 training and 100 validation samples without copies; hashes beyond what a float64 can tell apart."""
    return make_run(200, training=100)


class TestDuplication:
    def test_identical(self, samples):
        samples.loc[[101, 102, 120], "input_hash"] = samples["input_hash"][100]
        samples.loc[150, "input_hash"] = samples["input_hash"][160]
        samples.loc[samples.index[100:], "ground_truth"] = "negative"
        samples.loc[160, "ground_truth"] = "positive"
        (found,) = find_duplication(samples)
        assert (found.id, found.n_samples, found.n_total) == ("duplication-validation", 6, 100)
        assert ids_with(samples, select(samples, found.filter)) == {"s100", "s101", "s102", "s120", "s150", "s160"}
        evidence = found.evidence
        assert (evidence["groups"], evidence["identical_groups"], evidence["extra_copies"]) == (2, 2, 4)
        assert evidence["different_ground_truths"] == 1
        assert evidence["examples"] == [["s100", "s101", "s102", "s120"], ["s150", "s160"]]
        assert evidence["near_identical_searched"] is False
        assert found.severity == 0.04

    def test_near_identical(self, samples):
        signatures = signatures_of(samples)
        signatures[110] = signatures[100]
        signatures[110, :12] += 1
        signatures[111] = signatures[100]
        signatures[111, :60] += 1
        (found,) = find_duplication(samples, signatures)
        assert found.evidence["examples"] == [["s100", "s110"]]
        assert (found.evidence["groups"], found.evidence["identical_groups"]) == (1, 0)

    def test_groups_that_share_a_sample_are_one(self, samples):
        samples.loc[101, "input_hash"] = samples["input_hash"][100]
        signatures = signatures_of(samples)
        signatures[102] = signatures[101]
        (found,) = find_duplication(samples, signatures)
        assert found.evidence["examples"] == [["s100", "s101", "s102"]]

    def test_copies_across_subsets_and_of_failed_samples_do_not_count(self, samples):
        samples.loc[[100, 150], "input_hash"] = samples["input_hash"][0]
        samples.loc[150, "error"] = "it broke"
        assert find_duplication(samples) == []

    def test_check_counts_those_that_are_left(self, samples):
        samples.loc[101, "input_hash"] = samples["input_hash"][100]
        (found,) = find_duplication(samples)
        assert run_check(samples, found.test).measured == 2
        again = run_check(samples.drop(index=101), found.test)
        assert (again.passed, again.measured) == (True, 1)

    def test_at_most_twenty_examples_the_largest_first(self):
        samples = make_run(50, training=0)
        samples["input_hash"] = np.r_[np.repeat(np.arange(23), 2), [99] * 4].astype(np.uint64)
        (found,) = find_duplication(samples)
        assert found.evidence["groups"] == 24
        assert len(found.evidence["examples"]) == 20
        assert found.evidence["examples"][0] == ["s46", "s47", "s48", "s49"]

    @pytest.mark.parametrize("texts", [1, 2, 49])
    def test_texts_that_do_not_tell_samples_apart_say_nothing(self, samples, texts):
        """Such as "a digit" beside each picture."""
        signatures = signatures_of(samples)[np.arange(len(samples)) % texts]
        assert find_duplication(samples, signatures) == find_data_leakage(samples, signatures) == []
        samples.loc[100, "input_hash"] = samples["input_hash"][110]
        (found,) = find_duplication(samples, signatures)
        assert (found.n_samples, found.evidence["near_identical_searched"]) == (2, False)

    def test_texts_that_half_of_the_samples_share_do(self, samples):
        signatures = signatures_of(samples)[np.arange(len(samples)) // 2]
        assert [one.n_samples for one in find_duplication(samples, signatures)] == [100, 100]

    def test_without_hashes_and_signatures(self, samples):
        with pytest.raises(NotApplicable, match="neither input hashes nor signatures"):
            find_duplication(samples.drop(columns="input_hash"))

    def test_group_of_one_row(self):
        one = make_run(1, training=1)
        assert group_copies(one, signatures_of(one), np.array([True])).any.tolist() == [-1]
        assert group_members(np.array([-1])) == []


class TestLeakage:
    def test_planted(self, samples):
        samples.loc[[100, 101], "input_hash"] = samples["input_hash"][0]
        samples.loc[102, "input_hash"] = samples["input_hash"][1]
        samples.loc[[110, 111], "input_hash"] = np.uint64(7)
        samples.loc[[0, 100, 101, 1], "ground_truth"] = "negative"
        samples.loc[102, "ground_truth"] = "positive"
        (found,) = find_data_leakage(samples)
        assert (found.id, found.n_samples, found.n_total) == ("data_leakage-validation", 3, 100)
        assert ids_with(samples, select(samples, found.filter)) == {"s100", "s101", "s102"}
        evidence = found.evidence
        assert (evidence["groups"], evidence["extra_copies"], evidence["training_twins"]) == (2, 3, 2)
        assert evidence["different_ground_truths"] == 1
        assert evidence["examples"] == [["s0", "s100", "s101"], ["s1", "s102"]]
        loss = samples["loss"].astype(float)
        assert evidence["loss_inside"] == pytest.approx(loss[100:103].mean())
        assert evidence["loss_outside"] == pytest.approx(loss[103:].mean())
        assert found.severity == 0.03
        assert "1 of the 2 groups have different labels" in found.title

    def test_near_identical(self, samples):
        signatures = signatures_of(samples)
        signatures[199] = signatures[50]
        signatures[199, ::10] += 1
        (found,) = find_data_leakage(samples, signatures)
        assert ids_with(samples, select(samples, found.filter)) == {"s199"}
        assert run_check(samples, found.test).passed

    def test_none(self, samples):
        assert find_data_leakage(samples, signatures_of(samples)) == []

    @pytest.mark.parametrize("training", [0, 50])
    def test_needs_training_and_others(self, training):
        with pytest.raises(NotApplicable, match="both training and other"):
            find_data_leakage(make_run(50, training=training))
