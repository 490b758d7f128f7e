import subprocess
import sys
from pathlib import Path

import leap_explorer
from leap_explorer.contract import source_hash
from leap_explorer.contract.source_hash import explorer_sha256, files_sha256


def write(folder, **contents):
    for name, content in contents.items():
        (folder / f"{name}.py").write_bytes(content)
    return files_sha256(folder, folder.iterdir())


class TestFilesSha256:
    def test_names_and_contents_count(self, tmp_path):
        found = {
            write(tmp_path, one=b"x = 1\n"),
            write(tmp_path, one=b"x = 2\n"),
            write(tmp_path, other=b"x = 2\n"),
        }
        assert len(found) == 3

    def test_line_ends_do_not(self, tmp_path):
        assert write(tmp_path, one=b"x = 1\ny = 2\n") == write(tmp_path, one=b"x = 1\r\ny = 2\r\n")

    def test_nor_does_where_the_folder_is(self, tmp_path):
        folders = [tmp_path / "a", tmp_path / "b"]
        for folder in folders:
            folder.mkdir()
        assert write(folders[0], one=b"x = 1\n") == write(folders[1], one=b"x = 1\n")


def test_every_module_that_evaluating_loads(monkeypatch):
    hashed = []
    monkeypatch.setattr(source_hash, "files_sha256", lambda folder, paths: hashed.extend(paths))
    explorer_sha256()
    code = "import sys, leap_explorer.evaluation.evaluate\n"
    code += "print(*(m.__file__ for name, m in sys.modules.items() if name.startswith('leap_explorer.')))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert set(map(Path, loaded)) <= set(hashed)
    names = {path.relative_to(Path(leap_explorer.__file__).parent).as_posix() for path in hashed}
    assert {"evaluation/evaluate.py", "evaluation/score.py", "intervals.py", "insights/find.py"} <= names
    assert not {name for name in names if name.startswith(("dashboard", "commands", "explain", "cli", "__main__"))}
