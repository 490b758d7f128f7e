import json
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from IMDb.config import ROOT
from IMDb.text.cache import TextCache, cache_folder

PROCESSES, TEXTS = 4, 60


def refuse():
    raise AssertionError("computed although the value is stored")


def fill(folder, number, barrier):
    """One process's work: texts that all of them write, and texts of its own."""
    cache = TextCache("test", "1", folder)
    barrier.wait(timeout=60)
    for text in range(TEXTS):
        assert cache.get_or_compute(f"shared {text}", lambda text=text: [text]) == [text]
        cache.get_or_compute(f"own {number} {text}", lambda text=text: [number, text])


def rows(path):
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return [json.loads(value) for (value,) in connection.execute("SELECT value FROM cache")]
    finally:
        connection.close()


@pytest.fixture
def cache(tmp_path):
    return TextCache("test", "1", tmp_path)


class TestFolder:
    def test_from_the_environment(self, monkeypatch, tmp_path):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
        monkeypatch.setenv("IMDB_CACHE_DIR", str(tmp_path / "own"))
        assert cache_folder() == tmp_path / "own"
        assert TextCache("test", "1").path.parent == tmp_path / "own"

    @pytest.mark.parametrize("own", [None, ""])
    def test_in_the_users_cache(self, monkeypatch, tmp_path, own):
        monkeypatch.delenv("IMDB_CACHE_DIR")
        if own is not None:
            monkeypatch.setenv("IMDB_CACHE_DIR", own)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("XDG_CACHE_HOME", "")
        assert cache_folder() == tmp_path / ".cache" / "imdb-tensorleap"
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
        assert cache_folder() == tmp_path / "xdg" / "imdb-tensorleap"

    def test_home_in_the_setting(self, monkeypatch, tmp_path):
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("IMDB_CACHE_DIR", "~/imdb")
        assert cache_folder() == tmp_path / "imdb"

    def test_without_a_home(self, monkeypatch):
        def homeless(_):
            raise RuntimeError("Could not determine home directory.")

        monkeypatch.delenv("IMDB_CACHE_DIR")
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
        monkeypatch.setattr(Path, "expanduser", homeless)
        assert cache_folder() == Path(tempfile.gettempdir()) / "imdb-tensorleap"


