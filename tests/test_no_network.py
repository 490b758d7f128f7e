"""No command asks anybody for anything: in a network without routes, and with every try to connect noted."""

import sys

import pytest

IMDB = "from IMDb.commands.main import main; main()"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux'")
@pytest.mark.parametrize(
    "command",
    [
        ("predict", "reviews.csv", "--model", "both", "--output", "predictions.csv"),
        ("explain", "--text", "not a good film", "--model", "bert", "--html", "words.html"),
        ("data", "--data", "reviews.csv"),
        ("insights",),
    ],
    ids=lambda command: command[0],
)
def test_nobody_is_asked(offline, tmp_path, command):
    (tmp_path / "reviews.csv").write_text("text,label\na fine film,pos\na dull film,neg\n")
    done, noted = offline("-c", IMDB, *command)
    assert (done.returncode, noted) == (0, ""), done.stderr
