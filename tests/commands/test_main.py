import csv
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

from files import write_csv
from IMDb.commands import main as cli
from IMDb.commands import options
from IMDb.config import CONFIG_PATH, ROOT
from IMDb.model_specs import MODELS, ModelSpec

REVIEWS = {"id": ["007", "NA"], "text": ["A wonderful, moving film.", "Awful, boring and badly acted."]}


@pytest.fixture
def reviews_file(tmp_path):
    return write_csv(tmp_path / "reviews.csv", REVIEWS)


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def labelled_file(path, count=60):
    labels = ["neg" if number % 2 else "pos" for number in range(count)]
    texts = [f"a {'dull' if label == 'neg' else 'great'} film, number {n}" for n, label in enumerate(labels)]
    return write_csv(path, {"text": texts, "label": labels})


class TestHelp:
    @pytest.mark.parametrize(
        ("command", "word"),
        [
            ((), "predict"),
            (("check",), "--data"),
            (("data",), "--data"),
            (("predict",), "--text"),
            (("use",), "bert"),
            (("train",), "dense"),
            (("train", "dense"), "--epochs"),
            (("train", "bert"), "--resume"),
        ],
    )
    def test_help(self, imdb, command, word):
        code, out, err = imdb(*command, "--help")
        assert (code, err) == (0, "")
        assert word in out
        assert "Usage" in out

    def test_without_a_command(self, imdb):
        assert "Usage" in "".join(imdb()[1:])

    def test_unknown_command(self, imdb):
        code, _, err = imdb("nonsense")
        assert code == 2
        assert "No such command" in err


class TestData:
    def test_an_empty_one_is_not_the_working_folder(self, imdb):
        code, out, err = imdb("data", "--data", "")
        assert (code, out) == (1, "")
        assert err == "Error: option --data: `data` is '': string should have at least 1 character.\n"

    def test_table(self, imdb, tmp_path):
        path = labelled_file(tmp_path / "reviews.csv")
        code, out, _ = imdb("data", "--data", path)
        assert code == 0
        assert "60 reviews from" in out
        rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines() if line.startswith("│")]
        assert [row[:5] for row in rows] == [
            ["training", "negative", "27", "5", "135"],
            ["training", "positive", "27", "5", "135"],
            ["validation", "negative", "3", "5", "15"],
            ["validation", "positive", "3", "5", "15"],
        ]
        assert "0 reviews repeat the text of an earlier one; 0 distinct texts stand in more than one split." in out

    def test_a_name_with_brackets(self, imdb, tmp_path):
        """`[/x]` is not markup that closes."""
        (tmp_path / "[bold]r[").mkdir()
        code, out, _ = imdb("data", "--data", labelled_file(tmp_path / "[bold]r[" / "x].csv"))
        assert code == 0
        assert "[bold]r[/x].csv" in "".join(out.split())

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("text,label\nGood,pos\nBad,awful\n", ", row 2: label 'awful' is unknown"),
            ("review\nGood\n", " has no column `text`; its columns are review."),
            ("", " is empty."),
        ],
    )
    def test_bad_file(self, fails, tmp_path, content, message):
        path = tmp_path / "bad.csv"
        path.write_text(content)
        assert fails("data", "--data", path).startswith(f"{path}{message}")

    def test_no_file(self, fails):
        assert fails("data", "--data", "nowhere.csv").startswith("No data at nowhere.csv. Give `bundled`")

    def test_relative_path_and_environment(self, imdb, tmp_path, monkeypatch):
        labelled_file(tmp_path / "reviews.csv", 20)
        monkeypatch.chdir(tmp_path)
        before = dict(os.environ)
        assert imdb("data", "--data", "reviews.csv")[0] == 0
        assert dict(os.environ) == before
        config = options.settings("bert", "reviews.csv")
        assert options.environment(config) == {"IMDB_MODEL": "bert", "IMDB_DATA": str(tmp_path / "reviews.csv")}

    def test_the_integrations_process_has_the_options_and_this_one_keeps_its_own(self, imdb, monkeypatch):
        taken = []
        monkeypatch.setattr("leap_explorer.commands.evaluate_command", lambda *given: taken.append(given) or 0)
        before = dict(os.environ)
        assert imdb("evaluate", "--model", "bert", "--data", "bundled")[0] == 0
        ((_, model, _, chosen, _),) = taken
        assert model.name == "bert.onnx"
        assert chosen.environment == {"IMDB_MODEL": "bert", "IMDB_DATA": "bundled"}
        assert dict(os.environ) == before

    @pytest.mark.parametrize("width", [40, 60, 80])
    def test_narrow_terminals_cut_nothing(self, imdb, tmp_path, monkeypatch, width):
        monkeypatch.setattr(options.console, "_width", width)
        code, out, _ = imdb("data", "--data", labelled_file(tmp_path / "reviews.csv"))
        assert code == 0
        assert "…" not in out
        assert out.count("training") == 2
        assert all(number in out for number in ("27", "135", "15"))


