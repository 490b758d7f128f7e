"""No command asks anybody for anything: in a network without routes, and with every try to connect noted."""

import sys

import pandas as pd
import pytest


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux'")
class TestWithoutANetwork:
    def test_what_is_tried_is_noted(self, offline):
        done, noted = offline("-c", "import socket; socket.create_connection(('192.0.2.1', 80), 1)")
        assert done.returncode == 1
        assert "192.0.2.1" in noted

    def test_a_table_is_imported_and_reported(self, offline, tmp_path):
        texts = [f"a {'good' if row % 2 else 'bad'} film number {row}" for row in range(40)]
        table = {"text": texts, "label": ["no", "yes"] * 20, "p_no": [0.8, 0.3] * 20, "p_yes": [0.2, 0.7] * 20}
        pd.DataFrame(table).to_csv(tmp_path / "t.csv", index=False)
        shown = ("--text", "text", "--label", "label", "--probability", "p_*", "--projection", "pca", "--out", "run")
        for command in (("import", "t.csv", *shown), ("insights", "run"), ("explore", "run", "--export", "r.html")):
            done, noted = offline("-m", "leap_explorer", *command)
            assert (done.returncode, noted) == (0, ""), done.stderr
        assert (tmp_path / "r.html").stat().st_size > 100_000

    def test_an_integration_is_evaluated(self, offline, onnx_toy, tmp_path):
        toy = (onnx_toy.folder, "--model", onnx_toy.model, "--projection", "pca", "--samples", "8", "--out", "toy")
        done, noted = offline("-m", "leap_explorer", "evaluate", *toy)
        assert noted == ""
        assert (tmp_path / "toy" / "run.json").exists(), done.stderr
