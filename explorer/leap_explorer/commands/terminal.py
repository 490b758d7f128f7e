"""What the commands print: tables that suit the terminal's width, and probabilities as bars."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Literal

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

_LEAST_TEXT = 24  #: columns of a terminal in which prose still reads well
_LONGEST_BAR = 40


class Screen(Console):
    """A console on which nothing from a run, a table or a path steers the terminal, or is taken for an emoji."""

    def __init__(self, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, emoji=False)

    def render_str(self, text: str, **how: Any) -> Text:
        return super().render_str(printable(text), **how)


@dataclass(frozen=True)
class Column:
    """A column of a table. Names and numbers are never cut or broken; a text may take several lines."""

    title: str
    kind: Literal["name", "number", "text"] = "name"

    def least_width(self, cells: Sequence[str]) -> int:
        """The columns of a terminal that it needs."""
        lines = [line for cell in (self.title, *cells) for line in cell.splitlines()]
        natural = max(map(cell_len, lines), default=0)
        return min(natural, _LEAST_TEXT) if self.kind == "text" else natural


def print_table(
    console: Console, columns: Sequence[Column], rows: Sequence[Sequence[str]], title: str = "", n_headings: int = 1
) -> None:
    """A table, or, where the terminal is too narrow for it, a block per row: its first cells, and lines for the others.

    Args:
        rows: a plain text for each column; nothing in it is markup, or steers the terminal.
        n_headings: how many cells, at least one, head a block.
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    if title:
        console.print(Text(printable(title), "italic"), soft_wrap=True)
    by_column = list(zip(*cells, strict=True)) or [()] * len(columns)
    widths = [column.least_width(of_column) for column, of_column in zip(columns, by_column, strict=True)]
    if sum(widths) + 3 * len(columns) + 1 <= console.width:
        console.print(_table(columns, cells))
        return
    for row in cells:
        console.print(Text(", ".join(row[:n_headings]), "bold"), soft_wrap=True)
        _print_block(console, columns[n_headings:], row[n_headings:])


def _table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(show_lines=any(column.kind == "text" for column in columns))
    for column in columns:
        justify: Literal["left", "right"] = "right" if column.kind == "number" else "left"
        table.add_column(Text(column.title), justify=justify, no_wrap=column.kind != "text")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _print_block(console: Console, columns: Sequence[Column], cells: Sequence[str]) -> None:
    width = max((cell_len(column.title) for column in columns), default=0)
    for column, cell in zip(columns, cells, strict=True):
        if column.kind != "text":
            line = Text.assemble("  ", (column.title.ljust(width), "dim"), "  ", cell)
            console.print(line, soft_wrap=True)
        elif width + _LEAST_TEXT <= console.width:
            grid = Table.grid(padding=(0, 2, 0, 0))
            grid.add_column(min_width=width, no_wrap=True)
            grid.add_row(Text(column.title, "dim"), Text(cell))
            console.print(Padding(grid, (0, 0, 0, 2), expand=False))
        else:
            console.print(Text(f"  {column.title}", "dim"), soft_wrap=True)
            console.print(Padding(Text(cell), (0, 0, 0, 4), expand=False))


def print_probabilities(console: Console, probabilities: Mapping[str, float]) -> None:
    """A line a label: its probability, and a bar that is no longer than the terminal has room for."""
    width = max(map(cell_len, probabilities), default=0)
    room = min(_LONGEST_BAR, max(console.width - width - 7, 0))
    for label, share in probabilities.items():
        line = f"{printable(label).ljust(width)} {share:.3f} {'█' * round(room * share)}"
        console.print(Text(line.rstrip()), soft_wrap=True)


def drop_what_cannot_be_written(stream: IO[str]) -> None:
    """Send what a stream still holds nowhere, if nobody takes it, so that the process can end."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def printable(text: str) -> str:
    """The text without what could steer the terminal."""
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "\N{REPLACEMENT CHARACTER}" for sign in text)
