"""What holds for any settings: they are read back as they were written, or refused in one line."""

import re
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import strategies as st

from IMDb.config import BertSettings, Config, DenseSettings, load_config, set_model
from IMDb.errors import UserError
from properties import EXAMPLES, holds, texts

_SHARES = st.floats(0.0, 1.0)
_PRINTABLE = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
CONFIGS = st.builds(
    Config,
    model=st.sampled_from(("dense", "bert")),
    data=_PRINTABLE,
    validation_share=st.floats(0.0, 1.0, exclude_min=True, exclude_max=True),
    seed=st.integers(0, 2**40),
    dense=st.builds(
        DenseSettings,
        max_length=st.integers(8, 4096),
        head_share=_SHARES,
        vocab_size=st.integers(10, 1_000_000),
        phrases=st.integers(0, 1_000_000),
    ),
    bert=st.builds(BertSettings, max_length=st.integers(8, 512), head_share=_SHARES),
)


def written(content):
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name) / "config.yaml"
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    return folder, path


@EXAMPLES
class TestSettings:
    def test_are_read_as_they_were_written(self, examples, monkeypatch):
        monkeypatch.delenv("IMDB_MODEL", raising=False)
        monkeypatch.delenv("IMDB_DATA", raising=False)

        def check(config, model):
            folder, path = written(yaml.safe_dump(config.model_dump()))
            with folder:  # half of the models are the one that is set already
                set_model(model, path)
                assert load_config(path) == config.model_copy(update={"model": model})

        holds(examples, check, CONFIGS, st.sampled_from(("dense", "bert")))

    def test_of_any_text_are_refused_in_words(self, examples):
        def check(content):
            folder, path = written(content)
            with folder, pytest.raises(UserError, match=re.escape(str(path))):
                load_config(path)

        holds(examples, check, texts(8))
