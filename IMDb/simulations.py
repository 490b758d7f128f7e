"""Reviews written differently, and pairs of sentences with known labels: whether a model holds up when words change.

Each change is a pure function of a text, a random generator and bounded parameters, and keeps the review's label. An id
names source and change: `train-neg-00012~typos:rate=0.05,kind=all`. The samples of one seed are the same reviews
whatever the change, so that strengths of a change can be compared on the same reviews.
"""

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import numpy as np

from IMDb.reviews.dataset import Review
from IMDb.text.standardise import expand_contractions

SEPARATOR = "~"

_LONGEST_ID = 256  # of a Tensorleap sample id
_SHORTEST_WORD = 5  # letters of a word that is mistyped
_WORD = re.compile(rf"[^\W\d_]{{{_SHORTEST_WORD},}}")
_SENTENCE_END = re.compile(r"(?<=[.!?])(?:\s|<br ?/?>)+")
_PUNCTUATION = re.compile(r"[^\w\s'<>/]")
_SPACE = re.compile(r"(?<!<br) ")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEIGHBOURS = {row[i]: row[max(i - 1, 0) : i] + row[i + 1 : i + 2] for row in _ROWS for i in range(len(row))}
_NOISE = ("<br /><br />", "  ", "&nbsp;", "\t", "\n")
_ACCENTS = dict(zip("aeiounc", "áéíóúñç", strict=True))
_LOOK_ALIKES = dict(zip("aeopcxy", "\u0430\u0435\u043e\u0440\u0441\u0445\u0443", strict=True))  # Cyrillic
_NEUTRAL = (
    "I watched it on a Tuesday evening.",
    "The film is about two hours long.",
    "My cousin was in the room as well.",
    "It is set in a town by the sea.",
)

Generator = np.random.Generator
Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Simulation:
    """A change of a review's text, with its parameters as code-loader's decorator takes them."""

    name: str
    parameters: dict[str, dict[str, Any]]
    change: Callable[..., str]  #: of text, generator and the parameters by name


def number(low: float, high: float) -> dict[str, Any]:
    """A parameter that is a number from `low` to `high`; whole if both are."""
    return {"type": type(low), "bounds": {"min": low, "max": high}}


def choice(*values: str) -> dict[str, Any]:
    """A parameter that is one of some words; code-loader checks the first."""
    return {"type": str, "bounds": {"values": list(values)}}


def typos(text: str, generator: Generator, rate: float, kind: str) -> str:
    """A share `rate` of the words of five letters or more mistyped inside: swaps, drops, neighbouring keys, or all."""
    kinds = ("swaps", "drops", "neighbours") if kind == "all" else (kind,)

    def mistyped(found: re.Match[str]) -> str:
        word = found.group()
        return _mistyped(word, generator, _one_of(kinds, generator)) if generator.random() < rate else word

    return _WORD.sub(mistyped, text)


def _one_of(values: Sequence[str], generator: Generator) -> str:
    """What `generator.choice` would draw, which makes an array of the values each time."""
    return values[int(generator.integers(len(values)))]


def _mistyped(word: str, generator: Generator, kind: str) -> str:
    """One mistake between the first and the last letter."""
    at = int(generator.integers(1, len(word) - 2))
    if kind == "swaps":
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == "drops":
        return word[:at] + word[at + 1 :]
    keys = _NEIGHBOURS.get(word[at].lower(), word[at])
    return word[:at] + _one_of(keys, generator) + word[at + 1 :]


def lost(text: str, _generator: Generator, what: str) -> str:
    """Without capital letters, without punctuation (but for apostrophes), or without both; markup stays."""
    if what != "punctuation":
        text = text.lower()
    return text if what == "casing" else _PUNCTUATION.sub("", text)


def contractions(text: str, _generator: Generator, form: str) -> str:
    """ "isn't" written as "is not" (`expanded`), or the reverse (`made`)."""
    if form == "expanded":
        return expand_contractions(text.replace("\u2019", "'"))
    for shorten in _SHORTEN:
        text = shorten(text)
    return text


