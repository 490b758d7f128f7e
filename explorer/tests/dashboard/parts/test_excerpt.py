"""A text in one line, from its start or around what was searched for in it."""

import pytest
from dash import html

from leap_explorer.dashboard.parts.excerpt import excerpt, marked
from leap_explorer.dashboard.search import parse

LONG = "one two three four five six seven eight nine ten"


def written(text, length, query=""):
    """The excerpt, what was searched for in brackets."""
    return "".join(f"[{part}]" if is_match else part for part, is_match in excerpt(text, length, parse(query)))


@pytest.mark.parametrize(
    ("text", "length", "shown"),
    [
        ("a <br />b\n c", 20, "a b c"),
        ("hello brave world", 13, "hello brave…"),
        ("hello brave world", 11, "hello…"),
        ("hello brave world", 17, "hello brave world"),
        ("x" * 30, 10, "x" * 9 + "…"),
        ("", 10, ""),
    ],
)
def test_it_starts_with_the_text_and_ends_between_words(text, length, shown):
    assert written(text, length) == shown


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("two", "one [two] three four five…"),
        ("seven", "…six [seven] eight nine…"),
        ("ten", "…seven eight nine [ten]"),
        ('"seven eight" nine', "…six [seven eight] [nine]…"),
        ("absent", "one two three four five…"),
        ("-two", "one two three four five…"),
    ],
)
def test_it_is_around_what_was_searched_for(query, shown):
    assert written(LONG, 24, query) == shown


@pytest.mark.parametrize("length", range(8, 60))
@pytest.mark.parametrize("word", LONG.split())
def test_it_is_no_longer_than_it_may_be_and_holds_the_match(word, length):
    parts = excerpt(LONG, length, parse(f'"{word}"'))
    assert len("".join(part for part, _ in parts)) <= length
    assert [part for part, is_match in parts if is_match] == [word]


@pytest.mark.parametrize(
    ("query", "shown"), [("two", "one [two] three four five six…"), ("seven", "…[seven] eight nine ten")]
)
def test_a_match_stands_near_the_start_of_a_narrow_cell(query, shown):
    parts = excerpt(LONG, 28, parse(query), seen=12)
    assert "".join(f"[{part}]" if is_match else part for part, is_match in parts) == shown


def test_matches_are_marked_and_markup_stays_text():
    first, mark, last = marked(excerpt("<b>good</b> film", 40, parse("good")))
    assert (first, last) == ("<b>", "</b> film")
    assert isinstance(mark, html.Mark)
    assert mark.children == "good"
