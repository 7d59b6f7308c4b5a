"""What tools print: text from strangers moves no cursor."""

import pytest

from linarite.cli.tools.output import Output, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain äöü ✓\ttab\nline", "plain äöü ✓\ttab\nline"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("a\rb\x07\x9b", "a\\x0db\\x07\\x9b"),
        ("\u202eevil", "\\u202eevil"),
    ],
)
def test_controls_are_shown_and_not_obeyed(text, shown):
    assert printable(text) == shown


def test_markup_of_strangers_is_text(capsys):
    Output(is_json=False).line({}, ("[bold]not bold[/bold] :smile:", ""))

    assert capsys.readouterr().out == "[bold]not bold[/bold] :smile:\n"


def test_half_a_pair_of_utf_16_is_written_as_a_question_mark(capsys):
    Output(is_json=False).data("a\ud800b")

    assert capsys.readouterr().out == "a?b\n"


def test_json_is_one_line(capsys):
    Output(is_json=True).line({"a": "x\ny"}, ("not shown", ""))

    assert capsys.readouterr().out == '{"a":"x\\ny"}\n'
