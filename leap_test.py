"""Check the integration as the platform does: through `LeapLoader`, on this machine and in platform mode.

python leap_test.py        exits with 1 if anything fails

Each mode runs in a process of its own, since code-loader keeps one integration a process.
"""

import os

os.environ.setdefault("TL_DISABLE_ANALYTICS", "1")  # code-loader's telemetry costs seconds at every start

import argparse
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
from code_loader import LeapLoader
from code_loader.contract.datasetclasses import PreprocessResponse
from code_loader.contract.enums import DataStateEnum
from code_loader.contract.responsedataclasses import DatasetSetup

ROOT = Path(__file__).resolve().parent
ENTRY = "leap_integration.py"
MODES = {"local": {}, "platform": {"IS_TENSORLEAP_PLATFORM": "true"}}
SAMPLES_PER_SUBSET = 5


def check(root: Path = ROOT) -> None:
    """Parse the integration, then take samples of every subset through every encoder, metric and visualizer.

    Raises:
        AssertionError: something is not as the platform needs it; the message says what.
    """
    loader = LeapLoader(code_path=str(root), code_entry_name=ENTRY)
    result = loader.check_dataset()
    failures = {payload.name: payload.display for payload in result.payloads if not payload.is_passed}
    assert result.is_valid, f"check_dataset() fails: {result.general_error or failures}"
    assert result.setup is not None, "check_dataset() gives no setup"
    metadata = {item.name for item in result.setup.metadata}
    parts = [f"{item.name} {item.shape or ''}".strip() for item in result.payloads if item.name not in metadata]
    print(f"  parsed: {', '.join(parts)} and {len(metadata)} metadata")
    subsets = loader.get_preprocess_sample_ids()
    assert {DataStateEnum.training, DataStateEnum.validation} <= set(subsets), f"subsets are {list(subsets)}"
    for state, sample_ids in subsets.items():
        for position in np.linspace(0, len(sample_ids) - 1, SAMPLES_PER_SUBSET, dtype=int):
            check_sample(loader, result.setup, state, sample_ids[position])
        print(f"  ok: {SAMPLES_PER_SUBSET} of {len(sample_ids):,} {state.name} samples")
    simulations = import_module("leap_binder").SIMULATIONS
    registered = [simulation.name for simulation in result.setup.simulations]
    assert registered == list(simulations), f"the simulations are {registered}"
    for name in registered:
        check_simulation(loader, result.setup, name, *simulations[name])
    print(f"  ok: {len(registered)} simulations")


def check_sample(loader: LeapLoader, setup: DatasetSetup, state: DataStateEnum, sample_id: str) -> None:
    """One sample through everything that is registered, with a made-up prediction."""
    sample = loader.get_sample(state, sample_id)
    for encoder in setup.inputs:
        array = sample.inputs[encoder.name]
        assert array.dtype == np.float32, f"{sample_id}: input {encoder.name} is {array.dtype}, not float32"
        assert list(array.shape) == encoder.shape, f"{sample_id}: input {encoder.name} is {array.shape}"
    assert {metadata.name for metadata in setup.metadata} == set(sample.metadata), f"{sample_id}: metadata differ"
    (prediction_type,) = setup.prediction_types
    prediction = np.array([[-1.0, 1.0]], dtype=np.float16)  # the platform hands over float16
    assert prediction.shape[1] == len(prediction_type.labels), f"labels are {prediction_type.labels}"
    ids = np.array([sample_id])
    if sample.gt is not None:
        check_metrics(loader, setup, state, ids, sample.gt["sentiment"], prediction)
    tensors = {
        "tokens": sample.inputs[setup.inputs[0].name],
        "prediction": prediction[0],
        "sentiment": np.array([], dtype=np.float32) if sample.gt is None else sample.gt["sentiment"],
    }
    for visualizer in setup.visualizers:
        if not set(visualizer.arg_names) <= set(tensors):
            continue  # one of code-loader's own
        arguments = {name: tensors[name] for name in visualizer.arg_names}
        shown = loader.run_visualizer(visualizer.name, ids, state, arguments)
        assert shown.type == visualizer.type, f"{sample_id}: visualizer {visualizer.name} gives {shown.type}"
        if loader.get_heatmap_visualizer_raw_vis_input_arg_name(visualizer.name) is not None:
            check_heatmap(loader, visualizer.name, ids, state, tensors["tokens"], len(shown.data))


