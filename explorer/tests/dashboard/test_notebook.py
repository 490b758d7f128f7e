import json
import socket
import urllib.error
import urllib.request

import pytest

from browser import made_run
from leap_explorer import explore
from leap_explorer.dashboard.state import Selection, State, to_params
from leap_explorer.errors import ExplorerError
from leap_explorer.insights.filters import Condition


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return made_run(tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture
def shown(run, tmp_path):
    shown = explore(run, state_folder=tmp_path)
    yield shown
    shown.close()


def tell(shown, state):
    """What the page sends when its state has changed."""
    with urllib.request.urlopen(f"{shown.url}_dash-dependencies") as answer:
        callbacks = json.load(answer)
    (asked,) = [one for one in callbacks if one["no_output"] and one["clientside_function"] is None]
    inputs = [{"id": json.loads(one["id"]), "property": "data", "value": 1} for one in asked["inputs"]]
    states = [{"id": one["id"], "property": "data", "value": to_params(state)} for one in asked["state"]]
    body = {"output": asked["output"], "changedPropIds": [], "inputs": inputs, "state": states}
    address = f"{shown.url}_dash-update-component"
    request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
    urllib.request.urlopen(request).close()


def test_url(shown):
    with urllib.request.urlopen(shown.url) as answer:
        assert b"Leap Explorer" in answer.read()
    assert shown.url.startswith("http://127.0.0.1:")
    assert repr(shown) == f"The dashboard is at {shown.url}"


def test_selection(shown, run):
    assert shown.selection == []
    tell(shown, State(filter=(Condition("metadata_genre", "==", "drama"),)))
    wanted = run.samples.loc[run.samples["metadata_genre"] == "drama", "id"].tolist()
    assert shown.selection == wanted
    tell(shown, State(query="s007"))
    assert shown.selection == ["s007"]
    tell(shown, State(selection=Selection("map", ((5, -99), (99, -99), (99, 99), (5, 99)))))
    assert shown.selection == run.samples.loc[run.samples["map_x"].fillna(0) > 5, "id"].tolist()
    tell(shown, State(view="data"))
    assert shown.selection == []


def test_close(shown):
    shown.close()
    shown.close()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(shown.url)
    assert repr(shown) == "The dashboard is closed."


def test_several_by_their_folders(run, tmp_path):
    shown = explore(str(run.path), run.path, state_folder=str(tmp_path))
    shown.close()


def test_port_that_is_taken(run, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ExplorerError, match="cannot be used"):
            explore(run, state_folder=tmp_path, port=taken.getsockname()[1])


def test_no_run(tmp_path):
    with pytest.raises(ExplorerError, match="There is no run at"):
        explore(tmp_path / "gone")