class TestGetOrCompute:
    def test_computes_once(self, cache, tmp_path):
        calls = []
        for _ in range(3):
            assert cache.get_or_compute("a", lambda: calls.append(1) or {"n": 1, "x": 0.1}) == {"n": 1, "x": 0.1}
        assert len(calls) == 1
        assert TextCache("test", "1", tmp_path).get_or_compute("a", refuse) == {"n": 1, "x": 0.1}

    @pytest.mark.parametrize("value", [0, False, None, [], "", 0.1 + 0.2, "電影", {"a": [1, None, True, 2.5]}])
    def test_values_come_back_as_they_were(self, cache, value):
        cache.get_or_compute("a", lambda: value)
        again = cache.get_or_compute("a", refuse)
        assert again == value
        assert type(again) is type(value)

    @pytest.mark.parametrize("text", ["", "電影 👍", "a\0b", "a" * 1_000_000, "lone \ud800 surrogate"])
    def test_any_text_is_a_key_of_its_own(self, cache, text):
        assert cache.get_or_compute(text, lambda: 1) == 1
        assert cache.get_or_compute(text + " ", lambda: 2) == 2
        assert cache.get_or_compute(text, refuse) == 1

    def test_texts_that_differ_in_a_lone_surrogate_alone(self, cache):
        for number, text in enumerate(("\ud800", "\ud801", "?")):
            assert cache.get_or_compute(text, lambda number=number: number) == number

    def test_a_failure_is_not_stored(self, cache):
        with pytest.raises(ZeroDivisionError):
            cache.get_or_compute("a", lambda: 1 // 0)
        assert cache.get_or_compute("a", lambda: 2) == 2

    @pytest.mark.parametrize(("name", "version"), [("test", "2"), ("other", "1")])
    def test_another_name_or_version_has_a_file_of_its_own(self, cache, tmp_path, name, version):
        other = TextCache(name, version, tmp_path)
        cache.get_or_compute("a", lambda: 1)
        assert other.get_or_compute("a", lambda: 2) == 2
        assert TextCache("test", "1", tmp_path).get_or_compute("a", refuse) == 1
        assert len(list(tmp_path.glob("*.sqlite"))) == 2
        assert other.path.name.startswith(f"{name}-")


class TestWithoutAFile:
    def broken_folder(self, folder):
        (folder / "file").write_text("")
        return TextCache("test", "1", folder / "file" / "cache")

    def corrupt_file(self, folder):
        cache = TextCache("test", "1", folder)
        cache.path.write_bytes(b"this is no database" * 500)
        return cache

    def other_table(self, folder):
        cache = TextCache("test", "1", folder)
        connection = sqlite3.connect(cache.path)
        connection.execute("CREATE TABLE cache (something INTEGER)")
        connection.close()
        return cache

    @pytest.mark.parametrize("broken", ["broken_folder", "corrupt_file", "other_table"])
    def test_warns_once_and_computes_on(self, tmp_path, caplog, broken):
        cache = getattr(self, broken)(tmp_path)
        calls = []
        for number in range(3):
            assert cache.get_or_compute("a", lambda number=number: calls.append(number) or number) == number
        assert calls == [0, 1, 2]
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert str(cache.path) in caplog.text

    def test_a_value_that_cannot_be_stored_is_computed_once(self, cache, caplog):
        cache.get_or_compute("a", lambda: 1)
        connection = sqlite3.connect(cache.path)
        connection.execute("CREATE TRIGGER full BEFORE INSERT ON cache BEGIN SELECT RAISE(ABORT, 'disk full'); END")
        connection.close()
        calls = []
        assert cache.get_or_compute("b", lambda: calls.append(1) or 2) == 2
        assert len(calls) == 1
        assert "disk full" in caplog.text


class TestSeveralAtOnce:
    def check(self, path):
        values = rows(path)
        shared = [[text] for text in range(TEXTS)]
        own = [[number, text] for number in range(PROCESSES) for text in range(TEXTS)]
        assert sorted(values, key=str) == sorted(shared + own, key=str)

    def test_processes_lose_nothing(self, tmp_path, cache):
        context = multiprocessing.get_context("spawn")
        barrier = context.Barrier(PROCESSES)
        workers = [context.Process(target=fill, args=(tmp_path, number, barrier)) for number in range(PROCESSES)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(timeout=120)
        assert [worker.exitcode for worker in workers] == [0] * PROCESSES
        self.check(cache.path)

    def test_threads_of_one_cache_lose_nothing(self, cache):
        def work(number):
            for text in range(TEXTS):
                cache.get_or_compute(f"shared {text}", lambda text=text: [text])
                cache.get_or_compute(f"own {number} {text}", lambda text=text: [number, text])

        threads = [threading.Thread(target=work, args=(number,)) for number in range(PROCESSES)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        self.check(cache.path)

    def test_a_file_that_another_process_is_just_creating(self, cache, caplog):
        busy = sqlite3.connect(cache.path, isolation_level=None, check_same_thread=False)
        busy.execute("BEGIN IMMEDIATE")  # to which the change to a write-ahead log gives way without waiting
        release = threading.Timer(0.3, busy.rollback)
        release.start()
        assert cache.get_or_compute("a", lambda: 1) == 1
        release.join()
        busy.close()
        assert not caplog.records
        assert rows(cache.path) == [1]

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
    def test_a_forked_child_and_its_parent_lose_nothing(self, cache):
        cache.get_or_compute("before", lambda: "before")
        context = multiprocessing.get_context("fork")
        ready, go = context.Event(), context.Event()

        def work():
            cache.get_or_compute("child 1", lambda: "child 1")
            ready.set()
            go.wait(timeout=60)
            cache.get_or_compute("child 2", lambda: "child 2")

        child = context.Process(target=work)
        child.start()
        assert ready.wait(timeout=60)
        cache.get_or_compute("parent", lambda: "parent")
        # With the child at work, another process opens and closes the file: it must not take itself for the last one
        cache._close()
        assert set(rows(cache.path)) == {"before", "child 1", "parent"}
        go.set()
        child.join(timeout=60)
        assert child.exitcode == 0
        for text in ("before", "child 1", "child 2", "parent"):
            assert cache.get_or_compute(text, refuse) == text

    def test_a_killed_writer_leaves_the_file_usable(self, cache, tmp_path):
        code = (
            "import sys\n"
            "from pathlib import Path\n"
            "from IMDb.text.cache import TextCache\n"
            "cache = TextCache('test', '1', Path(sys.argv[1]))\n"
            "for number in range(10**9):\n"
            "    cache.get_or_compute(str(number), lambda: [number, 'x' * 5000])\n"
            "    print(number, flush=True)\n"
        )
        writer = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for line in writer.stdout:
            if line.strip() == "50":
                break
        time.sleep(0.05)
        writer.send_signal(signal.SIGKILL)
        writer.wait(timeout=60)
        writer.stdout.close()
        for number in range(51):
            assert cache.get_or_compute(str(number), refuse) == [number, "x" * 5000]
        assert cache.get_or_compute("new", lambda: 1) == 1
        assert len(rows(cache.path)) >= 52
