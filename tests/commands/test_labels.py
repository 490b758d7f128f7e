import json

import pandas as pd
import pytest


@pytest.fixture(autouse=True)
def _verdicts_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr("IMDb.commands.labels.REVIEW_DIR", tmp_path / "review")


def test_the_shipped_runs_judge_together(imdb, tmp_path):
    files = {name: tmp_path / name for name in ("labels.csv", "tasks.json", "corrected.csv")}
    code, out, _ = imdb(
        *("labels", "--limit", 3, "--csv", files["labels.csv"]),
        *("--label-studio", files["tasks.json"], "--corrected", files["corrected.csv"]),
    )
    assert code == 0
    assert "Judged by the mean of dense; dense, cross-validated; bert" in " ".join(out.split())
    table = pd.read_csv(files["labels.csv"])
    assert table.groupby("subset")["judges"].unique().map(list).to_dict() == {"training": [1], "validation": [2]}
    tasks = json.loads(files["tasks.json"].read_text(encoding="utf-8"))
    assert [task["data"]["sample_id"] for task in tasks] == table["id"].tolist()
    assert all(task["data"]["text"] for task in tasks)
    assert len(pd.read_csv(files["corrected.csv"])) == 25000
