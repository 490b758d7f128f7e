import errno
import os
import shutil
from pathlib import Path

import pytest

from IMDb.config import CONFIG_PATH, load_config, set_model, write_atomically
from IMDb.errors import UserError


@pytest.fixture(autouse=True)
def _no_overrides(monkeypatch):
    monkeypatch.delenv("IMDB_MODEL", raising=False)
    monkeypatch.delenv("IMDB_DATA", raising=False)


@pytest.fixture
def settings(tmp_path):
    """A copy of the shipped settings file."""
    return shutil.copy(CONFIG_PATH, tmp_path / "config.yaml")


def change(path, old, new):
    content = path.read_text(encoding="utf-8")
    assert content.count(old) == 1
    path.write_text(content.replace(old, new), encoding="utf-8")


def test_shipped_settings_are_valid():
    settings = load_config()
    assert settings.data == "bundled"
    assert settings.validation_share == 0.1
    assert settings.dense.vocab_size == 20_000


@pytest.mark.parametrize("model", ["dense", "bert"])
def test_tokenizer_settings_follow_the_model(settings, monkeypatch, model):
    monkeypatch.setenv("IMDB_MODEL", model)
    loaded = load_config(settings)
    assert loaded.tokenizer == getattr(loaded, model)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seed: 42", "sead: 42", "unknown setting `sead`; remove it or correct its name"),
        ("seed: 42", "seed: 42\nspeed: 3", "unknown setting `speed`"),
        ("  vocab_size: 20000", "  vocab_size: 20000\n  vocabulary: 3", "unknown setting `dense.vocabulary`"),
        ("validation_share: 0.1 ", "validation_share: 1.5 ", "`validation_share` is 1.5: input should be less than 1"),
        ("validation_share: 0.1 ", "validation_share: .nan ", "`validation_share` is nan"),
        ("seed: 42", "seed: -1", "`seed` is -1"),
        ("seed: 42", "seed: many", "`seed` is 'many'"),
        ("vocab_size: 20000", "vocab_size: 9", "`dense.vocab_size` is 9"),
        ("head_share: 0.25", "head_share: 1.01", "`bert.head_share` is 1.01"),
        ("model: dense ", "model: svm ", "`model` is 'svm': input should be 'dense' or 'bert'"),
        ("data: bundled ", "data: '' ", "`data` is ''"),
        ("  head_share: 0.25", "", "setting `bert.head_share` is missing"),
        ("seed: 42", "seed: 42\n7: 8", "`7` is 7: keys should be strings"),
        ("bert:\n", "bert: {}\nBERT:\n", "unknown setting `BERT`"),
    ],
)
def test_bad_settings_name_the_file_and_the_key(settings, old, new, message):
    change(settings, old, new)
    with pytest.raises(UserError, match=message) as raised:
        load_config(settings)
    assert str(raised.value).startswith(f"{settings}: ")


def test_aliases_that_unfold_to_gigabytes(settings):
    """Ten levels of a list of ten of the one before: ten thousand million values in half a kilobyte."""
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}' if n else 'x'] * 10)}]" for n in range(10)]
    for key in ("model", "validation_share", "data"):
        path = settings.parent / f"{key}.yaml"
        path.write_text("\n".join([*levels, f"{key}: *l9"]), encoding="utf-8")
        with pytest.raises(UserError, match="unknown setting `l0`"):
            load_config(path)
    change(settings, "validation_share: 0.1", "validation_share: [[[x]]]")
    with pytest.raises(UserError, match="`validation_share` is a list: "):
        load_config(settings)


def test_what_is_given_goes_before_the_environment_and_the_file(settings, monkeypatch):
    monkeypatch.setenv("IMDB_MODEL", "nonsense")
    loaded = load_config(settings, model="bert", data="elsewhere.csv")
    assert (loaded.model, loaded.data) == ("bert", "elsewhere.csv")
    with pytest.raises(UserError, match=r"^option --model: `model` is 'svm': input should be"):
        load_config(settings, model="svm")


def test_bert_reads_no_more_than_512_positions(settings):
    content = settings.read_text(encoding="utf-8")
    settings.write_text(content.replace("bert:\n  max_length: 512", "bert:\n  max_length: 513"), encoding="utf-8")
    with pytest.raises(UserError, match=r"`bert\.max_length` is 513"):
        load_config(settings)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"model: [dense", "is not valid YAML"),
        (b"model: !!python/object/apply:os.mkdir [harm]", "is not valid YAML: could not determine a constructor"),
        (b"model: \xff", "is not UTF-8 text: invalid start byte at byte 7"),
        (b"", "must hold `key: value` settings"),
        (b"- dense\n- bert\n", "must hold `key: value` settings"),
    ],
)
def test_a_file_that_holds_no_settings(tmp_path, content, message):
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message) as raised:
        load_config(path)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize("use", [load_config, lambda path: set_model("bert", path)])
