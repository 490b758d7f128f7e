"""The documents: what the code tells is up to date, and every block of the tutorial runs."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

EXPLORER = Path(__file__).resolve().parents[2]
DOCS = EXPLORER / "docs"
BLOCK = re.compile(r"^```(python|bash)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", ["commands.md", "insights.md"])
def test_the_reference_is_what_the_code_says(name):
    pages = runpy.run_path(str(DOCS / "make_reference.py"))["PAGES"]
    written = (DOCS / "reference" / name).read_text(encoding="utf-8")
    assert written == pages[name](), "Run: python explorer/docs/make_reference.py"


def test_a_users_workflow_calls_commands_that_exist():
    workflow = (DOCS / "examples" / "gate-a-model.yml").read_text(encoding="utf-8")
    called = set(re.findall(r"leap-explorer (\w+)", workflow))
    reference = (DOCS / "reference" / "commands.md").read_text(encoding="utf-8")
    assert called == {"evaluate", "check", "explore", "tests", "compact"}
    assert called <= set(re.findall(r"^## `leap-explorer (\w+)[ \w]*`$", reference, re.MULTILINE))


def test_every_page_stands_in_the_navigation():
    navigation = (EXPLORER / "mkdocs.yml").read_text(encoding="utf-8")
    pages = [str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")]
    assert len(pages) > 10
    assert [page for page in pages if page not in navigation] == []


@pytest.mark.slow
def test_workflows_are_githubs():
    pytest.importorskip("check_jsonschema")
    files = [DOCS / "examples" / "gate-a-model.yml", *(EXPLORER.parent / ".github" / "workflows").glob("*.yml")]
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_the_site_builds_and_loads_nothing_from_elsewhere(tmp_path):
    pytest.importorskip("material")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-f", EXPLORER / "mkdocs.yml", "-d", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for page in tmp_path.rglob("*.html"):
        loaded = re.findall(r"<(?:script|img)[^>]+src=\"?(https?:[^\s\">]+)", page.read_text(encoding="utf-8"))
        loaded += re.findall(r"<link[^>]+stylesheet[^>]+href=\"?(https?:[^\s\">]+)", page.read_text(encoding="utf-8"))
        assert loaded == []


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the blocks are for a POSIX shell")
def test_every_block_of_the_tutorial_runs(tmp_path):
    blocks = BLOCK.findall((DOCS / "tutorial" / "own-classifier.md").read_text(encoding="utf-8"))
    assert [language for language, _ in blocks].count("python") >= 2
    assert [language for language, _ in blocks].count("bash") >= 4
    (tmp_path / "leap-explorer").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m leap_explorer "$@"\n')
    (tmp_path / "leap-explorer").chmod(0o755)
    paths = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": import_path()}
    for language, code in blocks:
        command = [sys.executable, "-c", code] if language == "python" else ["bash", "-euc", code]
        done = subprocess.run(
            command, cwd=tmp_path, env=os.environ | paths, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{code}\n{done.stderr}"
    assert (tmp_path / "report.html").stat().st_size > 100_000


def import_path():
    return os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(EXPLORER)]))
