import json

import pandas as pd
import pytest

from leap_explorer.errors import ExplorerError
from leap_explorer.insights.annotation import EITHER, read_answers, set_up, tasks

ISSUES = pd.DataFrame(
    {
        "id": ["s1", "s2"],
        "subset": ["validation", "training"],
        "ground_truth": ["negative", "positive"],
        "suggested": ["positive", "negative"],
        "quality": [0.02, 0.3],
        "judges": [2, 1],
        "agree": [2, 1],
        "kind": ["flip", "flip"],
    }
)
TEXTS = {"s1": "A <b>great</b> film", "s2": "Dull"}


def test_a_task_of_label_studio():
    first, second = tasks("label-studio", ISSUES, TEXTS.get)
    facts = {"sample_id": "s1", "subset": "validation", "given": "negative", "chance": 0.02, "models_agree": "2 of 2"}
    assert first["data"] == {"text": "A <b>great</b> film", **facts}
    (prediction,) = first["predictions"]
    assert prediction["score"] == 0.98
    (result,) = prediction["result"]
    assert result == {"from_name": "label", "to_name": "text", "type": "choices", "value": {"choices": ["positive"]}}
    assert second["data"]["sample_id"] == "s2"


def test_a_record_of_argilla():
    first, _ = tasks("argilla", ISSUES, TEXTS.get)
    assert set(first) == {"id", "fields", "metadata", "suggestions", "responses", "vectors"}
    assert (first["id"], first["fields"]) == ("s1", {"text": "A <b>great</b> film"})
    assert first["suggestions"] == {"label": {"value": "positive", "score": 0.98, "agent": "leap-explorer"}}
    assert first["metadata"]["given"] == "negative"


def test_a_text_that_is_not_there():
    with pytest.raises(ExplorerError, match="The text of s2 cannot be had"):
        tasks("argilla", ISSUES, {"s1": "A film"}.get)


def test_what_to_set_up():
    assert '<Choice value="no"/><Choice value="ambiguous"/>' in set_up("label-studio", ["yes", "no"])
    assert "labels=['yes', 'no', 'ambiguous']" in set_up("argilla", ["yes", "no"])


def annotated(sample_id, *choices, **more):
    """A task as Label Studio exports it."""
    results = [[{"from_name": "label", "type": "choices", "value": {"choices": [choice]}}] for choice in choices]
    return {"id": 7, "data": {"sample_id": sample_id}, "annotations": [{"result": one, **more} for one in results]}


def responded(sample_id, *values):
    """A record as Argilla exports it."""
    return {"id": sample_id, "fields": {}, "responses": {"label": [{"value": one, "user_id": "u"} for one in values]}}


@pytest.mark.parametrize("answered", [annotated, responded])
def test_what_more_than_half_answered(tmp_path, answered):
    path = tmp_path / "answers.json"
    path.write_text(
        json.dumps(
            [
                answered("one", "yes"),
                answered("most", "yes", "no", "yes"),
                answered("half", "yes", "no"),
                answered("none"),
                answered("unsure", EITHER),
            ]
        )
    )
    assert read_answers(path) == {"one": "yes", "most": "yes", "half": EITHER, "unsure": EITHER}


def test_a_skipped_task_is_no_answer(tmp_path):
    path = tmp_path / "answers.json"
    path.write_text(json.dumps([annotated("s1", "yes", was_cancelled=True)]))
    assert read_answers(path) == {}


@pytest.mark.parametrize("content", ["", "{}x", "[1]", '[{"id": "s1"}]', '[{"data": {}}]', '{"a": 1}'])
def test_what_is_of_neither_tool(tmp_path, content):
    path = tmp_path / "answers.json"
    path.write_text(content)
    with pytest.raises(ExplorerError, match="holds no answers of Label Studio"):
        read_answers(path)


def test_no_file(tmp_path):
    with pytest.raises(ExplorerError, match="holds no answers"):
        read_answers(tmp_path / "absent.json")
