import pytest


@pytest.fixture(autouse=True)
def _own_surroundings(tmp_path, monkeypatch):
    """Neither the user's cache nor the user's settings reach a test."""
    monkeypatch.setenv("IMDB_CACHE_DIR", str(tmp_path / "cache"))
    for variable in ("IMDB_MODEL", "IMDB_DATA"):
        monkeypatch.delenv(variable, raising=False)
