import json

import pytest

from hostile_runs import made_run
from leap_explorer.errors import ExplorerError
from leap_explorer.runs.run import compact, load_run, write_info

FILES = {
    "samples.parquet": lambda run: run.samples,
    "latent.npy": lambda run: run.latent,
    "population.json": lambda run: run.clusters,
    "insights.json": lambda run: run.insights,
}


@pytest.fixture
def run(tmp_path):
    run = made_run(tmp_path / "run", 0)
    write_info(run.path, run.info)
    return load_run(run.path)


def damage(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_run_as_it_was_written(run):
    assert set(FILES) <= set(run.info["files"])
    assert not {"run.json", "faithfulness.json"} & set(run.info["files"])
    for read in FILES.values():
        read(run)


@pytest.mark.parametrize("name", FILES)
def test_one_bit_that_was_changed_is_told_with_its_file(run, name):
    damage(run.path / name)
    with pytest.raises(ExplorerError, match=f"{name} is damaged"):
        FILES[name](load_run(run.path))


def test_a_run_without_checksums_is_read_as_it_is(run):
    info = {name: value for name, value in run.info.items() if name != "files"}
    (run.path / "run.json").write_text(json.dumps(info))
    (run.path / "insights.json").write_text(json.dumps({"insights": []}))
    assert load_run(run.path).insights == []


def test_a_small_copy_has_checksums_of_its_own(run, tmp_path):
    copy = compact(run, tmp_path / "copy")
    assert copy.info["files"]["samples.parquet"] == run.info["files"]["samples.parquet"]
    assert copy.info["files"]["latent.npy"] != run.info["files"]["latent.npy"]
    damage(copy.path / "latent.npy")
    with pytest.raises(ExplorerError, match=r"latent\.npy is damaged"):
        _ = load_run(copy.path).latent