class TestPredict:
    def test_text(self, imdb):
        code, out, _ = imdb("predict", "--text", "A wonderful film, one of the best of the year.")
        assert code == 0
        first, negative, positive = out.splitlines()
        assert first == "dense: positive"
        shares = [float(re.match(r"(?:negative|positive) ([\d.]+)", line)[1]) for line in (negative, positive)]
        assert sum(shares) == pytest.approx(1, abs=0.002)
        assert shares[1] > 0.5
        assert positive.count("█") > negative.count("█")

    @pytest.mark.parametrize("text", ["!!!", "[bold]"])
    def test_text_without_a_known_word(self, imdb, text):
        assert imdb("predict", "--text", text)[0] == 0

    def test_file(self, imdb, tmp_path, reviews_file):
        code, out, _ = imdb("predict", reviews_file, "-o", tmp_path / "scored.csv")
        assert code == 0
        assert out == f"Wrote 2 rows to {tmp_path / 'scored.csv'}.\n"
        rows = read_csv(tmp_path / "scored.csv")
        assert [row["id"] for row in rows] == REVIEWS["id"]
        assert [row["text"] for row in rows] == REVIEWS["text"]
        assert [row["prediction"] for row in rows] == ["positive", "negative"]

    def test_default_output(self, imdb, tmp_path, reviews_file):
        before = reviews_file.read_bytes()
        assert imdb("predict", reviews_file)[0] == 0
        assert len(read_csv(tmp_path / "reviews.predictions.csv")) == 2
        assert reviews_file.read_bytes() == before

    def test_a_name_with_brackets(self, imdb, tmp_path):
        (tmp_path / "[").mkdir()
        path = write_csv(tmp_path / "[" / "x][bold].csv", REVIEWS)
        code, out, _ = imdb("predict", path)
        assert code == 0
        assert out == f"Wrote 2 rows to {path.with_name('x][bold].predictions.csv')}.\n"

    @pytest.mark.parametrize("arguments", [(), ("reviews.csv", "--text", "fine")])
    def test_both_or_neither(self, fails, arguments):
        assert fails("predict", *arguments) == "Give either a FILE or --text."

    def test_empty_text(self, fails):
        assert fails("predict", "--text", " \n") == "--text is empty."

    def test_text_with_output(self, fails):
        assert fails("predict", "--text", "fine", "-o", "x.csv").startswith("--output goes with a FILE")

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("missing.csv", "There is no file missing.csv."),
            ("missing.xlsx", "missing.xlsx: unknown kind of file; give a .csv, .tsv or .parquet."),
            (".", ".: unknown kind of file; give a .csv, .tsv or .parquet."),
        ],
    )
    def test_no_file(self, fails, name, message):
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
    def test_bad_file(self, fails, tmp_path, content, message):
        path = tmp_path / "reviews.csv"
        path.write_bytes(content)
        assert fails("predict", path) == f"{path}{message}"
        assert list(tmp_path.iterdir()) == [path]

    def test_bad_output(self, fails, tmp_path, reviews_file):
        assert "There is no folder" in fails("predict", reviews_file, "-o", tmp_path / "nowhere" / "x.csv")
        assert "unknown kind of file" in fails("predict", reviews_file, "-o", tmp_path / "x.txt")
        assert "is the file to be scored" in fails("predict", reviews_file, "-o", reviews_file)

    def test_unknown_model_of_the_environment(self, fails, monkeypatch):
        monkeypatch.setenv("IMDB_MODEL", "nonsense")
        assert fails("predict", "--text", "fine") == (
            "environment variable IMDB_MODEL: `model` is 'nonsense': input should be 'dense' or 'bert'."
        )

    def test_unknown_model_of_the_option(self, imdb):
        code, _, err = imdb("predict", "--text", "fine", "--model", "nonsense")
        assert code == 2
        assert "nonsense" in err

    @pytest.mark.slow
    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
    def test_interrupted(self, tmp_path):
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


