import numpy as np
import pandas as pd
import pytest

from leap_explorer.errors import ExplorerError
from leap_explorer.tables.bad_rows import read_sound
from leap_explorer.tables.files import read_table
from leap_explorer.tables.predictions import Roles

ROLES = Roles("text", "label", "p_*", id="id", subset="subset")


def made_table(**changed):
    table = pd.DataFrame(
        {
            "id": list("abcdef"),
            "text": ["good"] * 6,
            "label": ["0", "1"] * 3,
            "p_0": ["0.5"] * 6,
            "p_1": ["0.5"] * 6,
            "subset": ["test"] * 6,
        }
    )
    for column, values in changed.items():
        for row, value in values.items():
            table.loc[row, column] = value
    return table


def skipped(table, vectors=None, known=None, skips=True):
    found = read_sound(table, ROLES, vectors, skips, known or {})
    return found, found.skipped["skipped"].tolist()


def test_each_bad_row_is_told_once_and_the_others_are_read():
    table = made_table(id={1: "a"}, text={2: None}, p_0={3: "2", 4: "nan"}, subset={4: "moon"})
    found, reasons = skipped(table)
    assert found.predictions.ids == ["a", "f"]
    assert found.skipped["id"].tolist() == ["a", "c", "d", "e"]
    assert reasons == [
        "row 2: column id: the id 'a' stands in an earlier row too",
        "row 3: column text: there is no text",
        "row 4: column p_0: the probability 2.0 is not within 0 and 1",
        "row 5: column p_0: there is no probability",
    ]


def test_the_first_stops_where_none_is_skipped():
    with pytest.raises(ExplorerError, match="Row 3, column text: there is no text"):
        skipped(made_table(text={2: None}), skips=False)


def test_rows_without_ids_keep_their_numbers():
    roles = Roles("text", "label", "p_*", metadata=())
    found = read_sound(made_table(label={1: "7"}), roles, None, True, {0: "3 fields"})
    assert found.predictions.ids == ["3", "4", "5", "6"]
    assert found.skipped["skipped"].tolist() == [
        "row 1: 3 fields",
        "row 2: column label: the label '7' is none of those with probabilities: 0, 1",
    ]


def test_vectors_go_with_their_rows():
    vectors = np.arange(12, dtype=np.float64).reshape(6, 2)
    vectors[4] = np.nan
    found, reasons = skipped(made_table(text={1: None}), vectors)
    np.testing.assert_array_equal(found.vectors, vectors[[0, 2, 3, 5]])
    assert reasons == [
        "row 2: column text: there is no text",
        "row 5: its vector holds a value that is NaN or infinite",
    ]


def test_no_sound_row():
    with pytest.raises(ExplorerError, match=r"Row 1, column text: there is no text\. So it is in 6 rows"):
        skipped(made_table(text=dict.fromkeys(range(6))))


def test_a_column_of_that_name():
    with pytest.raises(ExplorerError, match="has a column 'skipped', as rows that are left out get; rename it first"):
        skipped(made_table(text={1: None}).assign(skipped="no"))


def test_lines_that_cannot_be_read(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b'id,text\n1,good\n2\n3,a,b\n"4"x,bad\n5,caf\xe9\n\n6,"film"\n')
    faults = {}
    table = read_table(path, faults)
    assert table["id"].tolist() == ["1", "2", "3", "", "5", "6"]
    assert table["text"].tolist() == ["good", "", "a", "", "caf?".replace("?", "\ufffd"), "film"]
    assert faults == {
        1: "1 fields; the header has 2",
        2: "3 fields; the header has 2",
        3: "',' expected after '\"', in line 5",
        4: "no UTF-8 text",
    }


@pytest.mark.parametrize("content", [b'id,text\n1,"good\n2,bad\n', b'"id,text\n1,good\n', b"caf\xe9,text\n1,good\n"])
def test_what_would_lose_all_that_follows_is_refused(tmp_path, content):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(ExplorerError, match=r"t\.csv, row 1: "):
        read_table(tmp_path / "t.csv", {})


def test_one_bad_row_of_many(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,text\n" + "1,good\n" * 99_999 + "1\n")
    faults = {}
    assert len(read_table(path, faults)) == 100_000
    assert faults == {99_999: "1 fields; the header has 2"}
