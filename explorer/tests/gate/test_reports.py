from xml.etree import ElementTree

from leap_explorer.gate.judge import Verdict
from leap_explorer.gate.reports import junit_xml, summary_markdown

VERDICTS = [
    Verdict("tests", "a <b> & \x00", "passed", "mean loss is 0.1"),
    Verdict("tests", "b", "failed", "mean loss is 2 | must be <= 1", ("id-1", "<script>")),
    Verdict("slices", "c", "skipped", "other samples"),
]


def test_junit():
    root = ElementTree.fromstring(junit_xml(VERDICTS, "mine").encode())
    assert (root.tag, root.get("tests"), root.get("failures")) == ("testsuites", "3", "1")
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in root] == [
        ("tests", "2", "1"),
        ("slices", "1", "0"),
    ]
    cases = root.findall("testsuite/testcase")
    assert [case.get("name") for case in cases] == ["a <b> & \N{REPLACEMENT CHARACTER}", "b", "c"]
    assert [case.get("classname") for case in cases] == ["mine.tests", "mine.tests", "mine.slices"]
    assert [case.get("name") for case in cases if case.find("skipped") is not None] == ["c"]
    (failure,) = root.iter("failure")
    assert failure.get("message") == VERDICTS[1].message
    assert failure.text.splitlines() == [VERDICTS[1].message, "id-1", "<script>"]


def test_markdown():
    text = summary_markdown(VERDICTS, "my_run")
    assert text.startswith("### Failed: my\\_run\n\n1 of 3 tests passed, 1 skipped.\n")
    assert "| b | mean loss is 2 \\| must be \\<= 1 | id-1, \\<script\\> |" in text
    assert "<details><summary>1 passed</summary>" in text
    assert "<details><summary>1 skipped</summary>" in text


def test_markdown_where_all_passed():
    text = summary_markdown(VERDICTS[:1], "mine")
    assert text.startswith("### Passed: mine\n\n1 of 1 tests passed.\n")
    assert "such as" not in text
