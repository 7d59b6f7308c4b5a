"""The development key guards nothing that others can reach."""

from pathlib import Path

import pytest

from linarite.access.development_key import check_serving
from linarite.resources.development import DEVELOPMENT_ACCESS_KEY
from linarite.settings import Settings, SettingsError

KEYS = {"chat": ["b3RoZXIga2V5", "YW5vdGhlcg=="], "linarite": ["c2VjcmV0", DEVELOPMENT_ACCESS_KEY]}


def serving(host: str) -> Settings:
    return Settings(mode="serve", host=host, data_folder=Path("/srv/linarite"))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "pubsub.example.com"])
def test_an_address_that_is_not_loopback_is_refused_with_the_development_key(host):
    with pytest.raises(SettingsError) as caught:
        check_serving(serving(host), KEYS)

    assert (caught.value.setting, caught.value.got) == ("host", host)
    assert "the resource linarite has the development key" in str(caught.value)
    assert "/srv/linarite" in str(caught.value)
    assert DEVELOPMENT_ACCESS_KEY not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_loopback_may_have_the_development_key(host):
    check_serving(serving(host), KEYS)


def test_other_keys_may_be_served_anywhere():
    check_serving(serving("0.0.0.0"), {"chat": KEYS["chat"]})
