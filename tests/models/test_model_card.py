import pytest

from histories import CURVES, history
from IMDb.config import load_config
from IMDb.errors import UserError
from IMDb.model_specs import MODELS
from IMDb.models.history import write_history
from IMDb.models.model_card import CARD_NAME, epoch_table, share_with_interval, validation_summary, write_card


def card_of(folder):
    write_card(folder)
    return (folder / CARD_NAME).read_text(encoding="utf-8")


def in_one_line(text):
    return " ".join(text.split())


@pytest.fixture
def dense_card(tmp_path):
    write_history(tmp_path / MODELS["dense"].history_path.name, history())
    return card_of(tmp_path)


class TestInterval:
    @pytest.mark.parametrize(
        ("share", "count", "expected"),
        [
            (0.9, 1000, "90.0 % (88.0-91.7)"),
            (81 / 263, 263, "30.8 % (25.5-36.6)"),
            (0.0, 20, "0.0 % (0.0-16.1)"),
            (1.0, 20, "100.0 % (83.9-100.0)"),
            (0.9041999578475952, 2495, "90.4 % (89.2-91.5)"),
        ],
    )
    def test_share_with_interval(self, share, count, expected):
        assert share_with_interval(share, count) == expected


class TestSummary:
    def test_is_of_the_shipped_epoch(self):
        summary = validation_summary(history())
        assert "Validation accuracy 90.0 % (88.0-91.7), 95 % Wilson interval, on the 1,000 held-out" in summary
        assert "validation loss 0.346 nats" in summary
        assert "The shipped epoch, 2 of 3," in summary

    def test_of_another_epoch(self):
        assert "Validation accuracy 72.2 %" in validation_summary(history(shipped=1))


class TestTable:
    def test_rows(self):
        assert epoch_table(history()).splitlines() == [
            "| epoch | training loss | training accuracy | validation loss | validation accuracy |",
            "| --- | --- | --- | --- | --- |",
            "| 1 | 0.6123 | 0.7111 | 0.6234 | 0.7222 |",
            "| 2 (shipped) | 0.3111 | 0.9333 | 0.3456 | 0.9000 |",
            "| 3 | 0.1422 | 0.9601 | 0.4044 | 0.8888 |",
        ]


class TestCard:
    def test_without_histories(self, tmp_path):
        card = card_of(tmp_path)
        assert [line for line in card.splitlines() if line.startswith("#")] == [
            "# Model card",
            "## Data",
            "## Intended use and limits",
        ]
        assert "Maas et al., 2011" in card

    def test_sections_in_their_order(self, dense_card):
        assert [line for line in dense_card.splitlines() if line.startswith("#")] == [
            "# Model card",
            "## Dense: `dense.h5`",
            "## Data",
            "## Intended use and limits",
        ]

    def test_every_number_is_the_historys(self, dense_card):
        card = in_one_line(dense_card)
        for phrase in (
            "21,987 words",
            "6,543 two-word phrases",
            "12,345 reviews (source: corrected.csv) for 3 epochs in 98 s",
            "seed 4711",
        ):
            assert phrase in card
        for value in (f"{load_config().dense.max_length} token ids", "3 CPU cores (abacus)"):
            assert value in card
        assert "the training loss is 0.142 and the validation loss 0.404" in card
        assert in_one_line(validation_summary(history())) in card
        assert epoch_table(history()) in dense_card

    @pytest.mark.parametrize(
        ("last", "phrase"),
        [
            ((0.1422, 0.9601, 0.4, 0.88), "epoch 3 reaches both"),
            ((0.149, 0.9595, 0.4, 0.88), "epoch 3 reaches both"),
            ((0.1491, 0.9601, 0.4, 0.88), "these epochs do not reach both"),
            ((0.1422, 0.9594, 0.4, 0.88), "these epochs do not reach both"),
        ],
    )
    def test_says_whether_the_published_training_figures_were_reached(self, tmp_path, last, phrase):
        write_history(tmp_path / MODELS["dense"].history_path.name, history([*CURVES[:2], last]))
        assert phrase in in_one_line(card_of(tmp_path))

    def test_lines_are_short_but_for_tables(self, dense_card):
        assert max(len(line) for line in dense_card.splitlines() if not line.startswith("|")) <= 120

    def test_is_written_anew(self, dense_card, tmp_path):
        (tmp_path / MODELS["dense"].history_path.name).unlink()
        assert "## Dense" not in card_of(tmp_path)
        assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [CARD_NAME]

    def test_a_damaged_history_leaves_the_card_as_it_is(self, dense_card, tmp_path):
        (tmp_path / MODELS["dense"].history_path.name).write_text("{")
        with pytest.raises(UserError, match="is not a training history"):
            write_card(tmp_path)
        assert (tmp_path / CARD_NAME).read_text(encoding="utf-8") == dense_card
