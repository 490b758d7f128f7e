import gzip
import io
import os
import re
import tarfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from IMDb.config import load_config
from IMDb.errors import UserError
from IMDb.reviews.dataset import load_dataset, read_acl_imdb, read_columns, read_packaged, read_table, split_validation
from IMDb.reviews.tables import stop_at_a_fault, text_faults

ACL_FILES = {
    "train/neg/0_3.txt": "Bad.",
    "train/neg/1_1.txt": "Awful <br />film",
    "train/pos/0_9.txt": "Good.",
    "train/pos/10_10.txt": "Wonderful, naïve",
    "train/unsup/7_0.txt": "Who knows",
    "test/neg/0_2.txt": "Dull",
    "test/pos/0_7.txt": "Fine",
}
NOT_REVIEWS = {
    "imdb.vocab": "the\n",
    "README": "read me",
    "train/urls_neg.txt": "http",
    "train/neg/notes_a.txt": "x",
    "train/neg/._0_3.txt": "\0",
}


def settings(data):
    return load_config().model_copy(update={"data": str(data)})


def write_folder(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def write_archive(path, files):
    path.parent.mkdir(exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def write_table(path, table):
    if path.suffix == ".parquet":
        table.to_parquet(path)
    else:
        table.to_csv(path, sep="\t" if path.suffix == ".tsv" else ",", index=False)
    return path


def write_text(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def error_of(function, *arguments):
    """The message of the one UserError."""
    with pytest.raises(UserError) as raised:
        function(*arguments)
    return str(raised.value)


@pytest.fixture(scope="module")
def bundled():
    return read_packaged("bundled")


@pytest.fixture(scope="module")
def bundled_split(bundled):
    return split_validation(bundled, 0.1, 42)


class TestBundled:
    def test_numbers(self, bundled):
        assert bundled["label"].value_counts().to_dict() == {0: 12_500, 1: 12_500}
        assert set(bundled["split"]) == {"training"}
        assert bundled["rating"].isna().all()
        assert bundled["text"].duplicated().sum() == 96
        assert (bundled["text"].str.strip() != "").all()

    def test_types(self, bundled):
        assert bundled.dtypes.astype(str).to_dict() == {
            "id": "str",
            "text": "str",
            "label": "Int8",
            "split": "str",
            "rating": "Int8",
        }

    def test_ids_are_unique_readable_and_stable(self, bundled):
        assert bundled["id"].is_unique
        assert bundled["id"].str.fullmatch(r"train-(neg|pos)-\d{5}").all()
        by_id = bundled.set_index("id")
        assert by_id.loc["train-neg-00000", "text"].startswith("I rented I AM CURIOUS-YELLOW from")
        assert by_id.loc["train-pos-12499", "text"].startswith("The story centers around Barry McKenzie")
        assert (by_id["label"] == by_id.index.str.startswith("train-pos")).all()

    def test_split(self, bundled, bundled_split):
        counts = bundled_split.groupby(["label", "split"]).size()
        assert counts[0, "validation"] == pytest.approx(1_250, abs=10)
        assert counts[1, "validation"] == pytest.approx(1_250, abs=10)
        assert (bundled_split.groupby("text")["split"].nunique() == 1).all()
        assert bundled_split.drop(columns="split").equals(bundled.drop(columns="split"))

    def test_split_follows_the_seed(self, bundled, bundled_split):
        first, second = bundled_split["split"], split_validation(bundled, 0.1, 43)["split"]
        in_both = (first == "validation") & (second == "validation")
        assert in_both.sum() < 0.2 * (first == "validation").sum()

    def test_split_does_not_depend_on_the_order_of_the_rows(self, bundled):
        some = bundled[::20]
        shuffled = some.sample(frac=1, random_state=0)
        assert split_validation(shuffled, 0.1, 42).loc[some.index].equals(split_validation(some, 0.1, 42))


def reviews(texts, labels, splits="training"):
    ids = [f"r{number}" for number in range(len(texts))]
    table = pd.DataFrame({"id": ids, "text": texts}).assign(label=labels, split=splits)
    return table.astype({"label": "Int8"})


class TestSplitValidation:
    def test_share_is_of_each_label(self):
        table = reviews([f"text {number}" for number in range(100)], [0] * 80 + [1] * 20)
        split = split_validation(table, 0.25, 0)
        assert split[split["split"] == "validation"]["label"].value_counts().to_dict() == {0: 20, 1: 5}

    def test_at_least_one_review_of_each_label(self):
        split = split_validation(reviews(["a", "b", "c", "d"], [0, 0, 1, 1]), 0.01, 0)
        assert split.groupby(["label", "split"]).size().tolist() == [1, 1, 1, 1]

    @pytest.mark.parametrize("seed", range(8))
    def test_texts_that_differ_in_case_and_spaces_stay_together(self, seed):
        texts = ["Good film", "good  FILM ", "good\nfilm", "b", "c", "d"]
        split = split_validation(reviews(texts, [1, 1, 1, 1, 0, 0]), 0.5, seed)
        assert split["split"][:3].nunique() == 1

    @pytest.mark.parametrize("seed", range(8))
    def test_order_of_equal_texts_with_contrary_labels_does_not_matter(self, seed):
        table = reviews(["same", "a", "b", "same", "c", "d"], [0, 0, 0, 1, 1, 1])
        forward = split_validation(table, 0.34, seed)["split"]
        backward = split_validation(table[::-1], 0.34, seed)["split"]
        assert forward.to_dict() == backward.to_dict()
        assert forward[0] == forward[3]

    def test_only_training_reviews_are_held_out(self):
        splits = ["training"] * 8 + ["test", "unlabeled"]
        table = reviews([f"text {number}" for number in range(10)], [0, 1] * 4 + [0, pd.NA], splits)
        split = split_validation(table, 0.5, 0)["split"]
        assert split.tolist()[8:] == ["test", "unlabeled"]
        assert (split == "validation").sum() == 4

    def test_a_validation_split_of_the_source_stays(self):
        table = reviews(["a", "b", "c"], [0, 1, 0], ["training", "training", "validation"])
        assert split_validation(table, 0.5, 0).equals(table)

    @pytest.mark.parametrize(
        ("labels", "share"), [([0, 1, 1, 1, 1, 1], 0.1), ([0, 0, 0, 1, 1, 1], 0.99)], ids=["one review", "large share"]
    )
    def test_no_label_may_vanish_from_training(self, labels, share):
        message = error_of(split_validation, reviews(list("abcdef"), labels), share, 0)
        assert re.search("leaves none of a label.*validation_share", message)


@pytest.fixture(params=["folder", "folder with aclImdb", "tar.gz", "tgz without aclImdb"])
def acl_imdb(request, tmp_path):
    files = {**ACL_FILES, **NOT_REVIEWS}
    within = {f"aclImdb/{name}": content for name, content in files.items()}
    if request.param == "folder":
        return write_folder(tmp_path / "data", files)
    if request.param == "folder with aclImdb":
        return write_folder(tmp_path / "data", within)
    if request.param == "tar.gz":
        return write_archive(tmp_path / "aclImdb_v1.TAR.GZ", within)
    return write_archive(tmp_path / "data.tgz", files)


class TestAclImdb:
    def test_reviews(self, acl_imdb):
        table = read_acl_imdb(acl_imdb)
        assert table["id"].tolist() == [
            "test-neg-0_2",
            "test-pos-0_7",
            "train-neg-0_3",
            "train-neg-1_1",
            "train-pos-0_9",
            "train-pos-10_10",
            "train-unsup-7_0",
        ]
        assert table["text"].tolist() == [
            "Dull",
            "Fine",
            "Bad.",
            "Awful <br />film",
            "Good.",
            "Wonderful, naïve",
            "Who knows",
        ]
        assert table["label"].tolist() == [0, 1, 0, 0, 1, 1, pd.NA]
        assert table["split"].tolist() == ["test"] * 2 + ["training"] * 4 + ["unlabeled"]
        assert table["rating"].tolist() == [2, 7, 3, 1, 9, 10, pd.NA]

    def test_loaded_with_its_splits(self, acl_imdb):
        splits = load_dataset(settings(acl_imdb))["split"].value_counts().to_dict()
        assert splits == {"training": 2, "validation": 2, "test": 2, "unlabeled": 1}

    @pytest.mark.parametrize("write", [write_folder, write_archive])
    @pytest.mark.parametrize(
        ("files", "message"),
        [
            (
                {"train/neg/0_3.txt": b"caf\xe9"},
                "train/neg/0_3.txt is not UTF-8 text (unexpected end of data at byte 3)",
            ),
            ({"train/neg/0_3.txt": b""}, "train/neg/0_3.txt is empty"),
            ({"train/pos/0_9.txt": b" \n\t"}, "train/pos/0_9.txt is empty"),
            ({"a/train/neg/0_3.txt": "x", "b/train/neg/0_3.txt": "y"}, "repeats the review train-neg-0_3"),
            ({"train/neg/notes.txt": "x"}, "holds no review"),
            ({}, "holds no review: expected files such as train/neg/0_3.txt"),
        ],
    )
    def test_bad_files(self, tmp_path, write, files, message):
        path = tmp_path / "data.tar.gz"
        if write is write_folder:
            path.mkdir()
        write(path, files)
        raised = error_of(load_dataset, settings(path))
        assert raised.startswith(str(path))
        assert message in raised

    @pytest.mark.parametrize(
        ("files", "message"),
        [
            ({"train/neg/0_3.txt": "x"}, "no training review is labelled positive; both classes are needed"),
            ({"test/neg/0_3.txt": "x", "test/pos/0_9.txt": "y"}, "no labelled training reviews"),
        ],
    )
    def test_classes(self, tmp_path, files, message):
        assert message in error_of(load_dataset, settings(write_folder(tmp_path, files)))

    def test_links_and_directories_in_an_archive_are_no_reviews(self, tmp_path):
        path = tmp_path / "data.tar.gz"
        with tarfile.open(path, "w:gz") as archive:
            for number, kind in enumerate((tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE)):
                member = tarfile.TarInfo(f"train/neg/{number}_1.txt")
                member.type, member.linkname = kind, "train/neg/9_1.txt"
                archive.addfile(member)
            member = tarfile.TarInfo("train/neg/9_1.txt")
            member.size = 3
            archive.addfile(member, io.BytesIO(b"bad"))
        assert read_acl_imdb(path)["id"].tolist() == ["train-neg-9_1"]

    @pytest.mark.parametrize("start", ["../../", "/", "/tmp/../"])
    def test_members_that_lead_elsewhere_are_read_and_never_unpacked(self, tmp_path, start):
        path = write_archive(tmp_path / "in" / "data.tar.gz", {f"{start}train/neg/9_1.txt": "bad"})
        assert read_acl_imdb(path)["id"].tolist() == ["train-neg-9_1"]
        assert [one.name for one in tmp_path.rglob("*")] == ["in", "data.tar.gz"]

    def test_a_bomb_is_not_unpacked(self, tmp_path):
        plain = io.BytesIO()
        with tarfile.open(fileobj=plain, mode="w") as archive:
            member = tarfile.TarInfo("train/neg/9_1.txt")
            member.size = 1 << 34
            archive.addfile(member)
        path = write_text(tmp_path / "data.tar.gz", gzip.compress(plain.getvalue()))
        assert "has 17,179,869,184 bytes; no review is longer" in error_of(read_acl_imdb, path)

    def test_dead_links_and_directories_in_a_folder_are_no_reviews(self, tmp_path):
        write_folder(tmp_path, {"train/neg/9_1.txt": "bad"})
        (tmp_path / "train/neg/0_1.txt").mkdir()
        (tmp_path / "train/neg/1_1.txt").symlink_to("absent.txt")
        assert read_acl_imdb(tmp_path)["id"].tolist() == ["train-neg-9_1"]

    @pytest.mark.parametrize(
        "content", [b"", b"no archive at all", b"\x1f\x8b", gzip.compress(b"no tar inside" * 99, mtime=0)]
    )
    def test_not_an_archive(self, tmp_path, content):
        path = write_text(tmp_path / "data.tar.gz", content)
        assert error_of(read_acl_imdb, path).startswith(f"{path} is a damaged archive")

    def test_an_archive_cut_anywhere_is_damaged(self, tmp_path):
        """Between two members, too, where `tarfile` by itself sees nothing but the end."""
        plain = io.BytesIO()
        with tarfile.open(fileobj=plain, mode="w") as archive:
            for number in range(4):
                member = tarfile.TarInfo(f"train/neg/{number}_1.txt")
                member.size = 600
                archive.addfile(member, io.BytesIO(b"x" * 600))
        whole = gzip.compress(plain.getvalue(), compresslevel=0)
        for cut in range(100, len(whole), 256):
            path = write_text(tmp_path / "data.tar.gz", whole[:cut])
            assert "is a damaged archive" in error_of(read_acl_imdb, path), cut

    @pytest.mark.parametrize("place", [700, -6])
    def test_a_changed_byte_fails_the_checksum(self, tmp_path, place):
        path = write_archive(tmp_path / "data.tar.gz", ACL_FILES)
        content = bytearray(gzip.compress(gzip.decompress(path.read_bytes()), compresslevel=0))
        content[place] ^= 1
        path.write_bytes(content)
        assert error_of(read_acl_imdb, path).startswith(f"{path} is a damaged archive")

    @pytest.mark.skipif(os.name == "nt", reason="pipes and devices are POSIX files")
    @pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.parquet", "t.tar.gz"])
    def test_a_pipe_is_not_waited_for(self, tmp_path, name):
        os.mkfifo(tmp_path / name)
        assert "it is no plain file, but a folder, a pipe" in error_of(load_dataset, settings(tmp_path / name))

    @pytest.mark.skipif(os.name == "nt", reason="pipes and devices are POSIX files")
    @pytest.mark.parametrize("name", ["t.csv", "t.tar.gz"])
    def test_an_endless_device_is_not_read(self, tmp_path, name):
        (tmp_path / name).symlink_to("/dev/zero")
        assert "it is no plain file, but a folder, a pipe" in error_of(load_dataset, settings(tmp_path / name))

    def test_no_data(self, tmp_path):
        message = error_of(load_dataset, settings(tmp_path / "absent"))
        assert f"No data at {tmp_path / 'absent'}" in message
        assert "`bundled`" in message


SUFFIXES = [".csv", ".tsv", ".parquet"]
SPELLINGS = {
    0: ["0", "neg", "negative", "NEG", " Negative ", "0.0"],
    1: ["1", "pos", "positive", "POS", "Positive", "1.0"],
}


class TestTable:
    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_every_spelling_of_a_label(self, tmp_path, suffix):
        labels = [label for label, names in SPELLINGS.items() for _ in names]
        names = [name for names in SPELLINGS.values() for name in names]
        table = pd.DataFrame({"text": [f"text {name}" for name in names], "label": names})
        table = read_table(write_table(tmp_path / f"reviews{suffix}", table))
        assert table["label"].tolist() == labels
        assert table["id"].tolist() == [f"row-{number:05d}" for number in range(1, 13)]
        assert set(table["split"]) == {"training"}
        assert table["rating"].isna().all()
        assert str(table["label"].dtype) == str(table["rating"].dtype) == "Int8"

    @pytest.mark.parametrize(
        "labels",
        [
            pd.Series([0, 1, 1]),
            pd.Series([0, 1, None]),
            pd.Series([0, 1, None], dtype="Int64"),
            pd.Series(["neg", "pos", None], dtype="category"),
        ],
        ids=["int", "float", "nullable", "category"],
    )
    def test_typed_labels_of_parquet(self, tmp_path, labels):
        path = write_table(tmp_path / "reviews.parquet", pd.DataFrame({"text": list("abc"), "label": labels}))
        table = read_table(path)
        assert table["label"].tolist()[:2] == [0, 1]
        assert table["split"].tolist() == ["training", "training", "unlabeled" if labels.isna()[2] else "training"]

    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_split_names_ids_and_ratings(self, tmp_path, suffix):
        given = {
            "train": "training",
            "Training": "training",
            "val": "validation",
            "valid": "validation",
            "validation": "validation",
            "dev": "validation",
            "TEST": "test",
            "unlabeled": "unlabeled",
            "unlabelled": "unlabeled",
            "unsup": "unlabeled",
            " unsupervised": "unlabeled",
            "": "training",
        }
        count = len(given)
        ratings = [str(1 + number % 10) for number in range(count - 1)] + [""]
        columns = {"rating": ratings, "id": [f" film {n} " for n in range(count)], "split": list(given), "note": "x"}
        path = write_table(tmp_path / f"a{suffix}", pd.DataFrame({"label": "pos", "text": "good", **columns}))
        table = read_table(path)
        assert table["split"].tolist() == list(given.values())
        assert table["id"].tolist() == [f"film {n}" for n in range(count)]
        assert table["rating"].tolist() == [1 + number % 10 for number in range(count - 1)] + [pd.NA]
        assert (table["label"].isna() == (table["split"] == "unlabeled")).all()
        assert table.columns.tolist() == ["id", "text", "label", "split", "rating"]

    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_rows_without_a_label_are_unlabelled(self, tmp_path, suffix):
        rows = {"text": list("abcde"), "label": ["0", "1", "", "0", "1"], "split": ["train", "train", "test", "", ""]}
        table = load_dataset(settings(write_table(tmp_path / f"a{suffix}", pd.DataFrame(rows))))
        assert table["label"].tolist() == [0, 1, pd.NA, 0, 1]
        assert table["split"].tolist()[2] == "unlabeled"
        assert table["split"].value_counts().to_dict() == {"training": 2, "validation": 2, "unlabeled": 1}

    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_training_needs_labels(self, tmp_path, suffix):
        path = write_table(tmp_path / f"a{suffix}", pd.DataFrame({"text": ["a", "b"]}))
        assert set(read_table(path)["split"]) == {"unlabeled"}
        assert error_of(load_dataset, settings(path)).startswith(f"{path}: no labelled training reviews")

    def test_numbers_as_ids_of_parquet(self, tmp_path):
        path = write_table(tmp_path / "a.parquet", pd.DataFrame({"id": [7, 8], "text": ["a", "b"]}))
        assert read_table(path)["id"].tolist() == ["7", "8"]

    @pytest.mark.parametrize("name", [None, "id"])
    def test_index_of_parquet(self, tmp_path, name):
        index = pd.Index(["x", "y"], name=name)
        table = pd.DataFrame({"text": ["a", "b"], "label": [0, 1]}, index=index)
        table = read_table(write_table(tmp_path / "a.parquet", table))
        assert table["id"].tolist() == (["x", "y"] if name else ["row-00001", "row-00002"])
        assert table["text"].tolist() == ["a", "b"]

    def test_categories_of_parquet_are_texts(self, tmp_path):
        path = tmp_path / "a.parquet"
        pq.write_table(pa.table({"text": pa.array(["a", "b", "a"]).dictionary_encode()}), path)
        assert read_table(path)["text"].tolist() == ["a", "b", "a"]


class TestDelimited:
    @pytest.mark.parametrize(
        ("content", "texts"),
        [
            ("text\nNA\nnull\nnan\nNone\n", ["NA", "null", "nan", "None"]),
            ('text\n"a, ""b""\nc"\n', ['a, "b"\nc']),
            ('text\n"a\r\nb"\n', ["a\r\nb"]),
            ("\ufefftext\ngood\n", ["good"]),
            ('\ufeff"text"\r\ngood\r\n', ["good"]),
            ("text\n\na\n\n\nb\n\n", ["a", "b"]),
            ("text\n007\n1e3\nTrue\n", ["007", "1e3", "True"]),
            ("text\nlast line has no end", ["last line has no end"]),
        ],
        ids=["missing", "quotes", "line ends", "bom", "bom quoted", "blank lines", "numbers", "no end"],
    )
    def test_values_are_the_texts_that_they_are(self, tmp_path, content, texts):
        assert read_columns(write_text(tmp_path / "a.csv", content))[0]["text"].tolist() == texts

    def test_tabs_and_commas(self, tmp_path):
        path = write_text(tmp_path / "a.TSV", "text\tlabel\na, b\tneg\n")
        assert read_columns(path)[0].to_dict("records") == [{"text": "a, b", "label": "neg"}]

    def test_other_columns_stay(self, tmp_path):
        path = write_text(tmp_path / "a.csv", "x,text,,\n1,a,,\n")
        assert read_columns(path)[0].columns.tolist() == ["x", "text", "", ""]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", " is empty."),
            (b"\n\n", " is empty."),
            (b"text,label\n", " has no rows."),
            (b"review,label\na,1\n", " has no column `text`; its columns are review, label."),
            (b"text,label,text\na,1,b\n", " has the column `text` 2 times."),
            (b"text,label,label\na,1,b\n", " has the column `label` 2 times."),
            (b"text,label\na,1\nb\n", ", row 2: 1 fields, where the header has 2."),
            (b"text,label\na,1,x\nb,0,y\n", ", row 1: 3 fields, where the header has 2."),
            (b"text,label\na,1\n\nb,0,\n", ", row 2: 3 fields, where the header has 2."),
            (b'text,label\na,1\n"b,0\nc,0\n', ", row 2 (line 4): unexpected end of data."),
            (b'text,label\na,1\n"b"c,0\n', ", row 2 (line 3): ',' expected after '\"'."),
            (b"text,label\na,1\n,0\n", ", row 2: `text` is empty."),
            (b"text,label\na,1\n \t,0\n", ", row 2: `text` is empty."),
            (b"text,label\na,1\n\xa0,0\n", ", line 3: not UTF-8 text; save the file as UTF-8."),
            (b"text,label\na,1\nb,0\ncaf\xe9,0\n", ", line 4: not UTF-8 text; save the file as UTF-8."),
            ("text\nüber\n".encode("utf-16"), ", line 1: not UTF-8 text; save the file as UTF-8."),
            (
                b"text,label\na,1\nb,maybe\n",
                ", row 2: label 'maybe' is unknown; use 0, 1, neg, pos, negative or positive.",
            ),
            (b"text,label\na,1\nb,2\n", ", row 2: label '2' is unknown"),
            (b"text,label\na,1\nb,-1\n", ", row 2: label '-1' is unknown"),
            (
                b"text,split\na,train\nb,holdout\n",
                ", row 2: split 'holdout' is unknown; use train, validation, test or",
            ),
            (b"text,id\na,x\nb,y\nc,x\n", ", row 3: id 'x' stands in row 1 already."),
            (b"text,id\na,x\nb, x\n", ", row 2: id 'x' stands in row 1 already."),
            (b"text,id\na,x\nb,\n", ", row 2: `id` is empty or longer than 256 characters."),
            (b"text,id\na," + b"x" * 257 + b"\n", ", row 1: `id` is empty or longer than 256 characters."),
            (b"text,rating\na,10\nb,0\n", ", row 2: rating '0' is not a whole number from 1 to 10."),
            (b"text,rating\na,1\nb,7.5\n", ", row 2: rating '7.5' is not a whole number from 1 to 10."),
            (b"text,rating\na,1\nb,nan\n", ", row 2: rating 'nan' is not a whole number from 1 to 10."),
        ],
    )
    def test_bad_files(self, tmp_path, content, message):
        path = write_text(tmp_path / "reviews.csv", content)
        assert error_of(read_table, path).startswith(f"{path}{message}")

    def test_id_of_256_characters(self, tmp_path):
        path = write_text(tmp_path / "a.csv", f"text,id\na,{'x' * 256}\n")
        assert read_table(path)["id"].tolist() == ["x" * 256]

    @pytest.mark.parametrize("name", ["reviews.txt", "reviews", "aclImdb.zip"])
    def test_unknown_suffix(self, tmp_path, name):
        path = write_text(tmp_path / name, "text\na\n")
        assert error_of(load_dataset, settings(path)).startswith(f"{path}: unknown kind of file; give a .csv")

    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_missing_file(self, tmp_path, suffix):
        path = tmp_path / f"absent{suffix}"
        assert error_of(read_table, path).startswith(f"{path} cannot be read: ")

    @pytest.mark.parametrize(
        ("rows", "message"),
        [
            ("a,1,train\nb,1,train\n", "no training review is labelled negative"),
            ("a,0,train\nb,0,train\nc,1,test\n", "no training review is labelled positive"),
            ("a,0,train\nb,0,train\nc,1,validation\n", "no training review is labelled positive"),
            ("a,0,train\nb,1,train\nc,1,validation\n", "no validation review is labelled negative"),
            ("a,0,validation\nb,1,validation\n", "no labelled training reviews"),
            ("a,0,test\nb,1,test\n", "no labelled training reviews"),
        ],
    )
    def test_classes_that_are_not_there(self, tmp_path, rows, message):
        path = write_text(tmp_path / "reviews.csv", f"text,label,split\n{rows}")
        assert error_of(load_dataset, settings(path)).startswith(f"{path}: {message}")


class TestParquet:
    @pytest.mark.parametrize(
        ("columns", "message"),
        [
            ({"review": ["a"]}, " has no column `text`; its columns are review."),
            ({"text": pa.array([], pa.string())}, " has no rows."),
            ({"text": ["a", None]}, ", row 2: `text` is empty."),
            ({"text": ["a", "\t\n"]}, ", row 2: `text` is empty."),
            ({"text": pa.nulls(2)}, ", row 1: `text` is empty."),
            ({"text": [1, 2]}, ", row 1: `text` holds no text but a value of type int."),
            ({"text": [None, 1.5]}, ", row 1: `text` is empty."),
            ({"text": [b"abc"]}, ", row 1: `text` holds no text but a value of type bytes."),
            ({"text": [["a", "b"]]}, ", row 1: `text` holds no text but a value of type list."),
            ({"text": ["a", "b"], "label": [1, 2]}, ", row 2: label '2' is unknown"),
            ({"text": ["a", "b"], "label": [1.0, 0.5]}, ", row 2: label '0.5' is unknown"),
            ({"text": ["a", "b"], "label": [True, False]}, ", row 1: label 'True' is unknown; use 0, 1, neg, pos"),
            ({"text": ["a", "b"], "id": ["x", None]}, ", row 2: `id` is empty or longer than 256 characters."),
            ({"text": ["a", "b"], "id": [3, 3]}, ", row 2: id '3' stands in row 1 already."),
            ({"text": ["a", "b"], "rating": [10, 11]}, ", row 2: rating '11' is not a whole number from 1 to 10."),
        ],
    )
    def test_bad_columns(self, tmp_path, columns, message):
        path = tmp_path / "reviews.parquet"
        pq.write_table(pa.table(columns), path)
        assert error_of(read_table, path).startswith(f"{path}{message}")

    def test_duplicated_column(self, tmp_path):
        path = tmp_path / "reviews.parquet"
        pq.write_table(pa.Table.from_arrays([pa.array(["a"])] * 2, names=["text", "text"]), path)
        assert error_of(read_table, path) == f"{path} has the column `text` 2 times."

    def test_bytes_that_are_not_utf8(self, tmp_path):
        path = tmp_path / "reviews.parquet"
        offsets, data = np.array([0, 2], dtype=np.int32), b"\xff\xfe"
        text = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(offsets), pa.py_buffer(data)])
        pq.write_table(pa.table({"text": text}), path)
        assert error_of(read_table, path).startswith(f"{path} cannot be read: ")

    @pytest.mark.parametrize(
        "damage", [lambda _: b"", lambda c: c[:50], lambda c: c[:-8], lambda c: c[:4] + bytes(30) + c[34:]]
    )
    def test_damaged_file(self, tmp_path, damage):
        path = write_table(tmp_path / "reviews.parquet", pd.DataFrame({"text": ["good"] * 9}))
        path.write_bytes(damage(path.read_bytes()))
        assert error_of(read_table, path).startswith(f"{path} cannot be read: ")


def test_rows_of_a_chunk_are_counted_from_its_first(tmp_path):
    chunk = pd.DataFrame({"text": ["a", " "]}, index=[100, 101])
    said = error_of(stop_at_a_fault, tmp_path / "a.csv", text_faults(chunk), 101)
    assert said.endswith("a.csv, row 102: `text` is empty.")
