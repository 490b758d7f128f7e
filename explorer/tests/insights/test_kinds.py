"""The registry of kinds, and the evidence of each in words."""

import re
from pathlib import Path

import pytest

import leap_explorer.insights
from leap_explorer.insights import Condition, Insight
from leap_explorer.insights.in_words import chance_in_words, effect_in_words
from leap_explorer.insights.kinds import KINDS, evidence_in_words, kind_of

FILTER = (Condition("subset", "==", "validation"),)


def _insight(name, kind="low_performance", subkind=None, **evidence):
    return Insight(name, kind, f"Title of {name}", 0.2, 5, 50, evidence, FILTER, subkind)


def _sides(insight):
    return kind_of(insight).sides(insight)


def test_every_module_that_makes_a_kind_is_in_the_registry():
    folder = Path(leap_explorer.insights.__file__).parent
    made = [
        path.stem for path in folder.glob("*.py") if re.search(r"^[A-Z_]+ = Kind\(", path.read_text(), re.MULTILINE)
    ]
    assert sorted(made) == sorted(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_says_what_to_do_and_has_no_words_without_evidence(name):
    insight = _insight("a", name)
    assert kind_of(insight) is KINDS[name]
    assert KINDS[name].title == name.replace("_", " ")
    assert kind_of(insight).action(insight)[0].islower()
    assert evidence_in_words(insight) == []


def test_a_subkind_goes_before_its_kind():
    assert kind_of(_insight("a", "low_performance", "over_fitting")) is KINDS["over_fitting"]


def test_a_kind_of_another_version_shows_what_all_share():
    insight = _insight("a", "later", p_value=0.01)
    assert kind_of(insight).title == "later"
    assert evidence_in_words(insight) == [("Chance of this by luck", "1.0 %.")]
    assert kind_of(insight).action(insight) == "look at the 5 samples where subset is validation"


def test_sides_are_named_by_what_is_compared():
    assert _sides(_insight("a")) == ("these samples", "the others")
    assert _sides(_insight("a", subkind="over_fitting")) == ("held-out samples", "training samples")
    assert _sides(_insight("a", "domain_gap", by="subset")) == ("this subset", "training samples")
    assert _sides(_insight("a", "domain_gap", by="metadata_genre")) == ("these samples", "the others")


def test_no_evidence_gives_no_words():
    assert evidence_in_words(_insight("a")) == []
    assert evidence_in_words(_insight("a", excess_loss_share=0.0, unknown=3)) == []


def test_loss_and_errors_in_words():
    rate = {"errors": 5, "n": 50, "share": 0.1, "low": 0.043, "high": 0.214}
    words = dict(
        evidence_in_words(
            _insight(
                "a",
                loss_inside=0.5,
                loss_outside=0.75,
                difference={"value": -0.25, "low": -0.5, "high": 0.125},
                errors_inside=rate,
                errors_outside=None,
                p_value=0.04,
            )
        )
    )
    assert words["Loss"] == (
        "The mean is 0.5 for these samples and 0.75 for the others: 0.25 lower "
        "(95 % interval of the difference -0.5 to +0.125)."
    )
    assert words["Wrong predictions"] == "10.0 % (5 of 50; 95 % interval 4.3 to 21.4 %) of these samples."
    assert words["Chance of this by luck"] == "4.0 %."


def test_a_difference_without_an_interval_is_called_uncertain():
    difference = {"value": 0.1, "low": None, "high": None}
    words = dict(evidence_in_words(_insight("a", loss_inside=0.5, loss_outside=0.4, difference=difference)))
    assert words["Loss"].endswith("there are too few to say how certain the difference is.")


def test_copies_labels_outliers_and_shifts_in_words():
    copies = dict(
        evidence_in_words(
            _insight(
                "a",
                "data_leakage",
                groups=1200,
                identical_groups=3,
                training_twins=9,
                different_ground_truths=2,
                near_identical_searched=True,
                near_identical_threshold=0.8,
            )
        )
    )
    assert copies["Groups"].startswith("1,200 groups of samples that repeat each other; in 3 of them")
    assert copies["In training"].startswith("9 training samples")
    assert copies["Contradictions"].startswith("2 groups")
    assert "80 %" in copies["What counts"]
    share = {"value": 0.05, "low": 0.02, "high": 0.1}
    labels = dict(evidence_in_words(_insight("a", "mislabeled", flips=5, ambiguous=2, share=share)))
    assert "5.0 % of the labels looked at (95 % interval 2.0 to 10.0 %); 2 more" in labels["Likely mislabelled"]
    far = dict(
        evidence_in_words(
            _insight(
                "a",
                "out_of_distribution",
                limit=1.5,
                share=share,
                expected_share=0.01,
                by_subset={"test": {"beyond": 5, "n": 100}},
                p_value=1e-9,
            )
        )
    )
    assert "above 1.5" in far["How many"]
    assert far["In test"] == "5 of 100 samples."
    assert far["Chance of this by luck"] == "under 0.01 %."
    row = {"column": "metadata_genre", "value": "drama", "distance": 0.25, "loss_share": 0.1}
    shifts = dict(evidence_in_words(_insight("a", "domain_gap", shifted=[row])))
    assert shifts["Genre is drama"].startswith("Distance of the two distributions 0.25")
    assert "10.0 % of the loss" in shifts["Genre is drama"]


def test_effects_have_a_size_and_a_direction():
    def words(value):
        return effect_in_words({"value": value, "low": value - 0.05, "high": value + 0.05})

    assert words(0.1).startswith("hardly any: 0.10 standard deviations higher (0.05 to 0.15)")
    assert words(-0.3).startswith("small: 0.30 standard deviations lower (0.25 to 0.35)")
    assert words(0.6).startswith("medium")
    assert words(-2.0).startswith("large")


def test_chance_is_a_percentage():
    assert chance_in_words(0.0312) == "3.1 %"
    assert chance_in_words(0.0) == "under 0.01 %"
    assert chance_in_words(0.0004) == "0.04 %"
