"""The table of faults names tests that exist."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ROW = re.compile(r"^\| (?P<fault>.+?) \| (?P<promise>.+?) \| `(?P<path>[\w/.]+)::(?P<name>\w+)` \|$", re.MULTILINE)
LINES = (ROOT / "explorer" / "docs" / "reference" / "faults.md").read_text(encoding="utf-8")


@cache
def named_in(path):
    nodes = ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


def test_every_row_names_a_test_that_exists():
    rows = list(ROW.finditer(LINES))
    assert len(rows) == len([line for line in LINES.splitlines() if line.startswith("| ") and "::" in line])
    assert [row["fault"] for row in rows if row["name"] not in named_in(row["path"])] == []


def test_there_are_at_least_sixty_and_none_twice():
    faults = [row["fault"] for row in ROW.finditer(LINES)]
    assert len(faults) >= 60
    assert len(set(faults)) == len(faults)
