import os
import re
import shutil
import sys

import pytest

from files import write_csv
from IMDb.commands import main as cli
from IMDb.commands import options
from IMDb.config import CONFIG_PATH, ROOT
from IMDb.model_specs import MODELS, ModelSpec


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
        code, out, err = imdb("data", "--data", path)
        assert code == 0
        assert "60 reviews from" in out
        assert "dense has learned from 0 of the 60 labelled reviews" in err
        rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines() if line.startswith("│")]
        assert [row[:5] for row in rows] == [
            ["validation", "negative", "30", "5", "150"],
            ["validation", "positive", "30", "5", "150"],
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
        assert options.environment(config) == {
            "IMDB_MODEL": "bert",
            "IMDB_DATA": str(tmp_path / "reviews.csv"),
            "IMDB_TEST": "",
        }

    def test_the_integrations_process_has_the_options_and_this_one_keeps_its_own(self, imdb, monkeypatch):
        taken = []
        monkeypatch.setattr("leap_explorer.commands.runs.evaluate_command", lambda *given: taken.append(given) or 0)
        before = dict(os.environ)
        assert imdb("evaluate", "--model", "bert", "--data", "bundled", "--test", "rotten_tomatoes")[0] == 0
        ((_, model, _, chosen, _, cluster),) = taken
        assert model.name == "bert.onnx"
        assert cluster is None
        assert chosen.environment == {"IMDB_MODEL": "bert", "IMDB_DATA": "bundled", "IMDB_TEST": "rotten_tomatoes"}
        assert dict(os.environ) == before

    @pytest.mark.parametrize("width", [40, 60, 80])
    def test_narrow_terminals_cut_nothing(self, imdb, tmp_path, monkeypatch, width):
        monkeypatch.setattr(options.console, "_width", width)
        code, out, _ = imdb("data", "--data", labelled_file(tmp_path / "reviews.csv"))
        assert code == 0
        assert "…" not in out
        assert out.count("validation") == 2
        assert all(number in out for number in ("30", "150"))


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
            "dense.seen.npy",
            "tokenizer.json",
        ]
        assert "Validation accuracy" in out
        assert "Against the model before it, on the 6 validation reviews that neither has learned from" in " ".join(
            out.split()
        )
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
    monkeypatch.setattr("leap_explorer.commands.runs.evaluate_command", lambda *_: pytest.fail("evaluated"))
    assert "nothing.json cannot be read" in fails("check", "--insights", tmp_path / "nothing.json")


class TestBadRows:
    @pytest.fixture
    def table(self, tmp_path):
        path = labelled_file(tmp_path / "reviews.csv", 20)
        path.write_text(f"{path.read_text()},pos\na film,fair\n")
        return path

    def test_stop(self, fails, table):
        assert fails("data", "--data", table) == f"{table}, row 21: `text` is empty."

    @pytest.mark.parametrize("how", ["option", "variable"])
    def test_skip(self, imdb, table, monkeypatch, how):
        if how == "variable":
            monkeypatch.setenv("IMDB_BAD_ROWS", "skip")
        code, out, err = imdb("data", "--data", table, *["--bad-rows", "skip"] * (how == "option"))
        assert code == 0
        said = "2 rows cannot be used and are passed over. The first is row 21: `text` is empty."
        assert f"{table}: {said}" in err
        assert f"Wrote {table.with_name('reviews.skipped.csv')}." in out
        lines = table.with_name("reviews.skipped.csv").read_text().splitlines()
        assert lines[:2] == ["text,label,skipped", ",pos,row 21: `text` is empty"]
        assert lines[2].startswith("a film,fair,\"row 22: label 'fair' is unknown")

    def test_the_integration_passes_them_over_too(self, table):
        assert "IMDB_BAD_ROWS" not in options.environment(options.settings("dense", str(table)))
        config = options.settings("dense", str(table), None, "skip")
        assert options.environment(config)["IMDB_BAD_ROWS"] == "skip"
