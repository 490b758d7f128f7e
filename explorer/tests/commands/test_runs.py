import csv
import json

import numpy as np
import pandas as pd
import pytest

from leap_explorer.commands.runs import insights_command, print_run, read_table
from leap_explorer.errors import ExplorerError
from leap_explorer.runs.run import load_run
from toys import explorer, names_in


@pytest.mark.slow
class TestInsights:
    def test_table(self, onnx_toy):
        result = explorer("insights", onnx_toy.out)
        assert result.returncode == 0, result.stderr
        insights = load_run(onnx_toy.out).insights
        assert insights
        assert f"{len(insights)} insights of" in result.stdout
        for insight in insights:
            assert f"{insight['severity_label']} {100 * insight['severity']:.1f} %" in " ".join(result.stdout.split())
            assert f"{insight['n_samples']:,} of {insight['n_total']:,}" in result.stdout
        assert (
            "Not checked: mislabeled." in result.stdout or "mislabeled" not in load_run(onnx_toy.out).skipped_insights
        )

    def test_json_and_nothing_else(self, onnx_toy):
        result = explorer("insights", onnx_toy.out, "--json")
        assert json.loads(result.stdout) == load_run(onnx_toy.out).insights

    def test_json_where_code_loader_was_loaded(self, onnx_toy, tmp_path, capfd):
        import leap_explorer.contract  # noqa: F401 - it loads code-loader

        insights_command(onnx_toy.out, as_json=True)
        assert json.loads(capfd.readouterr().out) == load_run(onnx_toy.out).insights

    def test_csv(self, onnx_toy, tmp_path):
        result = explorer("insights", onnx_toy.out, "--json", "--csv", tmp_path / "csv")
        insights = json.loads(result.stdout)
        assert names_in(tmp_path / "csv") == sorted([f"{one['id']}.csv" for one in insights] + ["insights.csv"])
        for insight in insights:
            with (tmp_path / "csv" / f"{insight['id']}.csv").open(newline="") as file:
                assert len(list(csv.DictReader(file))) == insight["n_samples"]
        assert f"Wrote {len(insights) + 1} CSV files" in result.stderr

    def test_no_run(self, tmp_path):
        result = explorer("insights", tmp_path)
        assert result.returncode == 1
        assert "is no run" in result.stderr
        assert "Traceback" not in result.stderr


@pytest.mark.slow
class TestPrintRun:
    def test_failures(self, onnx_toy, capsys):
        assert print_run(load_run(onnx_toy.out)) == 1
        printed = capsys.readouterr()
        assert "2 of 340 samples could not be evaluated." in printed.err
        assert "ValueError: cannot read [this] sample" in printed.err

    def test_no_failure(self, image_toy, capsys):
        assert print_run(load_run(image_toy.out)) == 0
        printed = capsys.readouterr()
        assert printed.err == ""
        assert "24 of 24" in printed.out


@pytest.mark.slow
class TestOutOfSample:
    """`evaluate --out-of-sample FILE`"""

    DOUBTED = ("training-0020", "training-0041")  # the table is confident of the other label

    def table(self, toy):
        rows = [one for one in json.loads((toy.folder / "samples.json").read_text()) if one["subset"] == "training"]
        positive = np.array([0.9 if one["label"] else 0.1 for one in rows])
        is_doubted = np.array([one["id"] in self.DOUBTED for one in rows])
        positive[is_doubted] = 1 - positive[is_doubted]
        ids = [one["id"] for one in rows]
        return pd.DataFrame({"id": ids, "probability_negative": 1 - positive, "probability_positive": positive})

    def evaluate(self, toy, out, path):
        options = ("--model", toy.model, "--out", out, "--projection", "pca", "--out-of-sample", path)
        return explorer("evaluate", toy.folder, *options)

    @pytest.mark.parametrize("suffix", [".csv", ".parquet"])
    def test_training_labels_are_suspected(self, onnx_toy, tmp_path, suffix):
        table, path = self.table(onnx_toy), tmp_path / f"table{suffix}"
        table.to_csv(path, index=False) if suffix == ".csv" else table.to_parquet(path)
        result = self.evaluate(onnx_toy, tmp_path / "run", path)
        assert "Traceback" not in result.stderr
        run = load_run(tmp_path / "run")
        assert "mislabeled-training" not in {one["id"] for one in load_run(onnx_toy.out).insights}
        (found,) = [one for one in run.insights if one["id"] == "mislabeled-training"]
        assert [one["id"] for one in found["evidence"]["examples"]] == list(self.DOUBTED)
        assert found["n_total"] == 159  # one training sample cannot be read
        pd.testing.assert_frame_equal(run.out_of_sample, table)

    @pytest.mark.parametrize(
        ("name", "content", "message"),
        [
            ("t.csv", "id,probability_negative\ntraining-0000,0.5\n", "lacks probability_positive."),
            ("t.csv", "probability_negative,probability_positive\n0.5,0.5\n", "lacks id."),
            ("t.csv", "id,probability_negative,probability_positive\na,low,high\n", "no numbers under"),
            ("t.csv", "", "t.csv cannot be read"),
            ("t.parquet", "no parquet", "t.parquet cannot be read"),
        ],
    )
    def test_bad_file(self, onnx_toy, tmp_path, name, content, message):
        (tmp_path / name).write_text(content)
        result = self.evaluate(onnx_toy, tmp_path / "run", tmp_path / name)
        assert result.returncode == 1
        assert result.stdout == ""
        (said,) = [line for line in result.stderr.splitlines() if line != "Opening the integration"]
        assert said.startswith("Error: ")
        assert message in said
        assert names_in(tmp_path) == [name]

    def test_no_file(self, onnx_toy, tmp_path):
        result = self.evaluate(onnx_toy, tmp_path / "run", tmp_path / "gone.csv")
        assert result.returncode == 1
        assert result.stderr.startswith("Error: ")
        assert "There are no probabilities at" in result.stderr
        assert result.stderr.count("\n") == 1


class TestReadTable:
    table = pd.DataFrame({"id": ["001", "x"], "probability_a": np.array([0.25, 1.0])})

    def test_csv_keeps_ids_as_they_are(self, tmp_path):
        self.table.to_csv(tmp_path / "t.csv", index=False)
        assert read_table(tmp_path / "t.csv")["id"].tolist() == ["001", "x"]

    def test_parquet(self, tmp_path):
        self.table.to_parquet(tmp_path / "t.parquet")
        assert read_table(tmp_path / "t.parquet")["probability_a"].tolist() == [0.25, 1.0]

    def test_numbers_as_ids_are_text(self, tmp_path):
        self.table.assign(id=[1, 2]).to_parquet(tmp_path / "t.parquet")
        assert read_table(tmp_path / "t.parquet")["id"].tolist() == ["1", "2"]

    @pytest.mark.parametrize("name", ["gone.csv", "gone.parquet"])
    def test_missing(self, tmp_path, name):
        with pytest.raises(ExplorerError, match=rf"There are no probabilities at .*{name}"):
            read_table(tmp_path / name)

    def test_damaged(self, tmp_path):
        (tmp_path / "t.parquet").write_bytes(b"x")
        with pytest.raises(ExplorerError, match=r"t\.parquet cannot be read"):
            read_table(tmp_path / "t.parquet")
