"""Fine-tuning BERT, on tiny randomly initialised models."""

import json
import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from transformers import (  # noqa: E402
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    RobertaConfig,
    RobertaForSequenceClassification,
)

from IMDb.config import LABELS  # noqa: E402
from IMDb.errors import UserError  # noqa: E402
from IMDb.models.bert_training import (  # noqa: E402
    CHUNK,
    EVALUATION_BATCH,
    Recipe,
    Trainer,
    bucketed_batches,
    build,
    collate,
    evaluate,
    measure,
    parameter_groups,
    predict_logits,
    schedule,
)
from IMDb.text.tokenizers import Encoding  # noqa: E402
from plain_arithmetic import plain_arithmetic  # noqa: E402

CPU = torch.device("cpu")
SIZES = {
    "vocab_size": 60,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "max_position_embeddings": 32,
}
RECIPE = Recipe(epochs=2, batch_size=4, learning_rate=1e-3, dropout=0.3, seed=7)
STEPS_PER_EPOCH = 5  # of 18 reviews


@pytest.fixture(autouse=True, scope="module")
def _plain_arithmetic():
    with plain_arithmetic():
        yield


def tiny_bert(seed=0, dropout=0.3, **settings):
    torch.manual_seed(seed)
    config = BertConfig(**SIZES | settings, hidden_dropout_prob=dropout, initializer_range=0.2)
    return BertForSequenceClassification(config).eval()


def encoding(*ids):
    return Encoding(np.array(ids, dtype=np.int32), len(ids), 0)


