import pytest
from knack.util import CLIError

from linarite.cli.azure.shorthand import parse_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('[{"category": "x", "enabled": true}]', [{"category": "x", "enabled": True}]),
        ("[{category:ConnectivityLogs,enabled:true}]", [{"category": "ConnectivityLogs", "enabled": True}]),
        (" [ { a : 1 , b : [ x , null , False ] } , {} ] ", [{"a": 1, "b": ["x", None, False]}, {}]),
        ("{a:'it'/s, {here}',b:''}", {"a": "it's, {here}", "b": ""}),
        ("{retention-policy:{enabled:true,days:30}}", {"retention-policy": {"enabled": True, "days": 30}}),
        ("[]", []),
        ("word", "word"),
        ("{time:PT1M}", {"time": "PT1M"}),
    ],
)
def test_json_and_shorthand_mean_the_same(text, value):
    assert parse_value("--logs", text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "--logs: expected a value at character 1, got the end."),
        ("[{a:1}", "expected ',' at character 7, got the end"),
        ("{a}", "expected ':' at character 3, got '}'"),
        ("{a:1}x", "expected the end at character 6, got 'x'"),
        ("{a:'x}", "expected a value at character 4"),
        ("[a b]", "expected ',' at character 4, got 'b]'"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text, message):
    with pytest.raises(CLIError, match=r"--logs: ") as refused:
        parse_value("--logs", text)
    assert message in str(refused.value)


def test_a_file_may_hold_the_value(tmp_path):
    file = tmp_path / "logs.json"
    file.write_text("\ufeff[{category:x,enabled:true}]", "utf-8")
    assert parse_value("--logs", f"@{file}") == [{"category": "x", "enabled": True}]
    with pytest.raises(CLIError, match=r"--logs: the file .*none cannot be read"):
        parse_value("--logs", f"@{tmp_path}/none")
