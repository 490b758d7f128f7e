import pytest

from leap_explorer.runs.strict_json import read_json


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'{"a": [1, -2.5, true, null, "\\u00e9"]}', {"a": [1, -2.5, True, None, "\u00e9"]}),
        (b'["\\ud800", "\\ud83d\\ude00"]', ["?", "\N{GRINNING FACE}"]),
        (b"[1e-400, 9007199254740993]", [0.0, 9007199254740993]),
    ],
)
def test_values(tmp_path, content, value):
    (tmp_path / "a.json").write_bytes(content)
    assert read_json(tmp_path / "a.json") == value


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", b'{"a": NaN}', b"[-Infinity]", b"[1e400]", b"9" * 400, b"[" * 20_000, b"[" * 200 + b"]" * 200],
)
def test_what_nothing_can_be_computed_with_is_refused(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(ValueError):  # noqa: PT011 - of several kinds
        read_json(tmp_path / "a.json")
