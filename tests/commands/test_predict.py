import csv
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from files import write_csv
from full_disk import full_disk  # noqa: F401 - a fixture
from IMDb.commands.options import settings
from IMDb.config import ROOT
from IMDb.reviews.dataset import load_dataset

REVIEWS = {"id": ["007", "NA"], "text": ["A wonderful, moving film.", "Awful, boring and badly acted."]}


@pytest.fixture
def reviews_file(tmp_path):
    return write_csv(tmp_path / "reviews.csv", REVIEWS)


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_text(imdb):
    code, out, _ = imdb("predict", "--text", "A wonderful film, one of the best of the year.")
    assert code == 0
    first, negative, positive = out.splitlines()
    assert first == "dense: positive"
    shares = [float(re.match(r"(?:negative|positive) ([\d.]+)", line)[1]) for line in (negative, positive)]
    assert sum(shares) == pytest.approx(1, abs=0.002)
    assert shares[1] > 0.5
    assert positive.count("█") > negative.count("█")


@pytest.mark.parametrize("text", ["!!!", "[bold]"])
def test_text_without_a_known_word(imdb, text):
    assert imdb("predict", "--text", text)[0] == 0


def test_file(imdb, tmp_path, reviews_file):
    code, out, _ = imdb("predict", reviews_file, "-o", tmp_path / "scored.csv")
    assert code == 0
    assert out == f"Wrote 2 rows to {tmp_path / 'scored.csv'}.\n"
    rows = read_csv(tmp_path / "scored.csv")
    assert [row["id"] for row in rows] == REVIEWS["id"]
    assert [row["text"] for row in rows] == REVIEWS["text"]
    assert [row["prediction"] for row in rows] == ["positive", "negative"]


class TestAccuracy:
    def predicted(self, imdb, tmp_path, rows):
        code, out, _ = imdb("predict", write_csv(tmp_path / "reviews.csv", rows))
        assert code == 0
        return out.splitlines()[1:]

    def test_of_rows_with_a_label(self, imdb, tmp_path):
        texts = [*REVIEWS["text"], "A great film.", "A bad film.", "No label."]
        labels = ["pos", "negative", "0", "maybe", ""]
        (said,) = self.predicted(imdb, tmp_path, {"text": texts, "label": labels})
        assert said == "3 rows have a label: accuracy 66.7 % (20.8-93.9), 95 % interval, n = 3."

    def test_rows_that_the_model_has_learned_from_do_not_count(self, imdb, tmp_path):
        trained = load_dataset(settings("dense", "bundled")).query("split == 'training'")["text"].iloc[0]
        (said,) = self.predicted(imdb, tmp_path, {"text": [*REVIEWS["text"], trained], "label": ["pos", "neg", "neg"]})
        assert said.startswith("3 rows have a label, of which dense has learned from 1, which do not count: accuracy ")
        assert said.endswith("n = 2.")
        (said,) = self.predicted(imdb, tmp_path, {"text": [trained], "label": ["neg"]})
        assert said == "1 rows have a label, of which dense has learned from 1, which do not count."

    def test_without_a_label(self, imdb, tmp_path):
        assert self.predicted(imdb, tmp_path, {"text": REVIEWS["text"], "label": ["5 stars", ""]}) == []

    def test_of_a_model_of_which_nobody_knows_what_it_has_learned_from(self, imdb, tmp_path, monkeypatch):
        monkeypatch.setattr("IMDb.reviews.seen.read_seen", lambda path: None)
        (said,) = self.predicted(imdb, tmp_path, {"text": REVIEWS["text"], "label": ["pos", "neg"]})
        assert said.startswith("2 rows have a label; nobody knows how many of them dense has learned from: accuracy")


def test_both_models_averaged(imdb, tmp_path):
    path = write_csv(tmp_path / "reviews.csv", {"text": REVIEWS["text"], "label": ["pos", "neg"]})
    scored = {}
    for model in ("dense", "bert", "both"):
        code, out, _ = imdb("predict", path, "--model", model, "-o", tmp_path / f"{model}.csv")
        assert code == 0
        scored[model] = [float(row["positive"]) for row in read_csv(tmp_path / f"{model}.csv")]
    for dense, bert, both in zip(*scored.values(), strict=True):
        assert both == pytest.approx((dense + bert) / 2, abs=1e-5)
    assert "2 rows have a label: accuracy 100.0 %" in out
    assert re.search(r"A review took dense [\d.]+ ms, bert [\d.]+ ms; both averaged take their sum\.", out)
    assert "Measured on bundled, validation, n = 2,495 (`imdb measure --test rotten_tomatoes`): dense 91.7 %" in out


