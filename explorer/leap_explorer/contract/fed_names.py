"""Under which names an integration test feeds its model: `model.run(None, {"ids": tokens, "mask": mask})`.

Code-loader keeps the encoders' order alone, so the names are read in the source.
"""

import ast
from collections.abc import Iterator


def fed_names(source: str) -> list[str] | None:
    """The keys of the dictionary that `run` is called with, in order.

    None where they cannot be told: no such call, keys that are computed, or several calls that differ.
    """
    tree = ast.parse(source)
    found = {names for call in ast.walk(tree) if isinstance(call, ast.Call) for names in _names_of(call, tree)}
    return list(found.pop()) if len(found) == 1 else None


def in_models_order(encoders: list[str], fed: list[str] | None, model: list[str]) -> list[str] | None:
    """The encoders in the order of the model's inputs, by the names they are fed under, or else by their own.

    None where neither are the model's: only the order is left then.
    """
    for names in (fed, encoders):
        if names is not None and len(names) == len(encoders) and sorted(names) == sorted(model):
            return [encoders[names.index(name)] for name in model]
    return None


def _names_of(call: ast.Call, tree: ast.Module) -> Iterator[tuple[str, ...]]:
    if isinstance(call.func, ast.Attribute) and call.func.attr == "run" and len(call.args) == 2:
        fed = call.args[1]
        for one in _assigned(fed.id, tree) if isinstance(fed, ast.Name) else [fed]:
            if isinstance(one, ast.Dict):
                keys = [key.value for key in one.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
                if len(keys) == len(one.keys):
                    yield tuple(keys)


def _assigned(name: str, tree: ast.Module) -> Iterator[ast.expr]:
    """What the name is assigned anywhere."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) and one.id == name for one in node.targets):
            yield node.value
