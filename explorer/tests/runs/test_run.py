import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leap_explorer.errors import ExplorerError
from leap_explorer.population.latent import nearest_neighbours
from leap_explorer.runs.run import (
    FIXED_COLUMNS,
    check_target,
    compact,
    load_run,
    read_samples,
    replace_folder,
    write_json,
    write_table,
)
from toys import BROKEN_ID, FUSSY_ID, names_in

ROWS, WIDTH = 300, 64


def make_run(folder, signatures=True):
    """A run of random vectors near a plane of 8 dimensions; the last row has failed."""
    folder.mkdir(parents=True)
    generator = np.random.default_rng(0)
    latent = generator.normal(size=(ROWS, 8)) @ generator.normal(size=(8, WIDTH))
    latent = (latent + generator.normal(scale=0.01, size=latent.shape)).astype(np.float32)
    latent[-1] = np.nan
    np.save(folder / "latent.npy", latent)
    if signatures:
        np.save(folder / "signatures.npy", generator.integers(0, 2**32, (ROWS, 128), dtype=np.uint32))
    losses = generator.random(ROWS).astype(np.float32)
    table = {name: pa.array([f"{name}-{i}" for i in range(ROWS)]) for name in FIXED_COLUMNS}
    table["loss"] = pa.array(losses, mask=np.arange(ROWS) == ROWS - 1)
    write_table(folder / "samples.parquet", pa.table(table))
    write_json(folder / "population.json", {"clusters": [{"cluster": 0}]})
    write_json(folder / "insights.json", {"insights": [], "skipped": {"mislabeled": "No labels."}})
    info = {
        "model": {"file": "m.onnx"},
        "counts": {"training": {"evaluated": ROWS, "available": ROWS, "failed": 1}},
        "columns": {name: {"role": name} for name in FIXED_COLUMNS},
        "latent": {"source": "features", "dimensions": WIDTH},
        "labels": None,
    }
    write_json(folder / "run.json", info)
    return load_run(folder)


