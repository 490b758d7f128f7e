"""Times the scoring of samples by a Dask cluster of workers on this machine.

python explorer/benchmarks/bench_cluster.py scaling [--workers 2 8 32] [--rounds 4]
    An integration whose encoder waits 20 ms a sample. Samples a second once every worker has begun, as a share of what
    as many workers could do at most, which is 50 a second each. Aim: 0.85 at 32.
python explorer/benchmarks/bench_cluster.py overhead INTEGRATION MODEL [--samples 8192]
    Seconds that two workers take for the first samples of an integration, over those of a pool of two processes; both
    have the integration open before the clock starts. Aim: 1.15 or less.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from distributed import Client

from leap_explorer.contract.door import Door
from leap_explorer.evaluation.cluster.agreement import versions_here
from leap_explorer.evaluation.cluster.connect import connected
from leap_explorer.evaluation.cluster.dispatch import score_on
from leap_explorer.evaluation.cluster.luggage import Luggage, pack_code
from leap_explorer.evaluation.cluster.station import Station
from leap_explorer.evaluation.encode import SampleKey
from leap_explorer.evaluation.plan import CHUNK
from leap_explorer.evaluation.pool import call_despite_deaths, score_chunks
from leap_explorer.evaluation.schema import probe_keys
from leap_explorer.evaluation.steps import Facts, read_facts, read_schema
from leap_explorer.runs.run import write_table
from leap_explorer.runs.schema import RunSchema

WAIT = 0.02  # seconds a sample

SLOW = f"""
import time
import numpy as np
from code_loader.contract.datasetclasses import PredictionTypeHandler, PreprocessResponse
from code_loader.contract.enums import DataStateType
from code_loader.inner_leap_binder.leapbinder_decorators import (
    tensorleap_custom_loss, tensorleap_gt_encoder, tensorleap_input_encoder, tensorleap_integration_test,
    tensorleap_load_model, tensorleap_preprocess
)

@tensorleap_preprocess()
def preprocess():
    ids = [str(i) for i in range(100_000)]
    return [PreprocessResponse(sample_ids=ids, data={{}}, state=DataStateType.training),
            PreprocessResponse(sample_ids=["v"], data={{}}, state=DataStateType.validation)]

@tensorleap_input_encoder("x", channel_dim=-1)
def x(sample_id: str, response: PreprocessResponse) -> np.ndarray:
    time.sleep({WAIT})
    return np.eye(2, dtype=np.float32)[len(sample_id) % 2]

@tensorleap_gt_encoder("truth")
def truth(sample_id: str, response: PreprocessResponse) -> np.ndarray:
    return np.eye(2, dtype=np.float32)[len(sample_id) % 2]

@tensorleap_custom_loss("error")
def error(truth: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    return np.abs(truth - prediction).sum(axis=1).astype(np.float32)

@tensorleap_load_model([PredictionTypeHandler("class", ["even", "odd"], channel_dim=-1)])
def load_model():
    import onnxruntime
    return onnxruntime.InferenceSession("model.onnx")

@tensorleap_integration_test()
def integration_test(sample_id: str, response: PreprocessResponse) -> None:
    error(truth(sample_id, response), load_model().run(None, {{"x": x(sample_id, response)}})[0])
"""


def write_slow(folder: Path) -> Path:
    """The integration; returns its model, which gives its input back."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    folder.mkdir()
    (folder / "leap.yaml").write_text("entryFile: slow.py\n")
    (folder / "slow.py").write_text(SLOW)
    nodes = [helper.make_node("MatMul", [old, "w"], [new]) for old, new in (("x", "hidden"), ("hidden", "logits"))]
    ends = [[helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 2])] for name in ("x", "logits")]
    weights = [numpy_helper.from_array(np.eye(2, dtype=np.float32), "w")]
    graph = helper.make_graph(nodes, "slow", *ends, weights)
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), folder / "model.onnx"
    )
    return folder / "model.onnx"


