"""What a gate found, for machines and for a pull request: JUnit XML, and Markdown."""

import re
from collections import Counter
from collections.abc import Sequence
from xml.etree import ElementTree

from leap_explorer.gate.judge import Verdict
from leap_explorer.markdown import plain, table

# What XML 1.0 has no place for
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(verdicts: Sequence[Verdict], run: str) -> str:
    """JUnit XML as GitHub's and GitLab's readers take it: a suite of each group, a case of each test."""
    root = ElementTree.Element("testsuites", _counts(verdicts) | {"name": _text(f"leap-explorer check {run}")})
    for group in dict.fromkeys(one.group for one in verdicts):
        of_group = [one for one in verdicts if one.group == group]
        suite = ElementTree.SubElement(root, "testsuite", {"name": group} | _counts(of_group))
        for one in of_group:
            case = ElementTree.SubElement(
                suite, "testcase", {"classname": _text(f"{run}.{group}"), "name": _text(one.name)}
            )
            if one.outcome == "skipped":
                ElementTree.SubElement(case, "skipped", {"message": _text(one.message)})
            if one.outcome == "failed":
                failure = ElementTree.SubElement(case, "failure", {"message": _text(one.message)})
                failure.text = _text("\n".join([one.message, *one.examples]))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def summary_markdown(verdicts: Sequence[Verdict], run: str) -> str:
    """A summary for a pull request: the failed tests in a table with example ids, the others folded."""
    failed = [one for one in verdicts if one.outcome == "failed"]
    parts = [f"### {'Failed' if failed else 'Passed'}: {plain(run)}\n", f"{in_short(verdicts)}\n"]
    if failed:
        rows = [(one.name, one.message, ", ".join(one.examples)) for one in failed]
        parts.append(table(("failed", "what was found", "such as"), rows))
    for outcome in ("skipped", "passed"):
        others = [(one.name, one.message) for one in verdicts if one.outcome == outcome]
        if others:
            listed = table((outcome, "what was found"), others)
            parts.append(f"<details><summary>{len(others)} {outcome}</summary>\n\n{listed}\n</details>\n")
    return "\n".join(parts)


def in_short(verdicts: Sequence[Verdict]) -> str:
    """Such as `9 of 10 tests passed, 1 skipped.`"""
    counts = Counter(one.outcome for one in verdicts)
    skipped = f", {counts['skipped']} skipped" if counts["skipped"] else ""
    return f"{counts['passed']} of {len(verdicts)} tests passed{skipped}."


def _counts(verdicts: Sequence[Verdict]) -> dict[str, str]:
    counts = Counter(one.outcome for one in verdicts)
    number = {"tests": len(verdicts), "failures": counts["failed"], "skipped": counts["skipped"], "errors": 0}
    return {name: str(count) for name, count in number.items()}


def _text(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
