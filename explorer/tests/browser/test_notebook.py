"""The notebook of the documentation, executed, and its dashboard looked at as a notebook's page shows it."""

import threading
from contextlib import ExitStack
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from browser import Page

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

pytestmark = pytest.mark.slow

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebook.ipynb"


class Executed:
    """A notebook whose kernel still runs."""

    def __init__(self, client):
        self.client = client

    def execute(self, source):
        """The outputs of a cell."""
        self.client.nb.cells.append(nbformat.v4.new_code_cell(source))
        return self.client.execute_cell(self.client.nb.cells[-1], len(self.client.nb.cells) - 1).outputs

    def value(self, source):
        """What a cell with this as its last line shows, as text."""
        return self.execute(source)[-1]["data"]["text/plain"]


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """All cells but the last two, which need a selection, and end the dashboard."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    resources = {"metadata": {"path": str(tmp_path_factory.mktemp("notebook"))}}
    client = nbclient.NotebookClient(notebook, timeout=300, resources=resources)
    with client.setup_kernel():
        last = notebook.cells[-2:]
        del notebook.cells[-2:]
        for number, cell in enumerate(notebook.cells):
            client.execute_cell(cell, number)
        yield Executed(client), [cell.source for cell in last]


def outputs_of(executed, ending):
    """Of the cell that ends so."""
    (cell,) = [cell for cell in executed.client.nb.cells if cell.source.endswith(ending)]
    return cell.outputs


def test_it_is_kept_without_outputs():
    cells = [cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]
    assert cells
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)


def test_insights(executed):
    notebook, _ = executed
    (said, skipped) = outputs_of(notebook, "\nskipped")
    assert "labels" in said["text"]
    assert "over_fitting" in skipped["data"]["text/plain"]


@pytest.fixture
def served():
    """Serves a folder from another port, as Jupyter does, and gives its address."""
    with ExitStack() as servers:

        def serve(folder):
            handler = partial(SimpleHTTPRequestHandler, directory=folder)
            server = servers.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), handler))
            servers.callback(server.shutdown)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            return f"http://127.0.0.1:{server.server_port}"

        yield serve


def test_dashboard_below_the_cell(executed, driver, downloads, tmp_path, served):
    notebook, (show_selected, close) = executed
    (output,) = outputs_of(notebook, "\nshown")
    address = notebook.value("shown.url").strip("'")
    html = output["data"]["text/html"]
    assert f'src="{address}"' in html
    (tmp_path / "favicon.ico").touch()  # a browser asks for it
    (tmp_path / "cell.html").write_text(f"<!doctype html><title>A cell</title>{html}")

    driver.get("about:blank")
    driver.get_log("browser")
    page = Page(driver, address, downloads)
    driver.get(f"{served(tmp_path)}/cell.html")
    driver.switch_to.frame(page.find("iframe")[0])
    page.wait_for_text("#overview-scores", "test")
    assert notebook.value("shown.selection") == "[]"

    page.type("input[type=search]", "museum")
    page.wait_for_text("#count", "of 400")
    page.until(lambda: notebook.value("shown.selection") != "[]", "have a selection")
    samples = notebook.value("sorted(shown.selection) == sorted(i for i, t in run.texts.items() if 'museum' in t)")
    assert samples == "True"
    assert "museum" in notebook.execute(show_selected)[-1]["data"]["text/html"]
    assert page.console_errors() == []
    driver.switch_to.default_content()

    notebook.execute(close)
    assert notebook.value("repr(shown)") == "'The dashboard is closed.'"
    with pytest.raises(nbclient.exceptions.CellExecutionError, match="Connection refused"):
        notebook.execute("import urllib.request\nurllib.request.urlopen(shown.url)")
