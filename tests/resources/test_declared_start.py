import logging

import pytest

from linarite.resources.declared import DeclarationError
from linarite.resources.declared_start import make_declared

SECRET = "http://localhost:3000/?code=secret"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture):
    """What has been logged: level, event and fields."""
    caplog.set_level(logging.INFO, "linarite.resources.declared_start")
    return lambda: [(record.levelname, record.getMessage(), record.fields) for record in caplog.records]


def write(tmp_path, sku: str = "Free_F1"):
    file = tmp_path / "resources.toml"
    handler = f'eventHandlers = [{{ urlTemplate = "{SECRET}" }}]'
    file.write_text(f'[resources.demo]\nsku = "{sku}"\n[resources.demo.hubs.chat]\n{handler}\n')
    return file


def test_what_is_made_is_logged_and_a_second_start_says_nothing(registry, tmp_path, lines):
    file = write(tmp_path)
    make_declared(registry, file, correct=False)
    made = [
        ("INFO", "declared resource made", {"subject": "resources.demo"}),
        ("INFO", "declared resource made", {"subject": "resources.demo.hubs.chat"}),
    ]
    assert lines() == made
    make_declared(registry, file, correct=False)
    assert lines() == made


def test_drift_is_logged_without_values(registry, tmp_path, lines, caplog):
    make_declared(registry, write(tmp_path), correct=False)
    registry.put_hub("linarite", "demo", "chat", {"properties": {}})
    caplog.clear()
    file = write(tmp_path, "Standard_S1")
    fields = [
        {"subject": "resources.demo", "members": "sku"},
        {"subject": "resources.demo.hubs.chat", "members": "eventHandlers"},
    ]
    make_declared(registry, file, correct=False)
    assert lines() == [("WARNING", "not as declared", one) for one in fields]
    caplog.clear()
    make_declared(registry, file, correct=True)
    assert lines() == [("INFO", "drift corrected", one) for one in fields]
    assert SECRET not in caplog.text


def test_resources_that_are_not_known_are_told_of(registry, tmp_path, lines):
    file = tmp_path / "main.json"
    file.write_text('{"resources": [{"type": "Microsoft.Web/sites", "name": "site"}]}')
    make_declared(registry, file, correct=False)
    fields = {"resource": "Microsoft.Web/sites site", "reason": "type not known here"}
    assert lines() == [("WARNING", "declared resource passed over", fields)]


def test_a_mistake_names_the_file(registry, tmp_path):
    with pytest.raises(DeclarationError, match=r"^resources\.toml: resources\.demo: sku\.name: "):
        make_declared(registry, write(tmp_path, "Gold"), correct=False)