class TestUse:
    @pytest.fixture
    def settings(self, tmp_path, monkeypatch):
        """A copy of the settings, for `use` to change."""
        path = tmp_path / "IMDb" / "config.yaml"
        path.parent.mkdir()
        shutil.copy(CONFIG_PATH, path)
        set_model = cli.set_model
        monkeypatch.setattr(cli, "set_model", lambda name: set_model(name, path))
        return path

    @pytest.fixture
    def no_bert(self, tmp_path, monkeypatch):
        monkeypatch.setitem(MODELS, "bert", ModelSpec("bert", ROOT / "models" / "none.onnx", "ONNX", ("ids",), True))

    @pytest.mark.usefixtures("no_bert")
    def test_bert_before_it_exists(self, fails, settings):
        assert fails("use", "bert") == "There is no models/none.onnx yet. Make it with `imdb train bert`."
        assert settings.read_bytes() == CONFIG_PATH.read_bytes()

    def test_dense(self, imdb, settings):
        before = settings.read_text(encoding="utf-8")
        settings.write_text(before.replace("model: dense ", "model: bert  "), encoding="utf-8")
        code, out, _ = imdb("use", "dense")
        assert (code, out) == (0, "model: dense is set in IMDb/config.yaml.\n")
        assert settings.read_text(encoding="utf-8") == before
        assert "# dense | bert:" in before

    def test_the_environment_goes_before_it(self, imdb, settings, monkeypatch):
        monkeypatch.setenv("IMDB_MODEL", "bert")
        assert "But IMDB_MODEL=bert goes before it." in imdb("use", "dense")[1]

    def test_unknown_model(self, imdb, settings):
        assert imdb("use", "svm")[0] == 2
        assert settings.read_bytes() == CONFIG_PATH.read_bytes()


class TestTrainDense:
    def test_files_and_output(self, imdb, tmp_path):
        path = labelled_file(tmp_path / "reviews.csv")
        folder = tmp_path / "models"
        code, out, err = imdb("train", "dense", "--data", path, "--epochs", 2, "-o", folder)
        assert code == 0
        assert sorted(file.name for file in folder.iterdir()) == [
            "MODEL_CARD.md",
            "dense.h5",
            "dense.history.json",
            "tokenizer.json",
        ]
        assert "Validation accuracy" in out
        assert re.search(r"epoch +1 .*validation loss [\d.]+", err)
        assert re.search(r"epoch +2 ", err)

    def test_bad_data(self, fails, tmp_path):
        path = write_csv(tmp_path / "one.csv", {"text": ["a", "b"], "label": ["pos", "pos"]})
        assert "no training review is labelled negative" in fails(
            "train", "dense", "--data", path, "-o", tmp_path / "m"
        )
        assert not (tmp_path / "m").exists()

    def test_no_epochs(self, imdb):
        assert imdb("train", "dense", "--epochs", 0)[0] == 2


class TestMain:
    def test_an_interruption_is_said(self, imdb, monkeypatch):
        def interrupt(*arguments):
            raise KeyboardInterrupt

        monkeypatch.setattr(cli, "_print_data", interrupt)
        assert imdb("data") == (130, "", "Interrupted; nothing is left half-written.\n")

    def test_a_defect_is_not_hidden(self, monkeypatch):
        def fail(*arguments):
            raise ZeroDivisionError

        monkeypatch.setattr(cli, "_print_data", fail)
        monkeypatch.setattr(sys, "argv", ["imdb", "data"])
        with pytest.raises(ZeroDivisionError):
            cli.main()


def test_check_says_what_is_wrong_with_the_insights_before_it_evaluates(fails, tmp_path, monkeypatch):
    monkeypatch.setattr("leap_explorer.commands.evaluate_command", lambda *_: pytest.fail("evaluated"))
    assert "nothing.json cannot be read" in fails("check", "--insights", tmp_path / "nothing.json")
