"""Doubtful labels for Label Studio and Argilla to be judged there, and what people answered.

Label Studio: its JSON of tasks with predictions, and that of annotated tasks (https://labelstud.io/guide/task_format).
Argilla: the records' JSON of `dataset.records.to_json` and `from_json` (version 2).
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from leap_explorer.errors import ExplorerError

Tool = Literal["label-studio", "argilla"]

QUESTION = "label"  #: the name of the question in both tools
EITHER = "ambiguous"  #: an answer that is no label

_AGENT = "leap-explorer"

Texts = Callable[[str], str | None]


def tasks(tool: Tool, issues: pd.DataFrame, text_of: Texts) -> list[dict[str, Any]]:
    """What a tool imports: one task a row of `label_issues`, in its order, each with the suggested label.

    Raises:
        ExplorerError: a sample's text cannot be had.
    """
    make = _label_studio_task if tool == "label-studio" else _argilla_record
    return [make(issue, _text(text_of, str(issue["id"]))) for issue in issues.to_dict("records")]


def set_up(tool: Tool, labels: Iterable[str]) -> str:
    """What to set up in the tool before importing: its configuration as text."""
    names = [*labels, EITHER]
    if tool == "argilla":
        return (
            f'rg.Settings(fields=[rg.TextField("text")], questions=[rg.LabelQuestion("{QUESTION}", labels={names!r})])'
        )
    choices = "".join(f"<Choice value={json.dumps(name, ensure_ascii=False)}/>" for name in names)
    return f'<View><Text name="text" value="$text"/><Choices name="{QUESTION}" toName="text">{choices}</Choices></View>'


def read_answers(path: Path) -> dict[str, str]:
    """By sample id what people answered in either tool: a label, or `ambiguous`, also where they do not agree.

    Samples that nobody answered are left out, and so are skipped tasks and drafts.

    Raises:
        ExplorerError: the file cannot be read, or is of neither tool.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        answers = [(sample_id, list(given)) for sample_id, given in _answers(content)]
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise ExplorerError(
            f"{path} holds no answers of Label Studio (export as JSON) or Argilla (dataset.records.to_json): {error!r}."
        ) from error
    return {sample_id: _agreed(given) for sample_id, given in answers if given}


def _text(text_of: Texts, sample_id: str) -> str:
    text = text_of(sample_id)
    if text is None:
        raise ExplorerError(f"The text of {sample_id} cannot be had here, so there is nothing to be judged.")
    return text


def _label_studio_task(issue: dict[Any, Any], text: str) -> dict[str, Any]:
    choice = {"from_name": QUESTION, "to_name": "text", "type": "choices", "value": {"choices": [issue["suggested"]]}}
    return {
        "data": {"text": text, **_facts(issue)},
        "predictions": [{"model_version": _AGENT, "score": _score(issue), "result": [choice]}],
    }


def _argilla_record(issue: dict[Any, Any], text: str) -> dict[str, Any]:
    facts = _facts(issue)
    return {
        "id": facts.pop("sample_id"),
        "fields": {"text": text},
        "metadata": facts,
        "suggestions": {QUESTION: {"value": issue["suggested"], "score": _score(issue), "agent": _AGENT}},
        "responses": {},
        "vectors": {},
    }


def _facts(issue: dict[Any, Any]) -> dict[str, Any]:
    return {
        "sample_id": str(issue["id"]),
        "subset": str(issue["subset"]),
        "given": str(issue["ground_truth"]),
        "chance": round(float(issue["quality"]), 4),
        "models_agree": f"{issue['agree']} of {issue['judges']}",
    }


def _score(issue: dict[Any, Any]) -> float:
    """How sure the models are that the given label is wrong, 0-1."""
    return round(1 - float(issue["quality"]), 4)


def _answers(content: list[dict[str, Any]]) -> Iterator[tuple[str, Iterator[str]]]:
    for one in content:
        if "data" in one:
            yield str(one["data"]["sample_id"]), _of_label_studio(one)
        else:
            yield str(one["id"]), (str(response["value"]) for response in one["responses"].get(QUESTION, []))


def _of_label_studio(task: dict[str, Any]) -> Iterator[str]:
    for annotation in task.get("annotations", []):
        if annotation.get("was_cancelled"):
            continue
        for result in annotation["result"]:
            if result["from_name"] == QUESTION:
                yield str(result["value"]["choices"][0])


def _agreed(answers: list[str]) -> str:
    """The answer of more than half of the people."""
    answer, count = Counter(answers).most_common(1)[0]
    return answer if 2 * count > len(answers) else EITHER