class TestLoading:
    def test_all_of_it(self, tmp_path):
        run = make_run(tmp_path / "r")
        assert run.name == "r"
        assert len(run.samples) == ROWS
        assert run.latent.shape == (ROWS, WIDTH)
        assert run.signatures is not None
        assert run.clusters == [{"cluster": 0}]
        assert (run.insights, run.skipped_insights) == ([], {"mislabeled": "No labels."})
        assert set(run.columns) == set(FIXED_COLUMNS)

    def test_without_signatures(self, tmp_path):
        assert make_run(tmp_path / "r", signatures=False).signatures is None

    def test_nothing_there(self, tmp_path):
        with pytest.raises(ExplorerError, match="There is no run at"):
            load_run(tmp_path / "r")
        with pytest.raises(ExplorerError, match=r"is no run: it has no run\.json"):
            load_run(tmp_path)

    @pytest.mark.parametrize("name", ["samples.parquet", "latent.npy", "population.json", "insights.json"])
    def test_file_is_gone(self, tmp_path, name):
        make_run(tmp_path / "r")
        (tmp_path / "r" / name).unlink()
        with pytest.raises(ExplorerError, match=f"it has no {name}. Evaluate the model anew"):
            load_run(tmp_path / "r")

    @pytest.mark.parametrize(
        ("name", "read"),
        [
            ("samples.parquet", "samples"),
            ("latent.npy", "latent"),
            ("signatures.npy", "signatures"),
            ("population.json", "clusters"),
            ("insights.json", "insights"),
        ],
    )
    def test_file_is_cut_off(self, tmp_path, name, read):
        make_run(tmp_path / "r")
        path = tmp_path / "r" / name
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        with pytest.raises(ExplorerError, match=name.replace(".", r"\.") + r".*Evaluate the model anew"):
            getattr(load_run(tmp_path / "r"), read)

    @pytest.mark.parametrize("content", ["{", "[1]", "{}", '{"columns": 3}'])
    def test_run_json_is_broken(self, tmp_path, content):
        make_run(tmp_path / "r")
        (tmp_path / "r" / "run.json").write_text(content)
        with pytest.raises(ExplorerError, match=r"(run\.json|broken).*anew"):
            load_run(tmp_path / "r")

    @pytest.mark.parametrize("key", ["model", "counts", "columns", "latent", "labels"])
    def test_run_json_lacks_something(self, tmp_path, key):
        info = make_run(tmp_path / "r").info
        info[key] = "none"
        write_json(tmp_path / "r" / "run.json", info)
        with pytest.raises(ExplorerError, match=f"says nothing of {key}"):
            load_run(tmp_path / "r")

    def test_json_without_its_list(self, tmp_path):
        run = make_run(tmp_path / "r")
        write_json(tmp_path / "r" / "population.json", {"other": 1})
        with pytest.raises(ExplorerError, match=r"population\.json says nothing of clusters"):
            _ = run.clusters

    def test_rows_do_not_match(self, tmp_path):
        run = make_run(tmp_path / "r")
        np.save(tmp_path / "r" / "latent.npy", np.zeros((3, 2), dtype=np.float32))
        with pytest.raises(ExplorerError, match=r"latent\.npy has 3 rows"):
            _ = run.latent

    def test_column_is_missing(self, tmp_path):
        pd.DataFrame({"id": ["a"]}).to_parquet(tmp_path / "s.parquet")
        with pytest.raises(ExplorerError, match="has no column subset"):
            read_samples(tmp_path / "s.parquet")

    def test_nulls_compare_to_nullable_booleans(self, tmp_path):
        make_run(tmp_path / "r")
        path = tmp_path / "r" / "samples.parquet"
        table = pq.read_table(path)
        texts = pa.array(["x", None] * (ROWS // 2))
        write_table(path, table.set_column(table.column_names.index("error"), "error", texts))
        samples = read_samples(path)
        assert (samples["error"] == "x").dtype == "boolean"
        assert (samples["error"] == "x").to_numpy(dtype=np.float64, na_value=0.0).sum() == ROWS // 2
        assert samples["loss"].dtype == "Float32"
        assert len({id(text) for text in samples["error"].dropna()}) == 1  # equal ones are kept once
        assert samples["loss"].isna().sum() == 1


class TestWriting:
    def test_json_of_all_kinds(self, tmp_path):
        values = {
            "nan": float("nan"),
            "inf": np.float32("inf"),
            "na": pd.NA,
            "int": np.int16(3),
            "list": (1, np.float64(0.5)),
            "array": np.array([1.0, np.nan]),
            5: {"true": np.bool_(True)},
            "text": "é",
        }
        write_json(tmp_path / "x.json", values)
        expected = {"nan": None, "inf": None, "na": None, "int": 3, "list": [1, 0.5], "array": [1.0, None]}
        assert json.loads((tmp_path / "x.json").read_text()) == {**expected, "5": {"true": True}, "text": "é"}

    def test_a_failure_leaves_the_old_file(self, tmp_path):
        path = tmp_path / "x.json"
        write_json(path, {"a": 1})
        with pytest.raises(TypeError):
            write_json(path, {"a": object()})
        assert json.loads(path.read_text()) == {"a": 1}
        assert names_in(tmp_path) == ["x.json"]

    def test_table(self, tmp_path):
        table = pa.table(
            {"a": pa.array([1.5, None], pa.float32()), "b": ["x", None], "c": np.array([2**64 - 1, 0], dtype=np.uint64)}
        )
        write_table(tmp_path / "t.parquet", table)
        assert pq.read_table(tmp_path / "t.parquet").equals(table)
        assert names_in(tmp_path) == ["t.parquet"]

    def test_a_run_is_replaced_and_what_others_keep_there_stays(self, tmp_path):
        new, old = tmp_path / "new", tmp_path / "old"
        for folder, files in ((new, ["run.json"]), (old, ["run.json", "texts.parquet", "space1.npy", "report.html"])):
            folder.mkdir()
            for name in files:
                (folder / name).write_text(folder.name)
        (old / "notes").mkdir()
        (old / "notes" / "thesis.txt").write_text("mine")
        replace_folder(new, old)
        assert names_in(tmp_path) == ["old"]
        assert names_in(old) == ["notes", "report.html", "run.json"]
        assert (old / "run.json").read_text() == "new"
        assert (old / "notes" / "thesis.txt").read_text() == "mine"

    def test_targets(self, tmp_path):
        make_run(tmp_path / "run")
        (tmp_path / "empty").mkdir()
        for name in ("run", "empty", "nothing"):
            check_target(tmp_path / name)
        (tmp_path / "file").write_text("mine")
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "run.json").write_text("{}")
        (tmp_path / "other" / "thesis.txt").write_text("mine")
        for path in (tmp_path, tmp_path / "file", tmp_path / "other"):
            with pytest.raises(ExplorerError, match="is no run, and a run would replace it"):
                check_target(path)

    def test_a_damaged_run_may_be_replaced(self, tmp_path):
        make_run(tmp_path / "run")
        (tmp_path / "run" / "samples.parquet").write_bytes(b"half")
        check_target(tmp_path / "run")


class TestCompact:
    def test_small_and_alike(self, tmp_path):
        run = make_run(tmp_path / "full")
        small = compact(run, tmp_path / "small", dimensions=16)
        assert small.latent.dtype == np.float16
        assert small.latent.shape == (ROWS, 16)
        assert np.isnan(small.latent[-1]).all()
        assert np.isfinite(small.latent[:-1]).all()
        assert small.signatures is None
        assert small.info["latent"]["dimensions"] == 16
        assert 0.99 < small.info["latent"]["principal_components_hold"] <= 1
        shared = []
        for row in range(0, 60, 3):
            nearest = [
                {i for i, _ in nearest_neighbours(np.asarray(one.latent, dtype=np.float32), row, 10, "euclidean")}
                for one in (run, small)
            ]
            shared.append(len(nearest[0] & nearest[1]))
        assert np.mean(shared) > 9

    def test_numbers_are_unchanged(self, tmp_path):
        run = make_run(tmp_path / "full")
        small = compact(run, tmp_path / "small")
        for name in ("samples.parquet", "population.json", "insights.json"):
            assert (small.path / name).read_bytes() == (run.path / name).read_bytes()
        assert {**small.info, "latent": None, "files": None} == {**run.info, "latent": None, "files": None}
        files = [path.stat().st_size for path in small.path.iterdir()]
        assert sum(files) < 0.5 * sum(path.stat().st_size for path in run.path.iterdir())

    def test_few_dimensions_are_kept_as_they_are(self, tmp_path):
        run = make_run(tmp_path / "full")
        small = compact(run, tmp_path / "small", dimensions=WIDTH)
        np.testing.assert_array_equal(small.latent, run.latent.astype(np.float16))
        assert small.info["latent"] == run.info["latent"]

    def test_never_onto_itself(self, tmp_path):
        run = make_run(tmp_path / "r")
        (tmp_path / "link").symlink_to("r")
        for target in (tmp_path / "r", tmp_path / "link", tmp_path / "x" / ".." / "r"):
            with pytest.raises(ExplorerError, match="is the run itself, which its small copy would replace"):
                compact(run, target)
        assert (tmp_path / "r" / "signatures.npy").exists()

    def test_replaces_a_run_and_nothing_else(self, tmp_path):
        run = make_run(tmp_path / "full")
        compact(run, tmp_path / "small")
        compact(run, tmp_path / "small")
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "notes.txt").touch()
        with pytest.raises(ExplorerError, match="is no run"):
            compact(run, tmp_path / "mine")
        assert names_in(tmp_path) == ["full", "mine", "small"]


