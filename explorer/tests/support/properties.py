"""Tests of what holds for any input, each with 200 made-up examples, and with 10,000 in the slow set."""

import sys
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

#: Gives a test its argument `examples`.
EXAMPLES = pytest.mark.parametrize("examples", [200, pytest.param(10_000, marks=pytest.mark.slow)])

#: What markup, references and odd characters are made of, and words between them.
FRAGMENTS = (
    *("good", "Film", "a", "br", "i", "not", "3", "word", "x"),
    *(" ", "\n", ". ", "...", "-", "'", '"', "=", "/", "_", "&", ";", "#"),
    *("<", ">", "</", "<br />", "<b>", "</b>", '<a title="x>y">', "<i don't>", "<Part II and ", "<grin>", "<a b='"),
    *("<script>", "</script>", "<style>", "</style >", "<!--", "-->", "<!doctype html>", "<?xml?>", "<h1\n>"),
    *(
        "&lt;",
        "&gt;",
        "&amp;",
        "&#39;",
        "&eacute;",
        "&#x92;",
        "&hellip;",
        "&nosuch;",
        "&#0;",
        "isn't",
        "ISN\u2019T",
        "n\x92t",
    ),
    *(
        "\u0130stanbul",
        "Stra\u00dfe",
        "\ufb01lm",
        "\u03a3\u03c2",
        "\uff27\uff4f",
        "\u00bd",
        "\u2026",
        "\u0149",
        "\u2121",
        "\ufdfa",
    ),
    *(
        "\u00ad",
        "\u200d",
        "\u200b",
        "\u200f",
        "\ufeff",
        "\u0301",
        "\u0316\u0301",
        "\u0939\u093f",
        "\U0001f44d\U0001f3fd",
        "\u2764\ufe0f",
    ),
    *("\x00", "\x08", "\x85", "\x96", "\u2028", "\ud83d", "\U000e0041", "\u96fb\u5f71"),
)


def texts(max_size: int = 20) -> st.SearchStrategy[str]:
    """Texts of fragments and of any characters, lone surrogates included."""
    anything = st.text(st.characters(exclude_categories=()), max_size=4)
    return st.lists(st.sampled_from(FRAGMENTS) | anything, max_size=max_size).map("".join)


def holds(examples: int, property_: Callable[..., None], *strategies: st.SearchStrategy) -> None:
    """Try the property, a function that asserts it, on so many examples, the same ones each time."""
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    profile = settings(max_examples=examples, deadline=None, derandomize=True, suppress_health_check=checks)
    profile(given(*strategies)(property_))()


def count_calls(function: Callable[[], object]) -> int:
    """How many calls of Python and built-in functions one call makes: a measure of its time that is always the same."""
    count = 0

    def profile(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count
