"""CSV for people: opened in a spreadsheet, no cell is taken for a formula; read back by us, each is what it was.

A cell that a spreadsheet would compute gets an apostrophe before it. The file says so itself: its rows have a column
`apostrophe_added`, `yes` where apostrophes are to be taken off again. Files that need none have no such column, and
nobody else's do, so theirs are read as they are.
"""

import csv
import re

import pandas as pd

MARK = "apostrophe_added"
YES = "yes"

_APOSTROPHE = "'"
_FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")  # the last four are full-width = + - @
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would compute the cell, or might: numbers are harmless."""
    return bool(_FORMULA.match(cell)) and not _NUMBER.fullmatch(cell)


def to_csv(table: pd.DataFrame) -> str:
    """The table as CSV without its index; `unquoted` gives back the texts. Names of columns stay as they are."""
    texts = [name for name in table if not pd.api.types.is_numeric_dtype(table[name])]
    cells = table[texts].astype(object)
    formulas = cells.map(lambda cell: isinstance(cell, str) and is_formula(cell)).any(axis=1)
    if not formulas.any():
        return _csv(table)
    quoted = table.astype(dict.fromkeys(texts, object))
    quoted.loc[formulas, texts] = cells[formulas].map(_quoted)
    return _csv(quoted.assign(**{MARK: formulas.map({True: YES, False: ""})}))


def unquoted(table: pd.DataFrame) -> pd.DataFrame:
    """The table that `to_csv` wrote, read as text, as it was; any other as it is."""
    if MARK not in table:
        return table
    has_added = table[MARK] == YES
    texts = table.drop(columns=MARK)
    return texts.where(~has_added, texts.map(lambda cell: cell.removeprefix(_APOSTROPHE)))


def _csv(table: pd.DataFrame) -> str:
    content = table.to_csv(index=False)
    # Python < 3.13 leaves a carriage return without quotes, so that it would read as a line's end
    return table.to_csv(index=False, quoting=csv.QUOTE_ALL) if "\r" in content else content


def _quoted(cell: object) -> object:
    """A cell of a row in which one apostrophe is taken off each cell that begins with one."""
    is_changed = isinstance(cell, str) and (cell.startswith(_APOSTROPHE) or is_formula(cell))
    return f"{_APOSTROPHE}{cell}" if is_changed else cell
