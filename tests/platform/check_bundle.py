"""Check an unpacked bundle as the platform does. Runs in an environment with nothing but requirements.txt.

check_bundle.py FOLDER ENTRY RESULT.json
"""

import importlib.util
import json
import sys
from pathlib import Path

from code_loader import LeapLoader
from code_loader.contract.enums import DataStateEnum

HEAVY = ("h5py", "keras", "onnx", "onnxruntime", "tensorflow", "torch")


def main(folder: str, entry: str, result_path: str) -> None:
    loader = LeapLoader(code_path=folder, code_entry_name=entry)
    result = loader.check_dataset()
    report = {
        "is_valid": result.is_valid,
        "errors": [result.general_error, *(str(item.display) for item in result.payloads if not item.is_passed)],
        "samples": samples(loader) if result.is_valid else {},
        "modules": {
            name: module.__file__ for name, module in sys.modules.items() if name.startswith(("IMDb", "leap_"))
        },
        "heavy_imported": [name for name in HEAVY if name in sys.modules],
        "heavy_installed": [name for name in HEAVY if importlib.util.find_spec(name)],
    }
    Path(result_path).write_text(json.dumps(report), encoding="utf-8")


def samples(loader: LeapLoader) -> dict[str, dict]:
    """The first training and validation sample, as shapes and values."""
    ids = loader.get_preprocess_sample_ids()
    described = {}
    for state in (DataStateEnum.training, DataStateEnum.validation):
        sample = loader.get_sample(state, ids[state][0])
        described[state.name] = {
            "count": len(ids[state]),
            "inputs": {name: [str(array.dtype), *array.shape] for name, array in sample.inputs.items()},
            "tokens_read": {name: int((array != 0).sum()) for name, array in sample.inputs.items()},
            "gt": {name: array.tolist() for name, array in sample.gt.items()},
            "metadata": sorted(sample.metadata),
        }
    return described


if __name__ == "__main__":
    main(*sys.argv[1:])
