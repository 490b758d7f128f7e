"""axe-core finds nothing serious in any view, light and dark.

Its JavaScript comes with the package axe-playwright-python, of which nothing else is used.
"""

from importlib.util import find_spec
from pathlib import Path

import pytest

from layout import settled

pytestmark = pytest.mark.slow

SERIOUS = ("serious", "critical")
RUN = """
const done = arguments[arguments.length - 1];
const told = ({id, impact, nodes}) => [id, impact, nodes.map((one) => one.html.slice(0, 160))];
axe.run(document, {resultTypes: ["violations"]}).then(({violations}) => done(violations.map(told)));
"""


@pytest.fixture(scope="module")
def axe():
    """The source of axe-core."""
    spec = find_spec("axe_playwright_python")
    if spec is None or spec.origin is None:
        pytest.skip("needs the package axe-playwright-python, which brings axe-core")
    return (Path(spec.origin).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "view", ["overview", "population", "sample", "data", "insights", "labels", "compare", "robustness"]
)
def test_no_serious_finding(page, axe, view, theme):
    page.open(view=view, theme=theme, filter='[["subset","==","validation"]]')
    settled(page)
    page.script(axe)
    found = page.driver.execute_async_script(RUN)
    assert [one for one in found if one[1] in SERIOUS] == []
