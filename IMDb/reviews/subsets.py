"""The reviews that a trained model is looked at with, in the platform's subsets.

`training` is what the model has learned from, by its own record and whatever the source calls it; everything else that
is labelled is held out. The platform requires the subsets training and validation, so a source without them borrows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from IMDb.config import BUNDLED, LABELS, Config
from IMDb.errors import UserError
from IMDb.reviews.dataset import Tell, load_dataset, read_one, read_packaged, text_hash
from IMDb.reviews.seen import Keys, are_seen, read_seen

#: Bundled reviews of each label, at most, that stand in for a subset which the platform requires.
BORROWED_OF_LABEL = 1000

_LIMITS = (
    "What cannot be known: whether the model has read an edited copy of a text (those that differ in case and spaces "
    "alone are found), or met it in the texts that a base checkpoint was made from."
)


@dataclass(frozen=True)
class Subsets:
    """All reviews, their `split` being the platform's subset, and what is to be said of how they came there."""

    reviews: pd.DataFrame
    notes: tuple[str, ...]
    borrowed: frozenset[str] = frozenset()  #: ids of bundled reviews that stand in for a subset

    @property
    def own(self) -> pd.DataFrame:
        """The reviews of the sources alone."""
        return self.reviews[~self.reviews["id"].isin(self.borrowed)]


def load_subsets(config: Config, seen_path: Path, tell: Tell = lambda path, rows: None) -> Subsets:
    """The reviews of `config.data`, and those of `config.test` beside them.

    Args:
        seen_path: the record of what the model of the settings has learned from. Without one the splits' names are
            believed.
        tell: is told the rows of tables that are passed over, if the settings say so.

    Raises:
        UserError: a source cannot be read or breaks a rule, nothing stands in for a missing subset, or `config.test`
            has no review that the model has not learned from.
    """
    seen = read_seen(seen_path)
    if seen is None:
        unknown = f"No {seen_path.name} says what {config.model} has learned from, so the splits' names are believed."
        found = Subsets(load_dataset(config, tell), (unknown,))
    else:
        found = _by_the_record(config, seen, tell)
    reviews, notes = found.reviews, list(found.notes)
    if config.test is not None:
        tested, note = _tested(config, seen, reviews, tell)
        reviews = pd.concat([reviews, tested], ignore_index=True)
        notes.append(note)
    if (config.data, config.test) != (BUNDLED, None):
        notes.append(_LIMITS)
    return Subsets(reviews, tuple(notes), found.borrowed)


def _by_the_record(config: Config, seen: Keys, tell: Tell) -> Subsets:
    """The reviews of `config.data` by what the model has learned from, with what is borrowed."""
    source = read_one(config, config.data, tell)
    reviews = by_what_was_seen(source, are_seen(source["text"], seen))
    notes = list(_notes(config, source, reviews))
    borrowed: set[str] = set()
    for split in ("training", "validation"):
        if not (reviews["split"] == split).any():
            lent = _borrowed(config, split, seen)
            lent = lent[~lent["id"].isin(reviews["id"])]
            reviews = pd.concat([lent, reviews], ignore_index=True)
            borrowed.update(lent["id"])
            notes.append(f"The platform requires {split} reviews: {len(lent):,} bundled ones stand in for them.")
    return Subsets(reviews, tuple(notes), frozenset(borrowed))


def by_what_was_seen(reviews: pd.DataFrame, is_seen: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """The reviews with `split` by what a model has learned from; `is_seen` [n] says what that is.

    A labelled review is `training` if it was seen. If not, it keeps the name of its split, and one of a training split
    is `validation`; where nothing else is, reviews of a test split are too, since the platform requires some.
    """
    named = reviews["split"]
    split = named.mask((named != "unlabeled") & is_seen, "training")
    split = split.mask((split == "training") & ~is_seen, "validation")
    if not (split == "validation").any():
        split = split.mask(split == "test", "validation")
    return reviews.assign(split=split)


def _notes(config: Config, source: pd.DataFrame, reviews: pd.DataFrame) -> Iterator[str]:
    """What the model knows of a source that is not the bundled one, and which reviews change their subset."""
    if config.data == BUNDLED:
        return
    labelled = source["split"] != "unlabeled"
    seen = int((reviews["split"] == "training").sum())
    yield f"{config.model} has learned from {seen:,} of the {labelled.sum():,} labelled reviews of {config.data}."
    moved = source["split"] != reviews["split"]
    for (old, new), rows in reviews[moved].groupby([source["split"][moved], "split"], sort=False):
        why = "it has learned from them" if new == "training" else "it has not learned from them"
        if old == "test" and new == "validation":
            why = "the platform requires some"
        yield f"{len(rows):,} of the {old} reviews stand under {new}, as {why}."


def _borrowed(config: Config, split: str, seen: Keys) -> pd.DataFrame:
    """Bundled reviews that the model has learned from, for `training`, or has not, for `validation`."""
    bundled = read_packaged(BUNDLED)
    is_fit = are_seen(bundled["text"], seen) == (split == "training")
    order = [text_hash(text, config.seed) for text in bundled["text"]]
    drawn = bundled.assign(split=split, order=order)[is_fit].sort_values("order").groupby("label")
    borrowed = drawn.head(BORROWED_OF_LABEL).drop(columns="order").sort_values("id")
    if borrowed["label"].nunique() < len(LABELS):
        raise UserError(
            f"{config.data}: {config.model} has learned from none of it, nor from the bundled reviews, and the "
            f"platform requires {split} reviews. Give what it was trained on with --data, and this with --test."
        )
    return borrowed


def _tested(config: Config, seen: Keys | None, others: pd.DataFrame, tell: Tell) -> tuple[pd.DataFrame, str]:
    """The reviews of `config.test` that the model has not learned from, as `test`, and what is to be said of them."""
    source = read_one(config, str(config.test), tell)
    if (others["split"] == "test").any():
        raise UserError(
            f"{config.data} has a test split of its own, so that --test {config.test} has no room beside it."
        )
    is_seen = np.zeros(len(source), dtype=bool) if seen is None else are_seen(source["text"], seen)
    if is_seen.all():
        raise UserError(f"{config.model} has learned from every review of {config.test}, so they test nothing.")
    kept = source[~is_seen]
    kept = kept.assign(split=kept["split"].mask(kept["split"] != "unlabeled", "test"))
    if kept["id"].isin(others["id"]).any():
        kept = kept.assign(id="test-" + kept["id"])
    unknown = " (as far as is known)" if seen is None else ""
    return kept, (
        f"{config.test}: {len(kept):,} reviews stand beside the others; {is_seen.sum():,} more, which {config.model} "
        f"has learned from, are left out{unknown}."
    )
