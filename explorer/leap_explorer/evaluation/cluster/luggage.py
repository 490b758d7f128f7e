"""What travels to a worker, once: the integration as `leap push` would bundle it, and the model's file."""

import hashlib
import io
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from leap_explorer.contract.door import Door
from leap_explorer.contract.opening import read_settings
from leap_explorer.contract.recipe import Recipe
from leap_explorer.contract.source_hash import pushed_files
from leap_explorer.errors import ExplorerError
from leap_explorer.runs.schema import RunSchema


@dataclass(frozen=True)
class Luggage:
    """An integration, its model, and how they are asked."""

    folder: Path  #: where the integration lies on the machine that it comes from
    code: bytes = field(repr=False)  #: a zip archive
    model: bytes | None = field(repr=False)  #: None where the integration loads its own
    model_suffix: str
    model_sha256: str
    schema: RunSchema = field(repr=False)
    versions: Mapping[str, str]  #: that a worker must have; empty where any will do
    time_limit: float
    environment: Mapping[str, str]  #: on top of the worker's own
    is_trusted: bool
    recipes: tuple[Recipe, ...]

    def unpack(self, target: Path) -> Door:
        """Lay everything out in an empty folder; the door to it opens nothing yet.

        Raises:
            ExplorerError: the model has been damaged on the way.
        """
        integration = target / "integration"
        with zipfile.ZipFile(io.BytesIO(self.code)) as archive:
            archive.extractall(integration)
        model = None
        if self.model is not None:
            if hashlib.sha256(self.model).hexdigest() != self.model_sha256:
                raise ExplorerError("The model's file was damaged on its way to the worker.")
            model = target / f"{self.model_sha256}{self.model_suffix}"
            model.write_bytes(self.model)
        environment = os.environ | dict(self.environment)
        return Door(integration, model, self.time_limit, environment, self.is_trusted, self.recipes)


def pack_code(folder: Path) -> bytes:
    """The files that `leap push` would send, by include and exclude of leap.yaml, as a zip archive.

    Raises:
        ExplorerError: there is no integration.
    """
    settings = read_settings(folder)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(pushed_files(folder, settings, str(settings["entryFile"]))):
            archive.write(path, path.relative_to(folder).as_posix())
    return packed.getvalue()