def test_a_text_by_both(imdb):
    assert imdb("predict", "--model", "both", "--text", "A great film.")[1].startswith("both: positive")


def test_default_output(imdb, tmp_path, reviews_file):
    before = reviews_file.read_bytes()
    assert imdb("predict", reviews_file)[0] == 0
    assert len(read_csv(tmp_path / "reviews.predictions.csv")) == 2
    assert reviews_file.read_bytes() == before


def test_a_name_with_brackets(imdb, tmp_path):
    (tmp_path / "[").mkdir()
    path = write_csv(tmp_path / "[" / "x][bold].csv", REVIEWS)
    code, out, _ = imdb("predict", path)
    assert code == 0
    assert out == f"Wrote 2 rows to {path.with_name('x][bold].predictions.csv')}.\n"


@pytest.mark.parametrize("arguments", [(), ("reviews.csv", "--text", "fine")])
def test_both_or_neither(fails, arguments):
    assert fails("predict", *arguments) == "Give either a FILE or --text."


def test_empty_text(fails):
    assert fails("predict", "--text", " \n") == "--text is empty."


def test_text_with_output(fails):
    assert fails("predict", "--text", "fine", "-o", "x.csv").startswith("--output goes with a FILE")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.csv", "There is no file missing.csv."),
        ("missing.xlsx", "missing.xlsx: unknown kind of file; give a .csv, .tsv or .parquet."),
        (".", ".: unknown kind of file; give a .csv, .tsv or .parquet."),
    ],
)
def test_no_file(fails, name, message):
    assert fails("predict", name) == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", " is empty."),
        (b"text\n", " has no rows."),
        (b"review\na\n", " has no column `text`; its columns are review."),
        (b"text\na\n\xff\n", ", line 3: not UTF-8 text; save the file as UTF-8."),
        (b"text,prediction\na,b\n", " has a column `prediction` already; rename it first."),
    ],
)
def test_bad_file(fails, tmp_path, content, message):
    path = tmp_path / "reviews.csv"
    path.write_bytes(content)
    assert fails("predict", path) == f"{path}{message}"
    assert list(tmp_path.iterdir()) == [path]


def test_bad_output(fails, tmp_path, reviews_file):
    assert "There is no folder" in fails("predict", reviews_file, "-o", tmp_path / "nowhere" / "x.csv")
    assert "unknown kind of file" in fails("predict", reviews_file, "-o", tmp_path / "x.txt")
    assert "is the file to be scored" in fails("predict", reviews_file, "-o", reviews_file)


def test_a_full_disk(imdb, full_disk, reviews_file):  # noqa: F811
    folder, fill = full_disk
    (folder / "scored.csv").write_text("old")
    fill(0)
    code, out, err = imdb("predict", reviews_file, "-o", folder / "scored.csv")
    assert (code, out) == (1, "")
    assert err.startswith(f"Error: {folder / 'scored.csv'} cannot be written: ")
    assert "No space left on device" in err
    assert (folder / "scored.csv").read_text() == "old"
    assert {one.name for one in folder.iterdir()} == {"scored.csv", "filling"}


def test_unknown_model_of_the_environment(fails, monkeypatch):
    monkeypatch.setenv("IMDB_MODEL", "nonsense")
    assert fails("predict", "--text", "fine") == (
        "environment variable IMDB_MODEL: `model` is 'nonsense': input should be 'dense' or 'bert'."
    )


def test_unknown_model_of_the_option(imdb):
    code, _, err = imdb("predict", "--text", "fine", "--model", "nonsense")
    assert code == 2
    assert "nonsense" in err


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
def test_interrupted(tmp_path):
    source = write_csv(tmp_path / "many.csv", {"text": ["a film " * 100] * 200_000})
    command = [
        sys.executable,
        "-c",
        "from IMDb.commands.main import main; main()",
        "predict",
        str(source),
        "-o",
        "out.csv",
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 180
    while not list(tmp_path.glob(".*.out.csv")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.strip() == "Interrupted; nothing is left half-written."
    assert list(tmp_path.glob("*out.csv*")) == []
