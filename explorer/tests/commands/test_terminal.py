"""What the commands print, at the widths of terminals."""

import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from leap_explorer.commands.terminal import Column, print_probabilities, print_table

COLUMNS = [Column("id"), Column("label"), Column("loss", "number"), Column("what was found", "text")]
PROSE = "Where the reviews are long, the model is wrong more often than elsewhere, by a quarter."
ROWS = [
    ["train-neg-00012", "negative", "1,234.567", PROSE],
    ["train-pos-01234", "positive", "0.001", "[bold]x\x1b[31m"],
]


def printed(width, columns=COLUMNS, rows=ROWS, **more):
    console = Console(width=width, color_system=None)
    with console.capture() as captured:
        print_table(console, columns, rows, **more)
    return captured.get()


@pytest.mark.parametrize("width", [30, 40, 60, 80, 120, 250])
def test_names_and_numbers_are_never_cut(width):
    out = printed(width)
    assert all(cell in out for row in ROWS for cell in row[:3])
    assert "…" not in out
    assert max(map(cell_len, out.splitlines())) <= width
    assert " ".join(re.findall(r"[\w,.]+", out)).count("quarter.") == 1


@pytest.mark.parametrize(("width", "is_table"), [(120, True), (80, True), (60, False), (40, False)])
def test_narrow_terminals_have_a_block_a_row(width, is_table):
    assert ("│" in printed(width)) == is_table


def test_a_block_has_a_line_for_each_name_and_number():
    lines = printed(40, rows=ROWS[1:]).splitlines()
    assert lines[0] == "train-pos-01234"
    assert [line.split() for line in lines[1:3]] == [["label", "positive"], ["loss", "0.001"]]


def test_blocks_may_be_headed_by_several_cells():
    assert printed(40, n_headings=2).startswith("train-neg-00012, negative\n  loss")


def test_nothing_is_markup_or_steers_the_terminal():
    out = printed(120, title="[red]\x1b[31m")
    assert "\x1b" not in out
    assert "[bold]x" in out
    assert "[red]" in out


def test_a_table_without_rows():
    assert "what was found" in printed(80, rows=[])


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_bars_fit(width):
    console = Console(width=width, color_system=None)
    with console.capture() as captured:
        print_probabilities(console, {"negative": 0.25, "good": 0.75})
    first, second = captured.get().splitlines()
    assert first.startswith("negative 0.250")
    assert second.startswith("good     0.750")
    assert max(map(len, (first, second))) <= width
    assert second.count("█") >= first.count("█")
