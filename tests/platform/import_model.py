"""Import a model file as the platform does, and run it there. Runs in the importer's environment (Python 3.10).

import_model.py MODEL TYPE RESULT.json INPUTS.npz...

Each INPUTS.npz holds an array for each input of the model, by its name. RESULT.json gets the imported model's inputs
and their shapes, the layer of each node of its graph, from the inputs on, and its output for each INPUTS.npz. A model
that cannot be imported raises.
"""

import json
import sys
from pathlib import Path

import numpy as np
from leap_model_parser.contract.importmodelresponse import ImportModelTypeEnum
from leap_model_parser.model_parser import ModelParser


def main(model_path: str, kind: str, result_path: str, *inputs_paths: str) -> None:
    parser = ModelParser()
    graph, inputs, model, error = parser.get_keras_model_and_model_graph(Path(model_path), ImportModelTypeEnum[kind])
    assert error is None, error
    outputs = []
    for path in inputs_paths:
        arrays = np.load(path)
        # The importer makes every input float32, so that is what the platform feeds
        fed = [arrays[name].astype(np.float32) for name in model.input_names]
        outputs.append(np.asarray(model(fed, training=False)).tolist())
    result = {
        "inputs": {info.name: info.shape for info in inputs},
        "layers": [node.name for node in sorted(graph.values(), key=lambda node: int(node.id), reverse=True)],
        "outputs": outputs,
    }
    Path(result_path).write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
