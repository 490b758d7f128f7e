import json

from leap_explorer.runs.task import MOST_NUMBERS, Task, task_of


def test_round_trip_through_json():
    task = Task("positions", ("o", "x"), "shares", "tags", 1, "truth", -1, "hand")
    assert task_of({"task": json.loads(json.dumps(task.to_dict()))}) == task


def test_runs_of_earlier_versions():
    assert task_of({"labels": ["a", "b"]}).kind == "single-label"
    assert task_of({"labels": None}).kind == "regression"
    assert task_of({"task": {"kind": "from the future"}, "labels": ["a", "b"]}).labels == ("a", "b")


def test_sentence():
    task = Task("single-label", ("a", "b"), output="kind", ground_truth="y")
    assert task.sentence() == (
        "The output kind says one label of several (2 labels), found from its values and those of the ground truth y."
    )
    assert Task("regression", decided_by="hand").sentence() == "The output says a number, set by hand."


def test_numbers_that_a_run_keeps():
    names = tuple(map(str, range(MOST_NUMBERS + 1)))
    assert Task("vector-regression", names).numbers == ()
    assert Task("vector-regression", names[1:]).numbers == names[1:]
    assert Task("single-label", names[1:]).numbers == ()
