"""What must hold where the optional Poetry group `bert` is not installed."""

import subprocess
import sys

import pytest

from IMDb.config import ROOT

HIDE_TORCH = "import sys; sys.modules['torch'] = None; "  # as if it were not installed, where it is


def run_without_torch(code):
    return subprocess.run([sys.executable, "-c", HIDE_TORCH + code], cwd=ROOT, capture_output=True, text=True)


def imdb_train_bert(*arguments):
    return run_without_torch(
        f"sys.argv = {['imdb', 'train', 'bert', *arguments]}; from IMDb.commands.main import main; main()"
    )


def test_train_bert_says_what_to_install():
    ended = imdb_train_bert()
    assert (ended.returncode, ended.stdout) == (1, "")
    message = "Error: torch is missing. Install what BERT needs: poetry install --with bert"
    assert ended.stderr.strip() == message


def test_train_bert_help():
    ended = imdb_train_bert("--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    for option in ("--base", "--epochs", "--max-length", "--resume", "--checkpoints", "--data", "--output"):
        assert option in ended.stdout


@pytest.fixture
def tokenizer_folder(tmp_path):
    from transformers import BertTokenizerFast

    path = tmp_path / "vocab.txt"
    path.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "great"]), encoding="utf-8")
    BertTokenizerFast(str(path)).save_pretrained(str(tmp_path / "bert"))
    return tmp_path / "bert"


def test_the_bert_tokenizer_loads_without_advice(tokenizer_folder):
    ended = run_without_torch(
        "from IMDb.config import TokenizerSettings; from IMDb.text.tokenizers import WordPieceTokenizer; "
        "settings = TokenizerSettings(max_length=8, head_share=0.5); "
        f"print(WordPieceTokenizer.load({str(tokenizer_folder)!r}, settings).encode('great').ids)"
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "[2 5 3]\n", "")
