"""Writes the pages of docs/reference that the code itself tells: python explorer/docs/make_reference.py"""

import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import typer.main

from leap_explorer.cli import app
from leap_explorer.insights import find
from leap_explorer.insights.kinds import KINDS

REFERENCE = Path(__file__).resolve().parent / "reference"
NOTE = "<!-- Written by explorer/docs/make_reference.py; do not edit. -->\n"


def commands_page() -> str:
    """Every command of `leap-explorer` with its arguments and options, as its `--help` has them."""
    group = typer.main.get_command(app)
    parts = [NOTE, "# Commands\n", f"{group.help}\n"]
    for name, command in sorted(_commands(group)):
        parts += [f"## `leap-explorer {name}`\n", f"{command.help}\n", "| | |\n| --- | --- |"]
        parts += [f"| `{_label(param)}` | {_help(param)} |" for param in command.params if not _is_help(param)]
        parts.append("")
    return "\n".join(parts)


def _commands(group: typer.core.TyperGroup, prefix: str = "") -> Iterator[tuple[str, typer.core.TyperCommand]]:
    """Each command by its name, those of groups as `tests new`."""
    for name, command in group.commands.items():
        if isinstance(command, typer.core.TyperGroup):
            yield from _commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def _is_help(param: typer.core.TyperArgument | typer.core.TyperOption) -> bool:
    return param.name == "help"


def _label(param: typer.core.TyperArgument | typer.core.TyperOption) -> str:
    if param.param_type_name == "argument":
        return str(param.metavar or param.name).strip("{}")
    return " / ".join([*param.opts, *param.secondary_opts])


def _help(param: typer.core.TyperArgument | typer.core.TyperOption) -> str:
    text = (param.help or "").replace("|", "\\|")
    has_default = param.default not in (None, ()) and not isinstance(param.default, bool) and not param.required
    return f"{text} Default: {param.default}." if has_default and "Default" not in text else text


def insights_page() -> str:
    """Every kind of insight, by the docstring of the function that finds it: definition and statistics."""
    parts = [NOTE, "# Insights and their statistics\n", f"{inspect.getdoc(find)}\n"]
    for name, finder in _finders():
        parts += [f"## {name.replace('_', ' ').capitalize()}\n", _prose(finder), ""]
    return "\n".join(parts)


def _finders() -> Iterator[tuple[str, object]]:
    """Each kind's name and the function of its module that finds it."""
    for name in KINDS:
        module = import_module(f"leap_explorer.insights.{name}")
        own = (value for value in vars(module).values() if getattr(value, "__module__", "") == module.__name__)
        yield name, next(value for value in own if getattr(value, "__name__", "").startswith("find_"))


def _prose(finder: object) -> str:
    """The module's sentence and the function's; what it raises, as what it needs."""
    module = inspect.getmodule(finder)
    text, _, raises = (inspect.getdoc(finder) or "").partition("\nRaises:\n")
    needs = [line.strip().removeprefix("NotApplicable: ") for line in raises.splitlines() if "NotApplicable" in line]
    notes = [f"\nNot checked where {need}" for need in needs if not need.startswith("as ")]
    return "\n\n".join(part.strip() for part in [inspect.getdoc(module) or "", text, *notes])


PAGES = {"commands.md": commands_page, "insights.md": insights_page}

if __name__ == "__main__":
    for page_name, page in PAGES.items():
        (REFERENCE / page_name).write_text(page(), encoding="utf-8")
