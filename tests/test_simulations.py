import numpy as np
import pytest

from IMDb import simulations
from IMDb.reviews.dataset import Review
from IMDb.simulations import minimal_pairs, remade, simulate
from IMDb.text.standardise import standardise

TEXT = (
    "I didn't LIKE this wonderful movie. It is not good at all, however! The acting was terrible.<br /><br />"
    "Another sentence about nothing? They have done it."
)
ALL = (
    simulations.TYPOS,
    simulations.LOST,
    simulations.CONTRACTIONS,
    simulations.NOISE,
    simulations.LOOK_ALIKES,
    simulations.TRUNCATED,
    simulations.SHUFFLED,
    simulations.NEUTRAL,
)


def generator(seed=0):
    return np.random.default_rng(seed)


def changed(simulation, **parameters):
    return simulation.change(TEXT, generator(), **parameters)


@pytest.mark.parametrize("kind", ["all", "swaps", "drops", "neighbours"])
def test_typos(kind):
    words, found = TEXT.split(), changed(simulations.TYPOS, rate=1.0, kind=kind).split()
    short = [place for place, word in enumerate(words) if len(word) < 5]
    assert [found[place] for place in short] == [words[place] for place in short]
    assert len(found) == len(words)
    assert "movie." not in found
    assert changed(simulations.TYPOS, rate=0.0, kind=kind) == TEXT


def test_kinds_of_typos():
    assert simulations.typos("abcde", generator(), 1.0, "swaps") in ("acbde", "abdce")
    assert simulations.typos("abcde", generator(), 1.0, "drops") in ("acde", "abde")
    assert simulations.typos("qqqqq", generator(), 1.0, "neighbours") in ("qwqqq", "qqwqq")


def test_what_is_lost():
    assert changed(simulations.LOST, what="casing") == TEXT.lower()
    assert changed(simulations.LOST, what="punctuation").startswith(
        "I didn't LIKE this wonderful movie It is not good at all however The acting was terrible<br /><br />Another"
    )
    assert changed(simulations.LOST, what="both").startswith("i didn't like this wonderful movie it is not")


def test_contractions():
    assert "I did not LIKE" in changed(simulations.CONTRACTIONS, form="expanded")
    made = changed(simulations.CONTRACTIONS, form="made")
    assert "It isn't good" in made
    assert made.endswith("They've done it.")
    assert simulations.contractions("I cannot, we will not, I am, it will", generator(), "made") == (
        "I can't, we won't, I'm, it'll"
    )


def test_noise_changes_no_word():
    found = changed(simulations.NOISE, rate=1.0)
    assert found != TEXT
    assert standardise(found) == standardise(TEXT)


def test_look_alikes():
    assert simulations.look_alikes("a sea", generator(), 1.0, "accents") == "á séá"
    assert simulations.look_alikes("xyz", generator(), 1.0, "same_looking") == "\u0445\u0443z"
    assert changed(simulations.LOOK_ALIKES, rate=0.0, kind="accents") == TEXT


def test_truncated():
    assert changed(simulations.TRUNCATED, words=3, end="first") == "I didn't LIKE"
    assert changed(simulations.TRUNCATED, words=3, end="last") == "have done it."
    assert changed(simulations.TRUNCATED, words=500, end="last").split() == TEXT.split()


def test_shuffled():
    sentences = "One. Two. Three. Four. Five."
    found = simulations.shuffled(sentences, generator(), 1.0)
    assert found != sentences
    assert sorted(found.split()) == sorted(sentences.split())
    assert simulations.shuffled(sentences, generator(), 0.0) == sentences


@pytest.mark.parametrize(("position", "place"), [("start", 0), ("middle", 1), ("end", 2)])
def test_neutral_sentence(position, place):
    found = simulations.neutral_sentence("One. Two.", generator(), position)
    parts = found.split(". ")
    assert len(parts) == 3
    assert [part.rstrip(".") for part in parts if part.rstrip(".") in ("One", "Two")] == ["One", "Two"]
    assert parts[place].rstrip(".") not in ("One", "Two")


class TestSimulate:
    REVIEWS = {f"r{number}": Review(f"{TEXT} {number}", number % 2, 1 + number) for number in range(20)}  # noqa: RUF012

    @pytest.mark.parametrize("simulation", ALL, ids=lambda one: one.name)
    def test_the_same_for_the_same_seed(self, simulation):
        parameters = {
            name: 0.5 if one["type"] is float else 10 if one["type"] is int else one["bounds"]["values"][0]
            for name, one in simulation.parameters.items()
        }
        found = simulate(simulation, self.REVIEWS, 5, 3, parameters)
        assert found == simulate(simulation, self.REVIEWS, 5, 3, parameters)
        assert len(found) == 5
        for name, review in found.items():
            assert remade(name, self.REVIEWS, 3) == review
            source, _, change = name.partition("~")
            assert change.startswith(f"{simulation.name}:")
            original = self.REVIEWS[source]
            assert (review.label, review.rating, review.original) == (original.label, original.rating, original.text)

    def test_a_reviews_change_does_not_depend_on_how_many_are_drawn(self):
        few, many = (
            simulate(simulations.TYPOS, self.REVIEWS, count, 0, {"rate": 0.5, "kind": "all"}) for count in (3, 15)
        )
        assert set(few) <= set(many)
        assert all(many[name] == review for name, review in few.items())

    def test_strengths_are_of_the_same_reviews(self):
        weak, strong = (simulate(simulations.NOISE, self.REVIEWS, 6, 0, {"rate": rate}) for rate in (0.1, 0.9))
        assert [name.partition("~")[0] for name in weak] == [name.partition("~")[0] for name in strong]

    def test_no_more_than_there_are_and_none_without_a_label(self):
        reviews = {**self.REVIEWS, "unlabelled": Review("text", None, None), "x" * 250: Review("text", 0, None)}
        assert len(simulate(simulations.NOISE, reviews, 1_000, 0, {"rate": 0.1})) == 20


def test_what_no_simulation_made_cannot_be_made_again():
    reviews = TestSimulate.REVIEWS
    assert all(remade(name, reviews, 0) is None for name in ("r1", "r99~lost:what=both", "r1~unheard:of=it", ""))


class TestMinimalPairs:
    def test_made_again_by_its_id(self):
        for name, review in minimal_pairs(4, 3, "but").items():
            assert remade(f"#{name}~minimal_pairs:construct=but", {}, 0) == review

    def test_both_of_a_pair(self):
        found = minimal_pairs(1_000, 0, "all")
        assert len(found) == 320
        assert len({review.text for review in found.values()}) == 320
        for name, review in found.items():
            assert name.endswith("positive" if review.label else "negative")
            other = found[name.replace("positive", "negative")]
            assert (other.label, other.text == review.text) == (0, review.label == 0)

    def test_labels_by_hand(self):
        texts = {review.text: review.label for review in minimal_pairs(1_000, 0, "all").values()}
        assert texts["This movie is not bad at all."] == 1
        assert texts["This film is not good."] == 0
        assert texts["The story wasn't as dull as I feared."] == 1
        assert texts["It is not true that I never liked this drama."] == 1
        assert texts["The sequel has its good moments, but it is boring."] == 0

    def test_of_one_construct_and_seed(self):
        found = minimal_pairs(10, 4, "not_bad")
        assert list(found) == list(minimal_pairs(10, 4, "not_bad"))
        assert all(name.startswith("pair-not_bad-") for name in found)
        assert list(found) != list(minimal_pairs(10, 5, "not_bad"))
