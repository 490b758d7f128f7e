"""ONNX graphs of a few nodes."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def constant(name, values, dtype=np.float32):
    return numpy_helper.from_array(np.array(values, dtype=dtype), name)


def write_graph(path, nodes, inputs, outputs, weights):
    """`inputs` and `outputs`: shapes of float tensors by name."""
    sides = [
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in side.items()]
        for side in (inputs, outputs)
    ]
    graph = helper.make_graph(nodes, "g", *sides, weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path