def opened(folder: Path, model: Path) -> tuple[Facts, RunSchema, list[SampleKey]]:
    """What an evaluation knows before it scores, and the keys of all samples of the first subset."""
    with Door(folder, model) as door:
        facts = door.call(read_facts, None)
        subset, ids = next(iter(facts.subsets.items()))
        keys: list[SampleKey] = [(subset, one) for one in ids]
        schema = call_despite_deaths(door, read_schema, probe_keys(keys), "model", None, None)
    return facts, schema, keys


def station_for(folder: Path, model: Path, facts: Facts, schema: RunSchema) -> Station:
    kind = facts.format
    load, sha256 = model.read_bytes(), facts.model.sha256
    code, versions = pack_code(folder), versions_here(kind)
    return Station(Luggage(folder, code, load, model.suffix, sha256, schema, versions, 60.0, {}, False, ()), kind)


def chunked(keys: Sequence[SampleKey]) -> list[list[SampleKey]]:
    return [list(keys[start : start + CHUNK]) for start in range(0, len(keys), CHUNK)]


def scaling(workers: int, rounds: int) -> float:
    """Samples a second and worker, as a share of 1 / WAIT, from when each has scored a chunk until one has no next."""
    with tempfile.TemporaryDirectory() as folder:
        model = write_slow(Path(folder) / "slow")
        facts, schema, keys = opened(model.parent, model)
        station = station_for(model.parent, model, facts, schema)
        chunks = chunked(keys[: CHUNK * workers * (rounds + 4)])
        with connected(f"local:{workers}", print) as client:
            moments = list(_moments(client, station, chunks, Path(folder)))
    # The first to open get ahead: all are at work after two rounds, and until two before the end
    first, last = 2 * workers, len(moments) - 2 * workers
    seconds = moments[last] - moments[first]
    return (last - first) * CHUNK / seconds / workers * WAIT


def _moments(client: Client, station: Station, chunks: list[list[SampleKey]], folder: Path) -> Iterator[float]:
    for number, table in score_on(client, station, chunks):
        write_table(folder / f"{number}.parquet", table)
        yield time.perf_counter()


def overhead(folder: Path, model: Path, samples: int) -> dict[str, float]:
    """Seconds of each way, without those until each of two has scored two chunks.

    The pool goes through them once before, so that neither way pays for what the integration then has in a cache.
    """
    facts, schema, keys = opened(folder, model)
    chunks = chunked(keys[:samples])
    with tempfile.TemporaryDirectory() as made:
        _, pool = (list(_pool_moments(folder, model, schema, chunks, Path(made))) for _ in range(2))
        with connected("local:2", print) as client:
            cluster = list(_moments(client, station_for(folder, model, facts, schema), chunks, Path(made)))
    return {name: moments[-1] - moments[3] for name, moments in (("pool", pool), ("cluster", cluster))}


def _pool_moments(
    integration: Path, model: Path, schema: RunSchema, chunks: list[list[SampleKey]], folder: Path
) -> Iterator[float]:
    with Door(integration, model) as one, Door(integration, model) as other:
        for number, table in enumerate(score_chunks([one, other], schema, chunks)):
            write_table(folder / f"{number}.parquet", table)
            yield time.perf_counter()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["scaling", "overhead"])
    parser.add_argument("integration", nargs="?", type=Path)
    parser.add_argument("model", nargs="?", type=Path)
    parser.add_argument("--workers", nargs="+", type=int, default=[2, 8, 32])
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--samples", type=int, default=8192)
    options = parser.parse_args()
    if options.what == "scaling":
        for workers in options.workers:
            print(f"{workers} workers: efficiency {scaling(workers, options.rounds):.3f}", flush=True)
    else:
        found = overhead(options.integration.resolve(), options.model.resolve(), options.samples)
        print(", ".join(f"{name} {seconds:.1f} s" for name, seconds in found.items()))
        print(f"ratio: {found['cluster'] / found['pool']:.3f} (aim: 1.15 or less)")


if __name__ == "__main__":
    main()
