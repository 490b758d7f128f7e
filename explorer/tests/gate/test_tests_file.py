import pytest

from compared_runs import a_slice
from insight_runs import make_run
from leap_explorer.errors import ExplorerError
from leap_explorer.gate.tests_file import GateTests, NoSliceWorse, load_tests, yaml_of
from leap_explorer.insights.checks import Check
from leap_explorer.insights.export import write_checks
from leap_explorer.insights.filters import Condition

EDITED = """
tests:
  - name: long ones
    expect: mean metadata_a b <= 0.5
    where:
      - [metadata_long, ==, true]
      - [words, has, "not bad"]
  - {name: few, expect: share < 1e-2}
  - {name: copies, expect: count <= 12, ids: [a, "1"]}
no_slice_worse: {than_base_by: 0.05}
robustness: {costs_at_most: 0.1}
"""


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_that_a_person_wrote(tmp_path):
    found = load_tests(written(tmp_path / "tests.yaml", EDITED))
    assert (found.no_slice_worse, found.costs_at_most) == (NoSliceWorse(0.05, "error"), 0.1)
    conditions = (Condition("metadata_long", "==", True), Condition("words", "has", "not bad"))
    assert found.checks == (
        Check("long ones", conditions, "metadata_a b", "mean", "<=", 0.5),
        Check("few", (), None, "share", "<", 0.01),
        Check("copies", (Condition("id", "in", ("a", "1")),), None, "count", "<=", 12.0),
    )


def test_what_is_written_is_read_again(tmp_path):
    samples = make_run(20, training=0, hard=[True] * 10 + [False] * 10)
    insight = a_slice(samples)
    path = written(tmp_path / "t.yml", yaml_of([insight], "mine", "t.yml", NoSliceWorse(0.1, "loss")))
    assert load_tests(path) == GateTests((insight.test,), NoSliceWorse(0.1, "loss"))
    assert "why: It is hard." in path.read_text()


@pytest.mark.parametrize(
    ("value", "operator", "text"),
    [
        (0.42342, "<=", "0.4235"),
        (0.42348, ">=", "0.4234"),
        (216, "<=", "216"),
        (0.0, "<=", "0"),
        (-0.123456, "<", "-0.1234"),
        (1234.5678, ">", "1234.0"),
    ],
)
def test_bounds_are_rounded_so_that_no_test_is_stricter(value, operator, text):
    samples = make_run(4, training=2, hard=[True] * 4)
    insight = a_slice(samples)
    object.__setattr__(insight.test, "operator", operator)
    object.__setattr__(insight.test, "value", value)
    assert f"expect: mean loss {operator} {text}\n" in yaml_of([insight], "r", "n", NoSliceWorse())


def test_json_of_earlier_versions(tmp_path):
    check = Check("old", (), "loss", "mean", "<=", 1.0)
    assert load_tests(write_checks([check], tmp_path / "checks.json")) == GateTests((check,))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tests: [", "cannot be read"),
        ("[1]", "has tests, no_slice_worse, robustness, and nothing else"),
        ("robustness: {costs_at_most: 5}", "a share of samples from 0 to 1"),
        ("robustness: 0.05", "robustness has costs_at_most"),
        ("tset: []", "and nothing else"),
        ("tests: 3", "tests is a list"),
        ("tests: [{name: a}]", "a test has name, expect"),
        ("tests: [{name: a, expect: loss <= 1}]", "expect is such as"),
        ("tests: [{name: a, expect: mean loss <= one}]", "'one' is no number"),
        ("tests: [{name: a, expect: count <= 1, where: [subset]}]", "each \\[column, operator, value\\]"),
        ("tests: [{name: a, expect: count <= 1, where: [[subset, is, x]]}]", "Unknown operator 'is'"),
        ("tests: [{name: a, expect: count <= .nan}]", "is a number|is no number"),
        ("no_slice_worse: {by: 1}", "than_base_by and metric, and nothing else"),
        ("no_slice_worse: {metric: accuracy}", "error or loss, not 'accuracy'"),
        ("no_slice_worse: {than_base_by: -1}", "0 or more, not -1"),
        ("a: !!python/object/apply:os.system [ls]", "cannot be read"),
        ("tests: &a [x]\nno_slice_worse: {than_base_by: *a}", "it has an alias"),
    ],
)
def test_no_file_of_tests(tmp_path, text, message):
    path = written(tmp_path / "tests.yaml", text)
    with pytest.raises(ExplorerError, match=message) as raised:
        load_tests(path)
    assert str(raised.value).startswith(f"{path}: ")


def test_missing(tmp_path):
    with pytest.raises(ExplorerError, match="cannot be read"):
        load_tests(tmp_path / "tests.yaml")