def test_missing_file(tmp_path, use):
    path = tmp_path / "absent.yaml"
    with pytest.raises(UserError, match=r"absent\.yaml: No such file"):
        use(path)
    assert not path.exists()


def test_environment_overrides_the_file(settings, monkeypatch):
    monkeypatch.setenv("IMDB_MODEL", "bert")
    monkeypatch.setenv("IMDB_DATA", "reviews.csv")
    loaded = load_config(settings)
    assert (loaded.model, loaded.data) == ("bert", "reviews.csv")


def test_an_empty_variable_is_no_override(settings, monkeypatch):
    monkeypatch.setenv("IMDB_MODEL", "")
    assert load_config(settings).model == "dense"


def test_bad_override_names_the_variable_and_not_the_file(settings, monkeypatch):
    monkeypatch.setenv("IMDB_MODEL", "gpt")
    with pytest.raises(UserError, match="environment variable IMDB_MODEL: `model` is 'gpt'") as raised:
        load_config(settings)
    assert str(settings) not in str(raised.value)


def test_bad_key_beside_an_override_names_the_file(settings, monkeypatch):
    change(settings, "seed: 42", "seed: -1")
    monkeypatch.setenv("IMDB_MODEL", "bert")
    with pytest.raises(UserError, match="`seed` is -1") as raised:
        load_config(settings)
    assert str(raised.value).startswith(str(settings))


def test_set_model_changes_one_word_of_the_file(settings):
    before = settings.read_text(encoding="utf-8").splitlines()
    set_model("bert", settings)
    after = settings.read_text(encoding="utf-8").splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert [new for _, new in changed] == [changed[0][0].replace("model: dense ", "model: bert  ")]
    assert load_config(settings).model == "bert"


def test_set_model_there_and_back_gives_the_same_bytes(settings):
    before = settings.read_bytes()
    set_model("bert", settings)
    assert settings.read_bytes() != before
    set_model("dense", settings)
    assert settings.read_bytes() == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("model: dense", "model: bert"),
        ("model: dense\nseed: 1\n", "model: bert\nseed: 1\n"),
        ("model: dense\r\nseed: 1\r\n", "model: bert\r\nseed: 1\r\n"),
        ("model:\nseed: 1\n", "model: bert\nseed: 1\n"),
        ("model : dense # why\n", "model : bert  # why\n"),
        ("model:#\n", "model: bert #\n"),
        ("# model: dense\nmodel: dense  # a: b # c", "# model: dense\nmodel: bert   # a: b # c"),
        ("x:\n  model: dense\nmodel: dense\n", "x:\n  model: dense\nmodel: bert\n"),
    ],
)
def test_set_model_keeps_comments_and_line_ends(tmp_path, before, after):
    path = tmp_path / "config.yaml"
    path.write_bytes(before.encode())
    set_model("bert", path)
    assert path.read_bytes().decode() == after


def test_set_model_without_such_a_setting(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("models: dense\n", encoding="utf-8")
    with pytest.raises(UserError, match="setting `model` is missing"):
        set_model("bert", path)
    assert path.read_text(encoding="utf-8") == "models: dense\n"


def test_write_atomically_makes_folders_and_leaves_no_temporary_file(tmp_path):
    path = tmp_path / "new" / "file.txt"
    write_atomically(path, "first\r\n")
    write_atomically(path, "naïve\r\n")
    assert path.read_bytes() == "naïve\r\n".encode()
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("fails_at", ["write_bytes", "replace"])
def test_a_failed_write_leaves_the_old_file_alone(tmp_path, monkeypatch, fails_at):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "file.txt"
    path.write_text("old", encoding="utf-8")
    monkeypatch.setattr(Path, fails_at, fail)
    with pytest.raises(UserError, match=r"file\.txt cannot be written: No space left on device"):
        write_atomically(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_lone_surrogate_is_written_as_a_question_mark(tmp_path):
    write_atomically(tmp_path / "file.txt", "a \ud800 b")
    assert (tmp_path / "file.txt").read_bytes() == b"a ? b"


@pytest.mark.skipif(os.name == "nt", reason="devices are POSIX files")
def test_a_device_is_not_replaced(tmp_path):
    (tmp_path / "full").symlink_to("/dev/full")
    with pytest.raises(UserError, match="is no plain file, and is not replaced by one"):
        write_atomically(tmp_path / "full", "new")
    assert (tmp_path / "full").is_symlink()
