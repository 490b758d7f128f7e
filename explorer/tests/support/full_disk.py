"""A disk without room, for tests that write to it; each tree's tests import the fixture."""

import os
import subprocess

import pytest

SIZE = 2 << 20


@pytest.fixture
def full_disk(tmp_path):
    """An empty folder on a disk of 2 MB, and what fills it but for some bytes; skips where none can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or subprocess.run(mount, check=False).returncode:
        pytest.skip("only root can mount a disk of 2 MB")
    try:
        yield folder, lambda room: fill(folder, room)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(folder, room):
    """Leave `room` bytes free, in whole pages."""
    with (folder / "filling").open("wb") as file:
        file.write(bytes(os.statvfs(folder).f_bavail * os.statvfs(folder).f_bsize - room))
