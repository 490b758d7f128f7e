import os
import subprocess
import sys

import pytest

from leap_explorer.silent_imports import held_back_stderr


def test_what_is_written_within_is_held_back(capfd):
    with held_back_stderr():
        os.write(2, b"a note of native code\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_an_exception_shows_it(capfd):
    def fail():
        os.write(2, b"the reason\n")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), held_back_stderr():
        fail()
    assert capfd.readouterr().err == "the reason\n"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["import_keras", "import_umap"])
def test_imports_say_nothing(name):
    code = f"from leap_explorer import silent_imports; print(silent_imports.{name}().__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.strip() == name.removeprefix("import_")
