import base64

import pytest

from linarite.resources.errors import ResourceError
from linarite.resources.keys import new_access_keys, new_key, regenerate, replace_access_keys
from linarite.resources.model import AccessKeys

KEYS = AccessKeys("one", "two", "three")


def test_a_key_is_44_characters_of_base64():
    key = new_key()
    assert len(key) == 44
    assert len(base64.b64decode(key, validate=True)) == 32


def test_new_keys_differ_from_each_other():
    keys = new_access_keys()
    assert len({keys.primary, keys.secondary, keys.salt}) == 3


def test_text_form_of_keys_shows_none_of_them():
    keys = new_access_keys()
    text = f"{keys!r} {keys}"
    assert keys.primary not in text
    assert keys.secondary not in text
    assert keys.salt not in text


@pytest.mark.parametrize(
    ("key_type", "after"),
    [
        ("Primary", AccessKeys("new", "two", "three")),
        ("secondary", AccessKeys("one", "new", "three")),
        ("SALT", AccessKeys("one", "two", "new")),
    ],
)
def test_regenerating_changes_the_named_key_alone(key_type, after):
    assert regenerate(KEYS, key_type, lambda: "new") == after


@pytest.mark.parametrize("key_type", ["x", "", None, 1, ["Primary"]])
def test_another_key_type_is_refused(key_type):
    with pytest.raises(ResourceError, match=r"keyType: expected Primary, Secondary or Salt, got") as caught:
        regenerate(KEYS, key_type)
    assert caught.value.target == "keyType"


def test_replacing_access_keys_keeps_the_salt():
    assert replace_access_keys(KEYS, lambda: "new") == AccessKeys("new", "new", "three")
