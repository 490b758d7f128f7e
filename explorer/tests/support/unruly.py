"""The integration `toys/unruly`, laid out in a folder with a model: each prediction is the truth."""

import shutil
from pathlib import Path

import numpy as np

SUPPORT = Path(__file__).parent
SOURCE = SUPPORT.parent / "toys" / "unruly"


def write_unruly(folder, *names, whose="unruly"):
    """Its validation subset is `good-8` and `names`, each of which misbehaves as it says; returns the model's path."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    shutil.copytree(SOURCE, folder)
    (folder / "samples.txt").write_text("\n".join(names), encoding="utf-8")
    utils = folder / "utils.py"
    utils.write_text(utils.read_text(encoding="utf-8").replace('"unruly"', repr(whose)), encoding="utf-8")
    weights = [numpy_helper.from_array(np.eye(2, dtype=np.float32), "weights")]
    nodes = [
        helper.make_node("MatMul", [old, "weights"], [new]) for old, new in (("x", "hidden"), ("hidden", "logits"))
    ]
    inputs, outputs = (
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 2])] for name in ("x", "logits")
    )
    graph = helper.make_graph(nodes, "unruly", inputs, outputs, weights)
    model = folder / "model.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), model)
    return model