def expected_kind(dtype):
    """The type in run.json for what pandas reads."""
    if pd.api.types.is_bool_dtype(dtype):
        return "bool"
    if pd.api.types.is_integer_dtype(dtype):
        return "int"
    return "float" if pd.api.types.is_float_dtype(dtype) else "string"


@pytest.mark.slow
class TestRunOfAToy:
    """What run.json documents is what pandas and DuckDB read."""

    def test_pandas(self, onnx_toy):
        info = json.loads((onnx_toy.out / "run.json").read_text())
        samples = pd.read_parquet(onnx_toy.out / "samples.parquet", dtype_backend="numpy_nullable")
        assert set(samples.columns) == set(info["columns"])
        for name, facts in info["columns"].items():
            assert expected_kind(samples[name].dtype) == facts["type"], name
            assert facts["description"] or facts["role"] in ("metric", "metadata", "confusion"), name
        counts = samples.groupby("subset", sort=False).size()
        assert {subset: facts["evaluated"] for subset, facts in info["counts"].items()} == counts.to_dict()

    def test_duckdb(self, onnx_toy):
        duckdb = pytest.importorskip("duckdb")
        path = onnx_toy.out / "samples.parquet"
        rows = duckdb.sql(f"SELECT subset, count(*), count(loss), avg(loss) FROM '{path}' GROUP BY subset").fetchall()
        samples = load_run(onnx_toy.out).samples
        expected = {(subset, len(part), int(part["loss"].notna().sum())) for subset, part in samples.groupby("subset")}
        assert {row[:3] for row in rows} == expected
        for subset, _, known, mean in rows:
            if known:
                losses = samples.loc[samples["subset"] == subset, "loss"].astype("float64")
                assert mean == pytest.approx(losses.mean(), rel=1e-6)
        failed = duckdb.sql(f"SELECT id FROM '{path}' WHERE error IS NOT NULL ORDER BY id").fetchall()
        assert [row[0] for row in failed] == [BROKEN_ID, FUSSY_ID]

    def test_no_text_in_any_file(self, onnx_toy, tmp_path):
        run = load_run(onnx_toy.out)
        small = compact(run, tmp_path / "small")
        samples = json.loads((onnx_toy.folder / "samples.json").read_text())
        texts = [" ".join(sample["words"]) for sample in samples if len(sample["words"]) > 2]
        assert texts
        for folder in (run.path, small.path):
            for path in folder.iterdir():
                content = read_all(path).replace('"', "").replace(",", "").replace("\x1f", " ")
                content = " ".join(content.split())
                assert not [text for text in texts if text in content], path


def read_all(path):
    """A file's content as text, uncompressed."""
    if path.suffix != ".parquet":
        return path.read_bytes().decode("utf-8", "replace")
    return pq.read_table(path).to_pandas().to_csv(index=False)
