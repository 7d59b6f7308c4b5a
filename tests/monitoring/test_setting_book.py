import pytest
from tests.monitoring.conftest import setting_body

from linarite.monitoring.setting_book import SETTINGS_LIMIT
from linarite.resources.errors import ResourceError

BODY = setting_body("ConnectivityLogs")


def test_settings_survive_the_process(book, open_book):
    kept = book.put("Demo", "My-Setting", BODY)
    book.put("demo", "second", setting_body("MessagingLogs"))
    reopened = open_book()
    assert [one.name for one in reopened.of("DEMO")] == ["My-Setting", "second"]
    assert reopened.find("demo", "MY-SETTING") == kept


def test_a_setting_is_replaced_by_name_in_any_case(book):
    first = book.put("demo", "Logs", BODY)
    second = book.put("demo", "LOGS", setting_body("MessagingLogs"))
    assert (second.name, second.created_at) == ("Logs", first.created_at)
    assert second.changed_at >= first.changed_at
    assert [one.properties["logs"][0]["category"] for one in book.of("demo")] == ["MessagingLogs"]


def test_a_resource_has_five_settings_at_most(book):
    for number in range(SETTINGS_LIMIT):
        book.put("demo", f"s{number}", setting_body("ConnectivityLogs", workspace=f"w{number}"))
    with pytest.raises(ResourceError, match="has 5 diagnostic settings, the most that it may have"):
        book.put("demo", "more", setting_body("ConnectivityLogs", workspace="more"))
    book.put("demo", "s0", setting_body("MessagingLogs", workspace="w0"))
    book.delete("demo", "s0")
    book.put("demo", "more", setting_body("ConnectivityLogs", workspace="more"))


def test_a_destination_gets_a_category_of_a_resource_once(book):
    book.put("demo", "one", BODY)
    with pytest.raises(ResourceError, match="already used in diagnostic setting 'one' for category 'Conn") as refused:
        book.put("demo", "two", setting_body("MessagingLogs", "ConnectivityLogs", workspace="LOGS"))
    assert refused.value.code == "Conflict"
    book.put("demo", "two", setting_body("MessagingLogs"))
    book.put("linarite", "one", BODY)


def test_deleting_says_whether_there_was_one(book, open_book):
    book.put("demo", "one", BODY)
    assert book.delete("DEMO", "One")
    assert not book.delete("demo", "one")
    assert open_book().of("demo") == ()
    with pytest.raises(ResourceError, match="'one' of resource 'demo' doesn't exist") as missing:
        book.find("demo", "one")
    assert missing.value.code == "ResourceNotFound"


def test_subscribers_hear_of_changes_of_settings_and_resources(book, registry):
    heard = []
    book.subscribe(heard.append)
    book.put("Demo", "one", BODY)
    registry.update("rg", "demo", {"tags": {"a": "b"}})
    book.delete("Demo", "one")
    assert heard == ["demo"] * 3


def test_settings_end_with_their_resource(book, registry, open_book):
    book.put("demo", "one", BODY)
    book.put("linarite", "one", BODY)
    registry.delete("rg", "demo")
    assert book.of("demo") == ()
    assert [name for name, settings in open_book().all().items() if settings] == ["linarite"]