def labelled(count, seed=0):
    """Reviews of 3 to 20 random tokens; those that hold token 5 are positive."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    reviews = [encoding(2, 4 + label, *generator.integers(6, 60, generator.integers(1, 19))) for label in labels]
    return reviews, labels


def make_trainer(folder, recipe=RECIPE, training=None, model=None):
    training = training or labelled(18)
    measured = {"training": training, "validation": labelled(6, seed=1)}
    return Trainer(model or tiny_bert(), training, measured, 0, recipe, folder)


def weights(model):
    return {name: values.clone() for name, values in model.state_dict().items()}


def are_equal(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


class Interruption(Exception):
    pass


class TestSchedule:
    def test_values(self):
        factors = [schedule(step, 10, 0.2) for step in range(10)]
        assert factors == pytest.approx([0.5, 1, 1, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8])

    def test_rises_then_falls_to_nearly_nothing(self):
        factors = np.array([schedule(step, 1000, 0.06) for step in range(1000)])
        assert factors.argmax() == 59
        assert factors.max() == 1
        assert (np.diff(factors[:60]) > 0).all()
        assert (np.diff(factors[60:]) < 0).all()
        assert 0 < factors[0] < 0.02
        assert 0 < factors[-1] < 0.002

    @pytest.mark.parametrize("steps", [1, 2, 3])
    @pytest.mark.parametrize("warmup_share", [0.0, 0.06, 1.0])
    def test_of_few_steps(self, steps, warmup_share):
        factors = [schedule(step, steps, warmup_share) for step in range(steps)]
        assert max(factors) == 1
        assert min(factors) > 0


class TestBucketedBatches:
    LENGTHS = np.random.default_rng(0).integers(3, 500, 2 * 4 * CHUNK + 30)

    def batches(self, seed=1):
        return bucketed_batches(self.LENGTHS, 4, np.random.default_rng(seed))

    def test_each_index_once(self):
        assert sorted(np.concatenate(self.batches())) == list(range(len(self.LENGTHS)))

    def test_sizes(self):
        sizes = sorted(len(batch) for batch in self.batches())
        assert sizes == [2] + [4] * (len(self.LENGTHS) // 4)
        assert len(sizes) == math.ceil(len(self.LENGTHS) / 4)

    def test_the_seed_decides(self):
        first, again, other = ([batch.tolist() for batch in self.batches(seed)] for seed in (1, 1, 2))
        assert first == again
        assert first != other

    def test_lengths_in_a_batch_are_similar(self):
        spread = [np.ptp(self.LENGTHS[batch]) for batch in self.batches()]
        shuffled = np.random.default_rng(1).permutation(self.LENGTHS)
        of_random = [np.ptp(shuffled[i : i + 4]) for i in range(0, len(shuffled), 4)]
        assert np.mean(spread) < 0.2 * np.mean(of_random)

    def test_batches_come_in_no_order_of_length(self):
        longest = [self.LENGTHS[batch].max() for batch in self.batches()]
        assert abs(np.corrcoef(longest, np.arange(len(longest)))[0, 1]) < 0.3

    @pytest.mark.parametrize("count", [0, 1, 3])
    def test_fewer_than_a_batch(self, count):
        batches = bucketed_batches(np.full(count, 5), 4, np.random.default_rng(0))
        assert [len(batch) for batch in batches] == [count] * (count > 0)


def test_collate():
    batch = collate([encoding(2, 9, 3), encoding(2, 3)], 7, CPU)
    assert batch["input_ids"].tolist() == [[2, 9, 3], [2, 3, 7]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 1, 0]]
    assert {values.dtype for values in batch.values()} == {torch.int64}
    longer = collate([encoding(2, 9, 3)], 7, CPU, length=5)
    assert longer["input_ids"].tolist() == [[2, 9, 3, 7, 7]]
    assert longer["attention_mask"].tolist() == [[1, 1, 1, 0, 0]]


class TestParameterGroups:
    @pytest.fixture
    def group_of(self):
        model = tiny_bert()
        groups = parameter_groups(model, Recipe(learning_rate=0.1, layer_decay=0.5, head_factor=3.0, weight_decay=0.01))
        names = {id(parameter): name for name, parameter in model.named_parameters()}
        held = [names[id(parameter)] for group in groups for parameter in group["params"]]
        assert sorted(held) == sorted(names.values())  # each exactly once
        return dict(zip(held, groups, strict=True))

    @pytest.mark.parametrize(
        ("start", "factor"),
        [
            ("bert.embeddings.", 0.25),
            ("bert.encoder.layer.0.", 0.5),
            ("bert.encoder.layer.1.", 1.0),
            ("bert.pooler.", 1.0),
            ("classifier.", 3.0),
        ],
    )
    def test_rates(self, group_of, start, factor):
        rates = [group["lr"] for name, group in group_of.items() if name.startswith(start)]
        assert rates
        assert rates == pytest.approx([0.1 * factor] * len(rates))

    def test_only_matrices_decay(self, group_of):
        for name, group in group_of.items():
            is_vector = name.endswith(".bias") or "LayerNorm" in name
            assert group["weight_decay"] == (0.0 if is_vector else 0.01), name


class TestEvaluate:
    def test_values(self):
        logits = np.array([[0, 0], [0, math.log(3)], [math.log(9), 0], [2, 1]], dtype=np.float32)
        scores = evaluate(logits, np.array([0, 1, 1, 0]))
        losses = [math.log(2), math.log(4 / 3), math.log(10), math.log(1 + math.exp(-1))]
        assert scores["loss"] == pytest.approx(np.mean(losses), abs=1e-6)
        assert scores["accuracy"] == 0.75

    def test_measure_names_each_set(self):
        model = tiny_bert()
        sets = {"training": labelled(6), "validation": labelled(4, seed=1)}
        entry = measure(model, sets, 0, bfloat16=False)
        assert list(entry) == ["training_loss", "training_accuracy", "validation_loss", "validation_accuracy"]
        reviews, labels = sets["validation"]
        assert entry["validation_loss"] == evaluate(predict_logits(model, reviews, 0, False), labels)["loss"]
        assert json.loads(json.dumps(entry)) == entry


class TestPredictLogits:
    def test_in_the_order_of_the_reviews_whatever_it_is(self):
        model = tiny_bert().train()  # dropout must not show
        reviews, _ = labelled(EVALUATION_BATCH + 9)
        logits = predict_logits(model, reviews, 0, bfloat16=False)
        assert (logits.shape, logits.dtype) == ((len(reviews), 2), np.float32)
        order = np.random.default_rng(3).permutation(len(reviews))
        shuffled = predict_logits(model, [reviews[i] for i in order], 0, bfloat16=False)
        np.testing.assert_allclose(shuffled, logits[order], rtol=0, atol=1e-5)
        for i in (0, 1, len(reviews) - 1):
            alone = model(**collate([reviews[i]], 0, CPU)).logits.detach().numpy()[0]
            np.testing.assert_allclose(alone, logits[i], rtol=0, atol=1e-5)

    def test_of_nothing(self):
        assert predict_logits(tiny_bert(), [], 0, bfloat16=False).shape == (0, 2)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """A trainer that has run, its reports, its final weights and the state of the random numbers then."""
    trainer = make_trainer(tmp_path_factory.mktemp("uninterrupted"))
    reported = []
    trainer.train(reported.append)
    return trainer, reported, weights(trainer.model), torch.get_rng_state()


class TestTrainer:
    def test_every_step_is_reported(self, uninterrupted):
        _, reported, _, _ = uninterrupted
        assert [progress.step for progress in reported] == list(range(1, 11))
        assert {progress.steps for progress in reported} == {10}
        assert all(math.isfinite(progress.loss) and progress.reviews_per_second > 0 for progress in reported)

    def test_it_learns(self, tmp_path):
        trainer = make_trainer(tmp_path, Recipe(epochs=8, batch_size=4, learning_rate=3e-3), model=tiny_bert(dropout=0))
        trainer.train(lambda progress: None)
        assert trainer.history[-1]["training_loss"] < 0.5 * trainer.history[0]["training_loss"]
        assert trainer.history[-1]["training_accuracy"] == 1

    def test_the_history(self, uninterrupted):
        trainer, *_ = uninterrupted
        assert [entry["epoch"] for entry in trainer.history] == [1, 2]
        keys = ["epoch", "hours", "training_loss", "training_accuracy", "validation_loss", "validation_accuracy"]
        assert all(list(entry) == keys for entry in trainer.history)
        final = measure(trainer.model, trainer.measured, 0, trainer.bfloat16)
        assert final == {key: trainer.history[-1][key] for key in keys[2:]}

    def test_the_best_epoch_is_kept(self, tmp_path, monkeypatch):
        losses = iter([0.5, 0.3, 0.4])
        monkeypatch.setattr("IMDb.models.bert_training.measure", lambda *arguments: {"validation_loss": next(losses)})
        trainer = make_trainer(tmp_path, Recipe(epochs=3, batch_size=4))
        at_epochs_end = []

        def report(progress):
            if progress.step % STEPS_PER_EPOCH == 0:
                at_epochs_end.append(weights(trainer.model))

        trainer.train(report)
        assert torch.load(trainer.best_path, weights_only=True)["epoch"] == 2
        trainer.load_best()
        assert are_equal(weights(trainer.model), at_epochs_end[1])
        assert not are_equal(at_epochs_end[1], at_epochs_end[2])

    # In the first epoch, at its end, at the second's start, and at the last step of all
    @pytest.mark.parametrize("interrupted_at", [3, 5, 6, 10])
    def test_resumed_as_if_never_interrupted(self, tmp_path, uninterrupted, interrupted_at):
        whole, _, expected, random_state = uninterrupted

        def report(progress):
            if progress.step == interrupted_at:
                raise Interruption

        with pytest.raises(Interruption):
            make_trainer(tmp_path).train(report, checkpoint_seconds=-1)
        torch.manual_seed(99)
        resumed = make_trainer(tmp_path, model=tiny_bert(seed=5))
        resumed.resume()
        assert resumed.step == interrupted_at - 1
        assert torch.get_rng_state().equal(torch.load(resumed.checkpoint_path, weights_only=True)["random"])
        steps = []
        resumed.train(lambda progress: steps.append(progress.step))
        assert steps == list(range(interrupted_at, 11))
        self.check_same(resumed, whole, expected)
        assert torch.get_rng_state().equal(random_state)

    @pytest.mark.parametrize("epoch", [1, 2])
    def test_resumed_where_an_epochs_measuring_was_interrupted(self, tmp_path, uninterrupted, monkeypatch, epoch):
        whole, _, expected, _ = uninterrupted
        first = make_trainer(tmp_path)
        end_epoch = first._end_epoch

        def interrupt():
            if len(first.history) + 1 == epoch:
                raise Interruption
            end_epoch()

        monkeypatch.setattr(first, "_end_epoch", interrupt)
        with pytest.raises(Interruption):
            first.train(lambda progress: None, checkpoint_seconds=-1)
        resumed = make_trainer(tmp_path)
        resumed.resume()
        assert resumed.step == epoch * STEPS_PER_EPOCH
        resumed.train(lambda progress: None)
        self.check_same(resumed, whole, expected)

    def test_resumed_when_all_is_done(self, tmp_path, uninterrupted):
        whole, _, expected, _ = uninterrupted
        make_trainer(tmp_path).train(lambda progress: None)
        resumed = make_trainer(tmp_path)
        resumed.resume()
        resumed.train(lambda progress: pytest.fail("no step is left"))
        self.check_same(resumed, whole, expected)

    def check_same(self, trainer, whole, expected):
        assert are_equal(weights(trainer.model), expected)
        without_hours = [[{**entry, "hours": 0} for entry in t.history] for t in (trainer, whole)]
        assert without_hours[0] == without_hours[1]
        best = [torch.load(t.best_path, weights_only=True) for t in (trainer, whole)]
        assert best[0]["epoch"] == best[1]["epoch"]
        assert are_equal(best[0]["model"], best[1]["model"])

    def test_checkpoints_by_time(self, tmp_path):
        trainer = make_trainer(tmp_path)
        written = []
        trainer.save_checkpoint = lambda: written.append(trainer.step)
        trainer.train(lambda progress: None, checkpoint_seconds=1e9)
        assert written == [5, 10]

    def test_no_checkpoint(self, tmp_path):
        with pytest.raises(UserError, match=r"No checkpoint in .*: start without --resume"):
            make_trainer(tmp_path).resume()

    def test_of_another_recipe_base_or_data(self, tmp_path):
        make_trainer(tmp_path).save_checkpoint()
        reviews, labels = labelled(18)
        others = {
            "recipe": make_trainer(tmp_path, Recipe(epochs=3, batch_size=4, learning_rate=1e-3, dropout=0.3, seed=7)),
            "fewer reviews": make_trainer(tmp_path, training=labelled(16)),
            "other texts": make_trainer(tmp_path, training=labelled(18, seed=2)),
            "other labels": make_trainer(tmp_path, training=(reviews, labels * 0)),
            "more layers": make_trainer(tmp_path, model=tiny_bert(num_hidden_layers=3)),
            "wider": make_trainer(tmp_path, model=tiny_bert(intermediate_size=64)),
        }
        for name, trainer in others.items():
            before = weights(trainer.model)
            with pytest.raises(UserError, match="of another recipe, base or other data; start without --resume"):
                trainer.resume()
            assert are_equal(weights(trainer.model), before), name
        make_trainer(tmp_path).resume()

    def test_a_checkpoint_is_written_whole_or_not_at_all(self, tmp_path, monkeypatch):
        trainer = make_trainer(tmp_path)
        trainer.save_checkpoint()
        before = trainer.checkpoint_path.read_bytes()

        def half(state, path):
            path.write_bytes(b"half")
            raise OSError("no space left")

        monkeypatch.setattr(torch, "save", half)
        with pytest.raises(OSError, match="no space"):
            trainer.save_checkpoint()
        assert trainer.checkpoint_path.read_bytes() == before
        assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]


class TestBuild:
    def saved(self, folder, model, **config):
        model.save_pretrained(folder)
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | config))
        return str(folder)

    def test_unnamed_labels_become_the_projects(self, tmp_path):
        model = build(self.saved(tmp_path, tiny_bert()))
        assert model.config.id2label == dict(enumerate(LABELS))
        assert model.config.label2id == {"negative": 0, "positive": 1}

    def test_named_labels_are_kept(self, tmp_path):
        names = {0: "POSITIVE", 1: "NEGATIVE"}
        model = build(self.saved(tmp_path, tiny_bert(id2label=names, label2id={n: i for i, n in names.items()})))
        assert model.config.id2label == names

    def test_weights_and_head_are_the_checkpoints(self, tmp_path):
        saved = tiny_bert()
        assert are_equal(weights(build(self.saved(tmp_path, saved), needs_head=True)), weights(saved))

    def test_dropout(self, tmp_path):
        config = build(self.saved(tmp_path, tiny_bert()), dropout=0.25).config
        assert (config.hidden_dropout_prob, config.attention_probs_dropout_prob) == (0.25, 0.0)
        assert config._attn_implementation == "sdpa"

    def test_always_float32(self, tmp_path):
        model = build(self.saved(tmp_path, tiny_bert().half()))
        assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}

    def test_a_new_head(self, tmp_path):
        body = BertModel(BertConfig(**SIZES))
        base = self.saved(tmp_path, body)
        model = build(base)
        assert model.classifier.out_features == 2
        assert are_equal(weights(model.bert), weights(body))
        with pytest.raises(UserError, match="no classification head of its own; train one"):
            build(base, needs_head=True)

    def test_prints_nothing(self, tmp_path, capfd):
        base = self.saved(tmp_path, BertModel(BertConfig(**SIZES)))
        capfd.readouterr()
        build(base)
        assert capfd.readouterr() == ("", "")

    def test_a_body_without_all_its_layers(self, tmp_path):
        base = self.saved(tmp_path, tiny_bert(), num_hidden_layers=3)
        with pytest.raises(UserError, match=r"it lacks weights, such as bert\.encoder\.layer\.2\."):
            build(base)

    def test_of_another_kind(self, tmp_path):
        model = RobertaForSequenceClassification(RobertaConfig(**SIZES))
        with pytest.raises(
            UserError, match="cannot be loaded as a BERT sequence classifier: it is of the type roberta"
        ):
            build(self.saved(tmp_path, model))

    @pytest.mark.parametrize("damage", ["no files", "no weights", "half the weights", "no JSON"])
    def test_not_a_checkpoint(self, tmp_path, damage):
        if damage != "no files":
            self.saved(tmp_path, tiny_bert())
            weights_path = tmp_path / "model.safetensors"
            if damage == "no JSON":
                (tmp_path / "config.json").write_text("{")
            elif damage == "no weights":
                weights_path.unlink()
            else:
                weights_path.write_bytes(weights_path.read_bytes()[:1000])
        with pytest.raises(UserError, match="cannot be loaded as a BERT sequence classifier"):
            build(str(tmp_path))
