import base64

from linarite.resources.development import (
    DEVELOPMENT_ACCESS_KEY,
    ensure_development_resource,
    has_development_key,
)
from linarite.resources.registry import Registry


def test_the_development_key_looks_like_a_key_and_says_what_it_is():
    assert len(DEVELOPMENT_ACCESS_KEY) >= 44
    base64.b64decode(DEVELOPMENT_ACCESS_KEY, validate=True)
    assert "Development" in DEVELOPMENT_ACCESS_KEY
    assert "NotForProduction" in DEVELOPMENT_ACCESS_KEY


def test_development_makes_the_default_resource_with_the_development_key(store):
    resource = ensure_development_resource(Registry(store, "demo"))
    assert resource.name == "demo"
    assert resource.keys.primary == DEVELOPMENT_ACCESS_KEY
    assert resource.keys.secondary != DEVELOPMENT_ACCESS_KEY
    assert has_development_key(resource)


def test_without_development_the_default_resource_has_random_keys(store):
    assert not has_development_key(Registry(store, "demo").ensure_default())


def test_a_default_resource_that_is_there_keeps_its_keys(store):
    made = Registry(store, "demo").ensure_default()
    registry = Registry(store, "demo")
    assert ensure_development_resource(registry).keys == made.keys
    assert registry.default.keys == made.keys


def test_a_regenerated_key_is_no_development_key_any_more(store):
    registry = Registry(store, "demo")
    resource = ensure_development_resource(registry)
    assert not has_development_key(registry.regenerate_key(resource.resource_group, "demo", "Primary"))
