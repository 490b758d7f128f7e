import types

import pytest

from leap_explorer.contract.failures import describe_failure


def failure_in(path, code):
    """What is said of the error that a source file's code raises when it is run from `path`'s folder."""
    module = types.ModuleType("module")
    path.write_text(code, encoding="utf-8")
    try:
        exec(compile(code, str(path), "exec"), module.__dict__)
    except BaseException as error:
        return describe_failure(error, path.parent)
    raise AssertionError("nothing was raised")


def test_the_innermost_line_of_the_integrations_own(tmp_path):
    code = "import json\n\ndef tokens():\n    return json.loads('{')\n\ntokens()\n"
    said = failure_in(tmp_path / "binder.py", code)
    assert said.startswith("JSONDecodeError: Expecting property name")
    assert said.endswith("(binder.py:4, in tokens)")


def test_the_encoder_is_named_where_its_helper_raised(tmp_path):
    code = "def read():\n    next(iter([]))\ndef tokens():\n    read()\n"
    module = types.ModuleType("module")
    exec(compile(code, str(tmp_path / "b.py"), "exec"), module.__dict__)
    with pytest.raises(StopIteration) as raised:
        module.tokens()
    assert describe_failure(raised.value, tmp_path) == "StopIteration: no message (b.py:2, in read, called by tokens)"


def test_no_message(tmp_path):
    assert failure_in(tmp_path / "b.py", "next(iter([]))") == "StopIteration: no message (b.py:1, in <module>)"


def test_exit(tmp_path):
    assert failure_in(tmp_path / "b.py", "import sys\nsys.exit(0)") == "SystemExit: 0 (b.py:2, in <module>)"


def test_what_led_to_an_error_elsewhere(tmp_path):
    """A StopIteration within code-loader's generator becomes a RuntimeError there."""
    module = types.ModuleType("module")
    exec(compile("def shown():\n    raise StopIteration\n", str(tmp_path / "b.py"), "exec"), module.__dict__)
    with pytest.raises(RuntimeError) as raised:
        next(one for one in (module.shown() for _ in range(1)))
    assert describe_failure(raised.value, tmp_path) == "StopIteration: no message (b.py:2, in shown)"


def test_elsewhere(tmp_path):
    assert describe_failure(TypeError("of another place"), tmp_path) == "TypeError: of another place"


def test_an_environment_within_the_folder_is_not_the_integrations(tmp_path):
    library = tmp_path / ".venv" / "site-packages"
    library.mkdir(parents=True)
    code = "raise ValueError('deep')"
    (library / "library.py").write_text(code, encoding="utf-8")
    namespace = {"code": compile(code, str(library / "library.py"), "exec")}
    with pytest.raises(ValueError, match="deep") as raised:
        exec(compile("exec(code)", str(tmp_path / "b.py"), "exec"), namespace)
    assert describe_failure(raised.value, tmp_path) == "ValueError: deep (b.py:1, in <module>)"
