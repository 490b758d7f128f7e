"""What an integration may add to its contract: its texts as they were written, and what drives its model on any text.

The contract knows a text by its sample alone, as tokens and as the words that a visualizer shows. An integration that
knows more names a function in its pyproject.toml:

    [tool.leap-explorer]
    texts = "package.module:function"

It is called with the model's file, in the integration's own process, and returns its `OwnTexts`. The page then shows
texts as they were written, colours their words by the integration's own method, and lets the user try other texts.
"""

import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from leap_explorer.errors import ExplorerError
from leap_explorer.explain.reader import Explanation

if TYPE_CHECKING:
    from leap_explorer.contract.host import Host

_PATIENCE = 10.0  # time limits that the first answer may take: it loads the data, or the model


class OwnTexts(Protocol):
    """The texts of an integration, and one model. Ids are the integration's own, as text."""

    def text(self, sample_id: str) -> str | None:
        """A sample's text as it was written; None if there is none."""

    def explain(self, text: str, target: str) -> Explanation:
        """What drives the model on a text; `target` is a label or `loss`, which is of the sample with this text.

        Raises:
            ExplorerError: the model cannot be asked so.
        """

    def label_csv(self, decisions: Sequence[Mapping[str, Any]]) -> str:
        """As `leap_explorer.explain.reader.TextReader` has it."""


def declared_texts(folder: Path) -> str | None:
    """What an integration's pyproject.toml names, `module:function`; None where it names nothing.

    Raises:
        ExplorerError: the file cannot be read, or names something else.
    """
    path = folder / "pyproject.toml"
    if not path.is_file():
        return None
    try:
        named = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("leap-explorer", {}).get("texts")
    except (OSError, ValueError, AttributeError) as error:
        raise ExplorerError(f"{path} cannot be read: {error}") from error
    if named is not None and not (isinstance(named, str) and all(named.partition(":"))):
        raise ExplorerError(f"{path} must name `texts` of [tool.leap-explorer] as module:function, not {named!r}.")
    return named


def read_texts(host: "Host", named: str, sample_ids: Sequence[str]) -> list[str | None]:
    """The samples' texts as they were written; called through the door, as the functions below are."""
    host.tell("its own texts", _PATIENCE)
    texts = _own_texts(named, host.model_path)
    return [texts.text(one) for one in sample_ids]


def explain_text(host: "Host", named: str, text: str, target: str) -> Explanation:
    host.tell("the model's reading of a text", _PATIENCE)
    return _own_texts(named, host.model_path).explain(text, target)


def write_label_csv(host: "Host", named: str, decisions: Sequence[Mapping[str, Any]]) -> str:
    host.tell("its own texts", _PATIENCE)
    return _own_texts(named, host.model_path).label_csv(decisions)


@lru_cache(maxsize=1)
def _own_texts(named: str, model: Path | None) -> OwnTexts:
    module, _, function = named.partition(":")
    return getattr(import_module(module), function)(model)