def _shortens(*forms: tuple[str, str, str]) -> Callable[[str], str]:
    """Writes other endings in one pass.

    Args:
        forms: the beginnings that stay, the rest that goes, and what stands for it.
    """
    endings = [ending for _, _, ending in forms]
    pattern = re.compile(rf"\b(?:{'|'.join(f'({stays}){goes}' for stays, goes, _ in forms)})\b", re.IGNORECASE)

    def short(found: re.Match[str]) -> str:
        form = found.lastindex or 1
        return found[form] + endings[form - 1]

    return lambda text: pattern.sub(short, text)


_SHORTEN = (
    _shortens(
        ("is|are|was|were|do|does|did|has|have|had|would|could|should", " not", "n't"),
        ("c", "an ?not", "an't"),
        ("w", "ill not", "on't"),
    ),
    _shortens(
        ("i", " am", "'m"),
        ("you|we|they", " are", "'re"),
        ("i|you|we|they", " have", "'ve"),
        ("i|you|he|she|it|we|they", " will", "'ll"),
    ),
)


def noise(text: str, generator: Generator, rate: float) -> str:
    """A share `rate` of the spaces replaced by HTML line breaks, references, tabs and the like."""
    first, *others = _SPACE.split(text)
    random = generator.random
    return first + "".join([(_one_of(_NOISE, generator) if random() < rate else " ") + other for other in others])


def look_alikes(text: str, generator: Generator, rate: float, kind: str) -> str:
    """A share `rate` of the letters that have one replaced by an accented letter, or by one that looks the same."""
    others = _ACCENTS if kind == "accents" else _LOOK_ALIKES
    signs = list(text)
    for place in np.flatnonzero(generator.random(len(text)) < rate).tolist():
        signs[place] = others.get(signs[place], signs[place])
    return "".join(signs)


def truncated(text: str, _generator: Generator, words: int, end: str) -> str:
    """The first or the last so many words."""
    parts = text.split()
    return " ".join(parts[:words] if end == "first" else parts[-words:])


def shuffled(text: str, generator: Generator, share: float) -> str:
    """A share of the sentences in each other's places."""
    sentences = _SENTENCE_END.split(text)
    moved = np.sort(generator.permutation(len(sentences))[: round(share * len(sentences))])
    for target, source in zip(moved, list(map(sentences.__getitem__, generator.permutation(moved))), strict=True):
        sentences[target] = source
    return " ".join(sentences)


