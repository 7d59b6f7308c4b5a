import pytest

from linarite.resources.errors import ResourceError
from linarite.resources.model import Sku
from linarite.resources.skus import SKUS, offer_of, parse_sku


@pytest.mark.parametrize(
    ("value", "sku"),
    [
        (None, Sku("Free_F1", 1)),
        ({"name": "Free_F1"}, Sku("Free_F1", 1)),
        ({"name": "standard_s1", "capacity": 90}, Sku("Standard_S1", 90)),
        ({"name": "Premium_P1", "capacity": 10, "tier": "Basic", "family": "x"}, Sku("Premium_P1", 10)),
        ({"name": "Premium_P2"}, Sku("Premium_P2", 100)),
        ({"name": "Premium_P2", "capacity": 1000}, Sku("Premium_P2", 1000)),
    ],
)
def test_sku_is_read_from_name_and_capacity(value, sku):
    assert parse_sku(value) == sku


@pytest.mark.parametrize(
    ("value", "sku"),
    [
        (None, Sku("Standard_S1", 5)),
        ({}, Sku("Standard_S1", 5)),
        ({"capacity": 2}, Sku("Standard_S1", 2)),
        ({"name": "Standard_S1"}, Sku("Standard_S1", 5)),
        ({"name": "Premium_P1"}, Sku("Premium_P1", 1)),
    ],
)
def test_members_left_out_stay_as_they_are(value, sku):
    assert parse_sku(value, Sku("Standard_S1", 5)) == sku


@pytest.mark.parametrize(
    ("value", "target"),
    [
        ("Free_F1", "sku"),
        ({}, "sku.name"),
        ({"name": "Gold"}, "sku.name"),
        ({"name": 1}, "sku.name"),
        ({"name": "Free_F1", "capacity": 2}, "sku.capacity"),
        ({"name": "Premium_P1", "capacity": 15}, "sku.capacity"),
        ({"name": "Standard_S1", "capacity": 0}, "sku.capacity"),
        ({"name": "Standard_S1", "capacity": True}, "sku.capacity"),
        ({"name": "Standard_S1", "capacity": "1"}, "sku.capacity"),
        ({"name": "Standard_S1", "capacity": 1.0}, "sku.capacity"),
    ],
)
def test_a_sku_that_is_not_sold_is_refused(value, target):
    with pytest.raises(ResourceError, match=r"expected .*, got ") as caught:
        parse_sku(value)
    assert (caught.value.code, caught.value.target) == ("InvalidSku", target)


def test_tier_and_size_follow_from_the_name():
    assert [(sku.tier, sku.size) for sku in (Sku("Free_F1"), Sku("Premium_P2", 100))] == [
        ("Free", "F1"),
        ("Premium", "P2"),
    ]


@pytest.mark.parametrize(
    ("sku", "limit"), [(Sku("Free_F1"), 20), (Sku("Standard_S1", 1), 1000), (Sku("Premium_P1", 30), 30_000)]
)
def test_connection_limit_counts_units(sku, limit):
    assert sku.connection_limit(unit_connections=1000, free_connections=20) == limit


@pytest.mark.parametrize("offer", SKUS, ids=lambda offer: offer.name)
def test_every_offer_takes_its_own_default(offer):
    sku = parse_sku({"name": offer.name})
    assert offer_of(sku) is offer
    assert sku.capacity in offer.capacities
