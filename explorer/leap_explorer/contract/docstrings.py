"""What an integration's docstrings say of its metrics and metadata: a title and a meaning.

The convention, for any integration:

- of a function that gives one value, the first paragraph counts: `Star rating. 1-10; None where it is unknown.`
- of a function that gives a dict, a line for each key: ``- `count`: unknown words. How many the vocabulary lacks.``
- the first sentence is the title if it has at most 48 characters and a meaning follows; otherwise all is the meaning.

A title stands within sentences, so that of a key it is taken as it is written: with a capital only for a name
(`Linsear Write grade`). A docstring begins with a capital; its first letter is lowered unless its word has others.
"""

import re
from dataclasses import dataclass

LONGEST_TITLE = 48

_KEY_LINES = re.compile(r"^- `(\w+)`: (.*?)(?=\n- |\n\n|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Description:
    """What a metric or metadata is called, and what it means."""

    title: str  #: as within a sentence, without a full stop; empty where there is none
    meaning: str  #: sentences


def descriptions_of(name: str, docstring: str) -> dict[str, Description]:
    """By name what a function's docstring says: of its value `name`, and of each key of a dict `name_key`."""
    summary = _described(docstring.split("\n\n")[0])
    found = {name: Description(_lowered(summary.title), summary.meaning)}
    found |= {f"{name}_{key}": _described(line) for key, line in _KEY_LINES.findall(docstring)}
    return {name: one for name, one in found.items() if one.meaning}


def _described(text: str) -> Description:
    line = " ".join(text.split())
    title, _, meaning = line.partition(". ")
    if not meaning or len(title) > LONGEST_TITLE:
        title, meaning = "", line
    return Description(title, meaning[:1].upper() + meaning[1:])


def _lowered(title: str) -> str:
    """With a small first letter, unless its word has another capital, as `TextBlob` has."""
    word = title.partition(" ")[0]
    return title if word[1:] != word[1:].lower() else title[:1].lower() + title[1:]
