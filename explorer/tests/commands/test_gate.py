import json
import shutil
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from compared_runs import run_of
from insight_runs import make_run
from leap_explorer.commands.gate import check_command, new_tests_command
from leap_explorer.dashboard.views.insights.status import set_status
from leap_explorer.errors import ExplorerError
from leap_explorer.gate.tests_file import load_tests
from leap_explorer.runs.checksums import checksums
from leap_explorer.runs.run import load_run, write_json
from toys import explorer, write_onnx_model


@pytest.mark.slow
class TestCheck:
    def test_own_run_passes(self, onnx_toy):
        result = explorer("check", onnx_toy.out, "--insights", onnx_toy.out / "insights.json")
        assert result.returncode == 0, result.stdout
        tests = [insight["test"] for insight in load_run(onnx_toy.out).insights if insight["test"]]
        assert tests
        assert f"{len(tests)} of {len(tests)} tests passed." in result.stdout
        assert "FAILED" not in result.stdout

    def test_worse_model_fails(self, onnx_toy, tmp_path):
        model = write_onnx_model(tmp_path / "worse.onnx", sign=-1.0)
        evaluated = explorer(
            "evaluate", onnx_toy.folder, "--model", model, "--out", tmp_path / "worse", "--projection", "pca"
        )
        assert evaluated.returncode == 1, evaluated.stderr
        loss = load_run(tmp_path / "worse").samples["loss"].mean()
        assert loss > 2 * load_run(onnx_toy.out).samples["loss"].mean()
        # What the twist was wrong about is right now; that all the others were right is no insight, but can be tested
        others = {
            "name": "plain",
            "filter": [{"column": "metadata_twisted", "operator": "==", "value": False}],
            "metric": "loss",
            "statistic": "mean",
            "operator": "<=",
            "value": 1.0,
        }
        checks = tmp_path / "checks.json"
        checks.write_text(json.dumps([others]))
        assert explorer("check", onnx_toy.out, "--insights", checks).returncode == 0
        result = explorer("check", tmp_path / "worse", "--insights", checks)
        assert result.returncode == 1
        assert "FAILED plain: mean loss is" in result.stdout
        assert "0 of 1 tests passed." in result.stdout

    def test_worse_numbers_fail_the_insights_own_tests(self, onnx_toy, tmp_path, capsys):
        """The same run with every loss tripled."""
        shutil.copytree(onnx_toy.out, tmp_path / "worse")
        path = tmp_path / "worse" / "samples.parquet"
        samples = pd.read_parquet(path, dtype_backend="numpy_nullable")
        samples["loss"] = (samples["loss"] * 3).astype("Float32")
        samples.to_parquet(path)
        write_json(
            path.with_name("run.json"), {**load_run(onnx_toy.out).info, "files": checksums(path.parent, [path.name])}
        )
        of_loss = [one for one in load_run(onnx_toy.out).insights if (one["test"] or {}).get("metric") == "loss"]
        assert of_loss
        write_json(tmp_path / "insights.json", {"insights": of_loss})
        assert check_command(load_run(onnx_toy.out), tmp_path / "insights.json")
        assert not check_command(load_run(tmp_path / "worse"), tmp_path / "insights.json")
        assert f"0 of {len(of_loss)} tests passed." in capsys.readouterr().out

    def test_nothing_to_check(self, onnx_toy, tmp_path):
        write_json(tmp_path / "insights.json", {"insights": []})
        for name, reason in {"insights.json": "holds no test", "gone.json": "cannot be read"}.items():
            result = explorer("check", onnx_toy.out, "--insights", tmp_path / name)
            assert result.returncode == 2
            assert reason in result.stderr
            assert str(tmp_path / name) in result.stderr

    def test_reports(self, onnx_toy, tmp_path):
        files = {"--junit": tmp_path / "reports" / "junit.xml", "--markdown": tmp_path / "summary.md"}
        options = [str(part) for pair in files.items() for part in pair]
        result = explorer(
            "check", onnx_toy.out, "--insights", onnx_toy.out / "insights.json", "--base", onnx_toy.out, *options
        )
        assert result.returncode == 0, result.stdout
        cases = ElementTree.parse(files["--junit"]).findall("testsuite/testcase")
        assert {one.get("classname").split(".")[-1] for one in cases} == {"tests", "slices"}
        assert f"{len(cases)} of {len(cases)} tests passed." in files["--markdown"].read_text()


@pytest.mark.slow
class TestNewTests:
    def test_archived_insights_are_left_out(self, onnx_toy, tmp_path, monkeypatch):
        run = load_run(onnx_toy.out)
        tested = [one["id"] for one in run.insights if one["test"]]
        set_status(tmp_path / "review", run, tested[0], "archived")
        out = tmp_path / "tests.yaml"
        new_tests_command(run, out, tmp_path / "review")
        assert [one.name for one in load_tests(out).checks] == tested[1:]
        assert check_command(run, out)
        with pytest.raises(ExplorerError, match="is there already"):
            new_tests_command(run, out, tmp_path / "review")

    def test_command(self, onnx_toy, tmp_path):
        result = explorer("tests", "new", onnx_toy.out, "--out", tmp_path / "tests.yaml")
        assert result.returncode == 0, result.stderr
        assert explorer("check", onnx_toy.out, "--insights", tmp_path / "tests.yaml").returncode == 0


class TestWhatAChangeMayCost:
    OTHER = {"negative": "positive", "positive": "negative"}  # noqa: RUF012

    def changed_run(self, **flips):
        """1,000 samples, and by change as many turned to wrong as are named."""
        base = make_run(1_000, training=0)
        right = np.flatnonzero(base["prediction"] == base["ground_truth"])
        changed = [base.assign(id=base["id"] + f"~{name}", subset="additional") for name in flips]
        for one, count in zip(changed, flips.values(), strict=True):
            one.loc[right[:count], "prediction"] = base["ground_truth"].map(self.OTHER)[right[:count]]
        return run_of(pd.concat([base, *changed], ignore_index=True))

    def test_it_is_what_the_dearest_one_may_cost_by_its_interval(self, tmp_path):
        """Agresti & Min: (100 + 1.96 * sqrt(101 - 100**2 / 1002)) / 1002 = 0.1185, up to full per cent."""
        run, out = self.changed_run(weak=20, strong=100), tmp_path / "tests.yaml"
        new_tests_command(run, out, tmp_path / "review")
        assert load_tests(out).costs_at_most == 0.12
        assert check_command(run, out)
        assert check_command(self.changed_run(weak=20, strong=140), out)  # within its interval
        assert not check_command(self.changed_run(weak=20, strong=180), out)
        assert not check_command(self.changed_run(weak=20, strong=140), out, strict=True)

    def test_a_run_without_changes_says_nothing_of_it(self, tmp_path):
        new_tests_command(self.changed_run(), tmp_path / "tests.yaml", tmp_path / "review")
        assert load_tests(tmp_path / "tests.yaml").costs_at_most is None
