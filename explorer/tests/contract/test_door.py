"""An integration's code in its own process: whatever it does there touches nothing here."""

import os
import sys
import threading
import time
import types
from pathlib import Path

import pytest

from leap_explorer.contract.door import Door, IntegrationDied
from leap_explorer.errors import ExplorerError
from questions import process_id, read_model, read_sample, read_whose, where
from unruly import SUPPORT, write_unruly

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def unruly(tmp_path_factory):
    folder = tmp_path_factory.mktemp("door") / "unruly"
    names = ["prints-1", "moves-1", "raises-1", "leaves-1", "ends-1", "crashes-1", "hangs-1"]
    return folder, write_unruly(folder, *names)


@pytest.fixture(autouse=True, scope="module")
def _questions_can_be_imported():
    """In the integrations' processes, which know nothing of pytest's own path."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(SUPPORT), os.environ.get("PYTHONPATH", "")]))
        yield


@pytest.fixture(scope="module")
def door(unruly):
    folder, model = unruly
    with Door(folder, model) as door:
        yield door


def test_answers(door):
    assert door.call(read_sample, "good-8") == [1.0, 0.0]


def test_what_it_prints_goes_nowhere(door, capfd):
    assert door.call(read_sample, "prints-1") == [1.0, 0.0]
    assert capfd.readouterr() == ("", "")


def test_it_may_move_and_forget_its_environment(door):
    before = Path.cwd(), os.environ["PATH"]
    door.call(read_sample, "moves-1")
    assert door.call(where) == (Path("/"), "")
    assert (Path.cwd(), os.environ["PATH"]) == before


def test_an_error_names_the_line(door):
    with pytest.raises(ExplorerError, match=r"^StopIteration: no message \(utils.py:\d+, in misbehave, called by x\)$"):
        door.call(read_sample, "raises-1")


def test_after_an_error_the_same_process_answers(door):
    before = door.call(process_id)
    with pytest.raises(ExplorerError):
        door.call(read_sample, "raises-1")
    assert door.call(process_id) == before


def test_leaving_is_an_error(door):
    with pytest.raises(ExplorerError, match=r"^SystemExit: 0 \(utils.py:\d+, in misbehave, called by x\)$"):
        door.call(read_sample, "leaves-1")


@pytest.mark.parametrize(
    ("sample_id", "message"),
    [("ends-1", "ended its process with exit code 7"), ("crashes-1", r"crashed its process \(SIGSEGV\)")],
)
def test_its_end_is_told_and_the_next_call_starts_anew(door, sample_id, message):
    with pytest.raises(IntegrationDied, match=message) as died:
        door.call(read_sample, sample_id)
    assert died.value.doing == sample_id
    assert door.call(read_sample, "good-8") == [1.0, 0.0]


def test_hanging_has_a_limit(unruly):
    folder, _ = unruly
    with Door(folder, time_limit=20) as door:
        door.call(read_whose)
        door.time_limit = 1
        with pytest.raises(IntegrationDied, match=r"did not answer within 20 s"):
            door.call(read_sample, "hangs-1")


def test_two_with_modules_of_the_same_names(unruly, door, tmp_path):
    write_unruly(tmp_path / "other", whose="other")
    with Door(tmp_path / "other") as other:
        assert (door.call(read_whose), other.call(read_whose)) == ("unruly", "other")


def test_its_modules_win_over_what_is_installed(tmp_path, unruly):
    installed = tmp_path / "installed"
    installed.mkdir()
    for name in ("utils", "leap_integration"):
        (installed / f"{name}.py").write_text("raise RuntimeError('the wrong module')\n", encoding="utf-8")
    path = os.pathsep.join([str(installed), os.environ.get("PYTHONPATH", "")])
    with Door(unruly[0], environment={**os.environ, "PYTHONPATH": path}) as door:
        assert door.call(read_whose) == "unruly"


def test_closing_ends_what_hangs(unruly):
    with Door(unruly[0]) as door:
        door.call(read_whose)
        raised = []

        def wait():
            try:
                door.call(read_sample, "hangs-1")
            except IntegrationDied as error:
                raised.append(error)

        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.5)
        door.close()
        thread.join(30)
        assert not thread.is_alive()
        assert raised
        with pytest.raises(ExplorerError, match="was closed"):
            door.call(read_whose)


def test_without_a_model_file_it_is_the_integrations_own(unruly):
    with Door(unruly[0]) as door, Door(*unruly) as named:
        assert door.call(read_model) == named.call(read_model)


@pytest.mark.parametrize("name", ["", "nowhere"])
def test_no_integration(tmp_path, name):
    with Door(tmp_path / name) as door, pytest.raises(ExplorerError, match="is no Tensorleap integration"):
        door.call(read_whose)


def test_a_question_that_it_cannot_import(unruly, monkeypatch):
    module = types.ModuleType("not_there")
    exec("def ask(host): pass", module.__dict__)
    monkeypatch.setitem(sys.modules, "not_there", module)
    with Door(unruly[0]) as door, pytest.raises(IntegrationDied, match="No module named 'not_there'"):
        door.call(module.ask)
