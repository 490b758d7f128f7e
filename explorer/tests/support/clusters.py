"""Real Dask clusters for tests: a scheduler and workers, each a process of its own, here or in a namespace."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from shutil import which

import pytest

from leap_explorer.contract.door import Door
from leap_explorer.evaluation.cluster.agreement import versions_here
from leap_explorer.evaluation.cluster.luggage import Luggage, pack_code
from leap_explorer.evaluation.schema import probe_keys
from leap_explorer.evaluation.steps import read_facts, read_schema
from toys import environment

PATIENCE = 120  # seconds; a busy machine takes its time


def wait_until(is_so, what):
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


class RealCluster:
    """A scheduler, and workers by name, one thread each; whatever is left of them ends with the block."""

    def __init__(self, folder: Path, host="127.0.0.1", prefix=(), **variables):
        self.folder, self.host, self.prefix = folder, host, list(prefix)
        self.variables = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1", **variables}
        self.workers = {}
        self.scheduler = self._start("scheduler", "scheduler", "--host", host, "--port", "0", "--no-dashboard")
        wait_until(self._address_file.exists, "the scheduler does not start")

    def _start(self, name, kind, *arguments, **variables):
        command = [*self.prefix, sys.executable, "-m", f"distributed.cli.dask_{kind}", *arguments]
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [*command, "--scheduler-file", str(self._address_file)],
                env=environment(**self.variables, **variables),
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def _address_file(self):
        return self.folder / "scheduler.json"

    @property
    def address(self):
        return json.loads(self._address_file.read_text())["address"]

    def add(self, *names, nanny=False, **variables):
        """Start workers."""
        for name in names:
            where = ["--local-directory", str(self.folder / name), "--host", self.host]
            options = ["--nthreads", "1", "--memory-limit", "0", "--no-dashboard"]
            how = "--nanny" if nanny else "--no-nanny"
            self.workers[name] = self._start(name, "worker", "--name", name, how, *where, *options, **variables)

    def fill(self, client, *names):
        """See that workers of these names are there, and no others."""
        for name, process in list(self.workers.items()):
            if name not in names:
                self.end(name)
            elif process.poll() is not None:
                del self.workers[name]
        self.add(*(name for name in names if name not in self.workers))
        wait_until(lambda: len(client.nthreads()) == len(names), "the workers do not come")

    def end(self, name):
        """kill -9 of a worker, with its nanny and the integration's processes if it has any."""
        process = self.workers.pop(name)
        self._kill(process)

    def _kill(self, process):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def folders(self):
        """What stations have laid out."""
        return list(self.folder.rglob("leap-explorer-*"))

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        for process in (*self.workers.values(), self.scheduler):
            self._kill(process)


def luggage_of(folder, model, **changes):
    """Of an integration, as an evaluation would pack it."""
    with Door(folder, model) as door:
        facts = door.call(read_facts, None)
        keys = [(subset, one) for subset, ids in facts.subsets.items() for one in ids if one.startswith("good")]
        schema = door.call(read_schema, probe_keys(keys), {}, "model", None, None)
        sha256 = facts.model.sha256
    code, versions = pack_code(folder), versions_here("onnx")
    known = {"versions": versions, "time_limit": 60.0, "environment": {}, "is_trusted": False, "recipes": ()}
    return Luggage(folder, code, model.read_bytes(), model.suffix, sha256, schema, **{**known, **changes})


@contextmanager
def cuttable_network():
    """A network of its own that can be cut: what to put before a command that is to run there, and its address.

    The third is a function that cuts it at once, for some seconds. Skips the test where that is not allowed.
    """
    space, here, there = f"leap{os.getpid()}", f"lh{os.getpid()}", f"lt{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", space], capture_output=True, check=False) if which("ip") else None
    if made is None or made.returncode:
        pytest.skip("no network namespaces are allowed here")
    inside = ["ip", "netns", "exec", space]
    net = f"10.{os.getpid() // 250 % 250}.{os.getpid() % 250}"
    healing = []
    try:
        for one in (
            ["ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", space],
            ["ip", "address", "add", f"{net}.1/24", "dev", here],
            ["ip", "link", "set", here, "up"],
            [*inside, "ip", "address", "add", f"{net}.2/24", "dev", there],
            [*inside, "ip", "link", "set", there, "up"],
            [*inside, "ip", "link", "set", "lo", "up"],
        ):
            subprocess.run(one, check=True)

        def cut(seconds):
            subprocess.run([*inside, "ip", "link", "set", there, "down"], check=True)
            heal = threading.Timer(seconds, subprocess.run, ([*inside, "ip", "link", "set", there, "up"],))
            heal.start()
            healing.append(heal)

        yield inside, f"{net}.2", cut
    finally:
        for heal in healing:
            heal.cancel()
        subprocess.run(["ip", "netns", "delete", space], check=True)
