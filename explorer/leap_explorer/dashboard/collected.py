"""Collections: samples that the user chose, kept on disk under a name with a note, and filters elsewhere.

A collection names its samples by subset and id, so that it holds for every run of the same data. A condition on the
pseudo-column `collection` asks for its samples (`==`), for all others (`!=`), or for those of several (`in`).
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.user_state import changing, read_kept
from leap_explorer.errors import ExplorerError
from leap_explorer.insights.filters import Condition
from leap_explorer.insights.rows import Mask
from leap_explorer.spreadsheet import to_csv

FILE = "collections.json"
LONGEST_NAME, LONGEST_NOTE = 80, 2_000

Ids = Mapping[str, list[str]]  #: by subset, in the order in which they were added


@dataclass(frozen=True, eq=False)
class Collection:
    """Samples under a name."""

    name: str
    note: str
    made: str  #: UTC, ISO 8601
    samples: Ids

    @property
    def n(self) -> int:
        """Samples, of this run or not."""
        return sum(map(len, self.samples.values()))


def collections(folder: Path) -> dict[str, Collection]:
    """Those kept in a folder, by name, the oldest first; what is none of ours is passed over.

    Raises:
        ExplorerError: the file holds something else.
    """
    path = folder / FILE
    try:
        content = sha256(path.read_bytes()).hexdigest()  # two changes can fall into one tick of the file's clock
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ExplorerError(f"{path} cannot be read: {error.strerror}.") from error
    return _read(path, content)


@lru_cache(maxsize=4)
def _read(path: Path, _content: str) -> dict[str, Collection]:
    kept = read_kept(path)
    return {
        name: Collection(name, one["note"], one["made"], one["samples"]) for name, one in kept.items() if _is_one(one)
    }


def _is_one(value: Any) -> bool:
    if not isinstance(value, dict) or not all(isinstance(value.get(name), str) for name in ("note", "made")):
        return False
    samples = value.get("samples")
    return isinstance(samples, dict) and all(
        isinstance(ids, list) and all(isinstance(one, str) for one in ids) for ids in samples.values()
    )


def keep(folder: Path, name: str, note: str, data: RunData, mask: Mask) -> str:
    """Keep the marked samples under a new name; the name as it is kept, without needless spaces.

    Raises:
        ExplorerError: there is no sample, the name is none or taken, or it cannot be written.
    """
    name = _readable(" ".join(name.split()), "name", LONGEST_NAME)
    note = _readable(note.strip(), "note", LONGEST_NOTE)
    if not name:
        raise ExplorerError("A collection needs a name.")
    if not mask.any():
        raise ExplorerError("No sample is selected, so there is nothing to keep.")
    with changing(folder / FILE) as kept:
        if name in kept:
            raise ExplorerError(f"There is a collection {name} already. Add the selected to it, or give another name.")
        kept[name] = {"note": note, "made": datetime.now(UTC).isoformat(timespec="seconds"), "samples": ids(data, mask)}
    return name


def merge(folder: Path, name: str, added: Ids) -> None:
    """Add samples to a collection; those that it has stay once."""
    with _changing(folder, name) as samples:
        for subset, of_subset in added.items():
            samples[subset] = list(dict.fromkeys([*samples.get(subset, []), *of_subset]))


def subtract(folder: Path, name: str, removed: Ids) -> None:
    """Take samples out of a collection."""
    with _changing(folder, name) as samples:
        for subset, of_subset in removed.items():
            gone = set(of_subset)
            samples[subset] = [one for one in samples.get(subset, []) if one not in gone]
            if not samples[subset]:
                del samples[subset]


def forget(folder: Path, name: str) -> None:
    """Delete a collection; its samples stay where they are."""
    with changing(folder / FILE) as kept:
        kept.pop(name, None)


def ids(data: RunData, mask: Mask) -> dict[str, list[str]]:
    """The marked samples' ids by subset."""
    marked = data.frame.loc[mask, ["subset", "id"]].astype(str)
    return {str(subset): rows.tolist() for subset, rows in marked.groupby("subset", sort=False)["id"]}


@lru_cache(maxsize=32)
def rows_of(data: RunData, collection: Collection) -> Mask:
    """[n], which samples of a run are in a collection."""
    mask = np.zeros(data.n, dtype=bool)
    for subset, of_subset in collection.samples.items():
        rows = np.flatnonzero((data.frame["subset"] == subset).to_numpy(dtype=bool, na_value=False))
        mask[rows] = data.frame["id"].iloc[rows].isin(of_subset).to_numpy(dtype=bool, na_value=False)
    mask.flags.writeable = False
    return mask


def allows(folder: Path, condition: Condition) -> bool:
    """Whether a condition names collections that are kept."""
    kept = collections(folder)
    return condition.operator in ("==", "!=", "in") and all(name in kept for name in _names(condition))


def meets(folder: Path, data: RunData, condition: Condition) -> Mask:
    """[n], the samples of a run that meet a condition on collections; all of one that is not allowed."""
    if not allows(folder, condition):
        return np.ones(data.n, dtype=bool)
    kept = collections(folder)
    mask = np.any([rows_of(data, kept[name]) for name in _names(condition)], axis=0)
    return ~mask if condition.operator == "!=" else mask


def as_csv(data: RunData, collection: Collection) -> str:
    """A line a sample: its subset and id, and what the run says of it; of samples that it has not, nothing more."""
    pairs = [(subset, one) for subset, of_subset in collection.samples.items() for one in of_subset]
    named = pd.DataFrame(pairs, columns=["subset", "id"], dtype="string")
    facts = data.frame.drop_duplicates(["subset", "id"])
    return to_csv(named.merge(facts, on=["subset", "id"], how="left"))


def as_json(collection: Collection) -> str:
    """Name, note, time and samples, by subset."""
    told = {"name": collection.name, "note": collection.note, "made": collection.made, "samples": collection.samples}
    return json.dumps(told, indent=1) + "\n"


def _names(condition: Condition) -> tuple[Any, ...]:
    return condition.value if isinstance(condition.value, tuple) else (condition.value,)


def _readable(text: str, what: str, longest: int) -> str:
    """A name or note, if it can be kept.

    Raises:
        ExplorerError: it is too long, or holds what is no character.
    """
    if len(text) > longest:
        raise ExplorerError(f"The {what} has {len(text):,} characters; {longest:,} are allowed.")
    if any("\ud800" <= sign <= "\udfff" or (sign < " " and sign not in "\n\t") for sign in text):
        raise ExplorerError(f"The {what} holds signs that are no characters.")
    return text


@contextmanager
def _changing(folder: Path, name: str) -> Iterator[dict[str, list[str]]]:
    """The samples of a collection, to be changed in place.

    Raises:
        ExplorerError: there is no such collection, or it cannot be written.
    """
    with changing(folder / FILE) as kept:
        if not _is_one(kept.get(name)):
            raise ExplorerError(f"There is no collection {name} any more.")
        yield kept[name]["samples"]
