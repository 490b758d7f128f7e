"""The digest of a file."""

import hashlib

import pytest

from leap_explorer.file_hash import sha256_of


def test_digest_follows_the_content(tmp_path):
    path = tmp_path / "file"
    for content in (b"", b"a" * 1_000_001, b"b"):
        path.write_bytes(content)
        assert sha256_of(path) == hashlib.sha256(content).hexdigest()
        assert sha256_of(path) == hashlib.sha256(content).hexdigest()


def test_no_file(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        sha256_of(tmp_path / "file")
