"""A fixture, which each tree's conftest imports: commands without a network, with every try to connect noted."""

import os
import subprocess
import sys

import pytest

from toys import environment

#: Python imports it at each start, in the integration's process too.
WATCH = """
import os, sys

def note(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.gethostbyname"):
        address = arguments[1] if event in ("socket.connect", "socket.sendto") else arguments[0]
        if isinstance(address, tuple) and address[0] in ("127.0.0.1", "::1"):
            return
        with open(os.environ["NOTED"], "a") as file:
            file.write(f"{event} {address} {sys.argv}\\n")

sys.addaudithook(note)
"""


@pytest.fixture
def offline(tmp_path):
    """Calls the command where nothing can be reached, and says what it tried to reach."""
    (tmp_path / "watch").mkdir()
    (tmp_path / "watch" / "sitecustomize.py").write_text(WATCH)
    noted = tmp_path / "noted.txt"
    variables = environment(NOTED=str(noted))
    variables["PYTHONPATH"] = f"{tmp_path / 'watch'}{os.pathsep}{variables['PYTHONPATH']}"
    alone = ["unshare", "-n", "--"]
    if subprocess.run([*alone, "true"], check=False, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("only root can take the network away")

    def call(*command):
        done = subprocess.run(
            [*alone, sys.executable, *map(str, command)], cwd=tmp_path, env=variables, capture_output=True, text=True
        )
        return done, noted.read_text() if noted.exists() else ""

    return call
