"""The report of a run whose names are markup holds no more scripts, handlers and links than that of a harmless one."""

from html.parser import HTMLParser

import pytest

from hostile_runs import NAMES, renamed
from leap_explorer.dashboard.report.export import write_report


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