def check_simulation(
    loader: LeapLoader,
    setup: DatasetSetup,
    name: str,
    simulation: Callable[..., PreprocessResponse],
    parameters: dict[str, str | float],
) -> None:
    """A few samples of a simulation, the same for the same seed, each through everything that is registered.

    The platform gives simulated samples ids of its own, and hands no visualizer their data.
    """
    own_ids = simulation(N=SAMPLES_PER_SUBSET, seed=1, **parameters).sample_ids
    assert len(set(own_ids)) == SAMPLES_PER_SUBSET, f"{name} gives the ids {own_ids}"
    ids = [f"{name}-{number}" for number in range(SAMPLES_PER_SUBSET)]
    first, again = (loader.run_simulation(name, parameters, len(ids), seed=1, sample_ids=ids) for _ in range(2))
    for encoder, arrays in first["encoded"].items():
        assert np.array_equal(arrays, again["encoded"][encoder]), f"{name} gives other {encoder} for the same seed"
    for sample_id in ids:
        check_sample(loader, setup, DataStateEnum.additional, sample_id)


def check_metrics(
    loader: LeapLoader,
    setup: DatasetSetup,
    state: DataStateEnum,
    ids: np.ndarray,
    truth: np.ndarray,
    prediction: np.ndarray,
) -> None:
    """Loss and metrics of one labelled sample: one finite value, or one confusion matrix, a sample."""
    batch = {"sentiment": truth[None].astype(np.float16), "prediction": prediction}
    # code-loader's own losses and metrics have arguments of other names
    losses = [loss.name for loss in setup.custom_losses if set(loss.arg_names) == set(batch)]
    names = [metric.name for metric in setup.metrics if set(metric.arg_names) == set(batch)]
    assert losses, "there is no loss"
    assert names, "there is no metric"
    results = {name: loader.run_custom_loss(name, ids, state, dict(batch)) for name in losses}
    results |= {name: loader.run_metric(name, ids, state, dict(batch)) for name in names}
    for name, values in results.items():
        assert len(values) == 1, f"{ids[0]}: {name} gives {len(values)} values for one sample"
        if isinstance(values, np.ndarray):
            assert np.isfinite(values).all(), f"{ids[0]}: {name} is {values}"


def check_heatmap(
    loader: LeapLoader, name: str, ids: np.ndarray, state: DataStateEnum, tokens: np.ndarray, n_words: int
) -> None:
    """A heat-map over the input positions comes back as one value a word shown."""
    from code_loader.contract.datasetclasses import RawInputsForHeatmap

    raw = RawInputsForHeatmap({"tokens": tokens})
    heatmap = loader.run_heatmap_visualizer(name, ids, state, {"tokens": np.ones_like(tokens), "raw_inputs": raw})
    assert heatmap is not None, f"{ids[0]}: {name} gives no heat-map"
    assert heatmap.shape == (n_words,), f"{ids[0]}: {name}'s heat-map does not fit its {n_words} words"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mode", choices=MODES, help="check in this process, in this mode only")
    mode = parser.parse_args().mode
    if mode is None:
        # Both run, whatever the first says; a process that a signal ends has a negative code
        codes = [subprocess.run([sys.executable, __file__, "--mode", name], check=False).returncode for name in MODES]
        return int(any(codes))
    os.environ |= MODES[mode]
    print(f"{mode} mode")
    try:
        check()
    except Exception as error:
        print(f"  FAILED {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
