"""The report of a run whose names are markup holds no more scripts, handlers and links than that of a harmless one."""

from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from hostile_runs import made_run
from leap_explorer.dashboard.report.export import write_report
from leap_explorer.runs.run import load_run, write_json

NAMES = (
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "a\u2028b\u2029c",
    "<!--",
    "]]></style><svg onload=alert(1)>",
    "x" * 10_000,
)


class Active(HTMLParser):
    """Counts what could act."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        if tag in ("script", "style", "iframe", "object", "embed", "link", "base", "form", "meta"):
            self.found.append(tag)
        self.found += [name for name, _ in attributes if name.startswith("on")]
        loaded = [value for name, value in attributes if name in ("src", "href", "action") and value]
        self.found += [value for value in loaded if not value.startswith(("#", "data:"))]


def renamed(folder, names):
    """The made run with these names as ids, labels, a metadata, a cluster, an insight and an error."""
    run = made_run(folder, 0)
    samples = pd.read_parquet(folder / "samples.parquet")
    samples["id"] = [f"{names[row % len(names)]}{row}" for row in range(len(samples))]
    samples["ground_truth"] = np.where(samples["ground_truth"] == "no", names[0], names[1])
    samples["prediction"] = np.where(samples["prediction"] == "no", names[0], names[1])
    hostile = next(name for name in samples if name.startswith("metadata_") and name != "metadata_words")
    columns = {
        "probability_no": f"probability_{names[0]}",
        "probability_yes": f"probability_{names[1]}",
        hostile: f"metadata_{names[2]}",
    }
    samples = samples.rename(columns=columns)
    samples["error"] = samples["error"].where(samples.index != 79, names[1])
    samples.to_parquet(folder / "samples.parquet")
    info = {**run.info, "labels": list(names[:2]), "model": {"file": names[0]}}
    info["columns"] = {columns.get(name, name): facts for name, facts in run.columns.items()}
    write_json(folder / "run.json", info)
    write_json(folder / "population.json", {"clusters": [{**one, "name": names[3]} for one in run.clusters]})
    insights = [{**one, "title": f"{names[1]} {names[4]}"} for one in run.insights]
    write_json(folder / "insights.json", {"insights": insights, "skipped": {"domain_gap": names[5]}})
    return load_run(folder)


def active_in(folder, names):
    folder.mkdir()
    target = folder / "report.html"
    write_report([renamed(folder / "run", names)], None, folder, target, lambda *_: None)
    parser = Active()
    parser.feed(target.read_text(encoding="utf-8"))
    return parser.found


@pytest.fixture(scope="module")
def harmless(tmp_path_factory):
    return active_in(tmp_path_factory.mktemp("harmless") / "of", [f"name{number}" for number in range(len(NAMES))])


@pytest.mark.parametrize("shift", [0, 2, 4])
def test_names_are_inert(tmp_path, harmless, shift):
    assert "script" in harmless
    assert active_in(tmp_path / "hostile", (*NAMES[shift:], *NAMES[:shift])) == harmless
