"""The command `labels`: from the ranking to other tools, back, and to corrected data."""

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leap_explorer.commands.labels import LabelFiles, labels_command
from leap_explorer.runs.run import Run

LABELS = ["negative", "positive"]
TRUTH = np.array([0, 1] * 20)
DOUBTED = (3, 8)


def made_run(name, doubted):
    """A run whose model is sure of all labels, but that those of some samples are wrong."""
    of_truth = np.where(np.isin(np.arange(len(TRUTH)), doubted), 0.05, 0.9)
    positive = np.where(TRUTH == 1, of_truth, 1 - of_truth)
    samples = pd.DataFrame(
        {
            "id": pd.array([f"s{number}" for number in range(len(TRUTH))], dtype="string"),
            "subset": pd.array(["test"] * len(TRUTH), dtype="string"),
            "ground_truth": pd.array(np.array(LABELS)[TRUTH], dtype="string"),
            "prediction": pd.array(np.array(LABELS)[(positive > 0.5).astype(int)], dtype="string"),
            "probability_negative": 1 - positive,
            "probability_positive": positive,
            "loss": -np.log(of_truth),
            "error": pd.array([None] * len(TRUTH), dtype="string"),
        }
    )
    run = Run(Path("runs") / name, {"columns": {}, "labels": LABELS})
    vars(run)["samples"] = samples
    return run


class Texts:
    def text(self, sample_id):
        return f"The text of {sample_id}"

    def label_csv(self, decisions):
        return pd.DataFrame(decisions).to_csv(index=False)


@pytest.fixture
def labels(tmp_path, capsys):
    """Runs the command on two runs, of which the second doubts one label less: what was printed."""

    def run(alone=False, reader=Texts(), **files):  # noqa: B008 - it holds nothing
        given = LabelFiles(**{name: tmp_path / file for name, file in files.items()})
        runs = [made_run("first", DOUBTED), made_run("second", DOUBTED[:1])]
        labels_command(runs, reader, tmp_path / "state", given, 5, alone)
        return " ".join(capsys.readouterr().out.split())

    return run


def test_all_models_judge_together(labels):
    printed = labels()
    assert "1 labels are likely mislabelled, 1 borderline; the first 2:" in printed
    assert "Judged by the mean of first; second, each on what it has not learned from." in printed
    assert "2 of 2" in printed
    assert "Northcutt" in printed


def test_one_alone(labels):
    printed = labels(alone=True)
    assert "2 labels are likely mislabelled, 0 borderline" in printed
    assert "Judged by first, each on what" in printed


def test_the_whole_ranking_as_csv(labels, tmp_path):
    labels(csv="labels.csv")
    table = pd.read_csv(tmp_path / "labels.csv")
    assert table["id"].tolist() == ["s3", "s8"]
    assert table["rank"].tolist() == [1, 2]
    assert table["agree"].tolist() == [2, 1]


@pytest.mark.parametrize(("tool", "files"), [("label-studio", "label_studio"), ("argilla", "argilla")])
def test_there_and_back(labels, tmp_path, tool, files):
    """What is exported is answered, taken as verdicts, and carried out."""
    printed = labels(**{files: "tasks.json"})
    assert f"Set up in {tool}: " in printed
    exported = json.loads((tmp_path / "tasks.json").read_text(encoding="utf-8"))
    for one, answer in zip(exported, ["negative", "ambiguous"], strict=True):
        choice = {"from_name": "label", "value": {"choices": [answer]}}
        one["annotations"] = [{"result": [choice]}]
        one["responses"] = {"label": [{"value": answer, "user_id": "u"}]}
    (tmp_path / "answers.json").write_text(json.dumps(exported))
    assert "Kept 2 verdicts of" in labels(answers="answers.json", corrected="corrected.csv")
    corrected = pd.read_csv(io.StringIO((tmp_path / "corrected.csv").read_text()), keep_default_na=False)
    assert corrected[["id", "verdict", "label"]].values.tolist() == [
        ["s3", "flip", "negative"],
        ["s8", "ambiguous", ""],
    ]


def test_verdicts_alone_where_there_are_no_texts(labels, tmp_path):
    (tmp_path / "answers.json").write_text(json.dumps([{"id": "s3", "responses": {"label": [{"value": "positive"}]}}]))
    labels(reader=None, answers="answers.json", corrected="corrected.csv")
    table = pd.read_csv(tmp_path / "corrected.csv")
    assert table.values.tolist() == [["s3", "positive", "fine"]]