def neutral_sentence(text: str, generator: Generator, position: str) -> str:
    """With a sentence that says nothing of the film, at the start, in the middle or at the end."""
    sentences = _SENTENCE_END.split(text)
    places = {"start": 0, "middle": len(sentences) // 2, "end": len(sentences)}
    sentences.insert(places[position], _one_of(_NEUTRAL, generator))
    return " ".join(sentences)


RATE = number(0.0, 1.0)
TYPOS = Simulation("typos", {"rate": RATE, "kind": choice("all", "swaps", "drops", "neighbours")}, typos)
LOST = Simulation("lost", {"what": choice("casing", "punctuation", "both")}, lost)
CONTRACTIONS = Simulation("contractions", {"form": choice("expanded", "made")}, contractions)
NOISE = Simulation("noise", {"rate": RATE}, noise)
LOOK_ALIKES = Simulation("look_alikes", {"rate": RATE, "kind": choice("accents", "same_looking")}, look_alikes)
TRUNCATED = Simulation("truncated", {"words": number(5, 500), "end": choice("first", "last")}, truncated)
SHUFFLED = Simulation("shuffled", {"share": RATE}, shuffled)
NEUTRAL = Simulation("neutral_sentence", {"position": choice("start", "middle", "end")}, neutral_sentence)
_BY_NAME = {one.name: one for one in (TYPOS, LOST, CONTRACTIONS, NOISE, LOOK_ALIKES, TRUNCATED, SHUFFLED, NEUTRAL)}


def simulate(
    simulation: Simulation, reviews: Mapping[str, Review], count: int, seed: int, parameters: Parameters
) -> dict[str, Review]:
    """So many reviews, or all if there are fewer, with their texts changed; the same for the same seed.

    What becomes of a review depends on its id and the seed, not on how many others are drawn.
    """
    change = ",".join(f"{name}={value}" for name, value in parameters.items())
    ending = f"{SEPARATOR}{simulation.name}:{change}"
    known = [one for one in reviews if len(one) + len(ending) <= _LONGEST_ID and reviews[one].label is not None]
    drawn = np.sort(np.random.default_rng(seed).permutation(len(known))[:count])
    return {f"{source}{ending}": _changed(simulation, source, reviews[source], seed, parameters)
            for source in map(known.__getitem__, drawn)}  # fmt: skip


def remade(sample_id: str, reviews: Mapping[str, Review], seed: int) -> Review | None:
    """The review that a simulation made, by its id alone; None where the id names none that can be made.

    Args:
        reviews: by id, the sources among them.
        seed: the simulation's.
    """
    source, _, change = sample_id.rpartition(SEPARATOR)
    name, _, written = change.partition(":")
    if name == "minimal_pairs":
        return _all_pairs().get(source.removeprefix("#"))
    simulation, review = _BY_NAME.get(name), reviews.get(source)
    if simulation is None or review is None:
        return None
    pairs = (part.split("=") for part in written.split(","))
    parameters = {key: simulation.parameters[key]["type"](value) for key, value in pairs}
    return _changed(simulation, source, review, seed, parameters)


@cache
def _all_pairs() -> dict[str, Review]:
    return minimal_pairs(len(_PAIRS) * len(_SUBJECTS) * 2 * len(_GOOD), 0, "all")


def _changed(simulation: Simulation, source: str, review: Review, seed: int, parameters: Parameters) -> Review:
    generator = np.random.default_rng([seed, zlib.crc32(source.encode())])
    return Review(simulation.change(review.text, generator, **parameters), review.label, review.rating, review.text)


@dataclass(frozen=True)
class _Pair:
    """Two sentences that differ in a few words and in their label; both name a subject and a word."""

    negative: str
    positive: str
    words: tuple[str, ...]


_GOOD = ("good", "great", "funny", "clever")
_BAD = ("bad", "boring", "awful", "dull")
_PAIRS = {
    "not_good": _Pair("This {subject} is not {word}.", "This {subject} is {word}.", _GOOD),
    "not_bad": _Pair("This {subject} is {word}.", "This {subject} is not {word} at all.", _BAD),
    "less_bad": _Pair("The {subject} was as {word} as I feared.", "The {subject} wasn't as {word} as I feared.", _BAD),
    "double_negation": _Pair(
        "It is not true that I {word} this {subject}.",
        "It is not true that I never {word} this {subject}.",
        ("liked", "loved", "enjoyed", "admired"),
    ),
    "but": _Pair(
        "The {subject} has its good moments, but it is {word}.",
        "The {subject} has its {word} moments, but I loved it.",
        _BAD,
    ),
}
_SUBJECTS = ("movie", "film", "picture", "comedy", "story", "sequel", "drama", "thriller")
CONSTRUCTS = choice("all", *_PAIRS)


def minimal_pairs(count: int, seed: int, construct: str) -> dict[str, Review]:
    """Sentences of which both of a pair differ only in a negation or the like, with the labels that they have.

    At most as many as there are: 64 of each construct. The two of a pair have ids that differ in the label alone.
    """
    names = list(_PAIRS) if construct == "all" else [construct]
    made = [
        (f"{name}-{subject}-{word}", _PAIRS[name], subject, word)
        for name in names
        for subject, word in product(_SUBJECTS, _PAIRS[name].words)
    ]
    reviews: dict[str, Review] = {}
    for place in np.random.default_rng(seed).permutation(len(made)):
        key, pair, subject, word = made[place]
        for label, template in enumerate((pair.negative, pair.positive)):
            text = template.format(subject=subject, word=word)
            reviews[f"pair-{key}-{'positive' if label else 'negative'}"] = Review(text, label, None)
    return dict(list(reviews.items())[:count])
