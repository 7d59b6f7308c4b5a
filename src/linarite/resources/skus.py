"""The SKUs of the service, the capacities each may have, and how a SKU is read from a request."""

from __future__ import annotations

from dataclasses import dataclass

from linarite.resources.errors import expected
from linarite.resources.model import JsonObject, Sku

__all__ = ["FREE", "SKUS", "SkuOffer", "offer_of", "parse_sku"]

_SMALL_CAPACITIES = (*range(1, 11), *range(20, 101, 10))


@dataclass(frozen=True, slots=True)
class SkuOffer:
    """A SKU that can be had, with its allowed units; how it scales is only told, never acted upon."""

    name: str
    capacities: tuple[int, ...]
    default: int
    scale_type: str


# Azure Web PubSub pricing and "Scale an Azure Web PubSub instance": units of each tier.
SKUS = (
    SkuOffer("Free_F1", (1,), 1, "None"),
    SkuOffer("Standard_S1", _SMALL_CAPACITIES, 1, "Manual"),
    SkuOffer("Premium_P1", _SMALL_CAPACITIES, 1, "Automatic"),
    SkuOffer("Premium_P2", tuple(range(100, 1001, 100)), 100, "Automatic"),
)
# What a resource gets when its request names no SKU: the one that the service gives away.
FREE = Sku("Free_F1", 1)

_BY_NAME = {offer.name.lower(): offer for offer in SKUS}


def offer_of(sku: Sku) -> SkuOffer:
    """The offer that `sku` was made from."""
    return _BY_NAME[sku.name.lower()]


def parse_sku(value: object, current: Sku | None = None) -> Sku:
    """The SKU that a request's `sku` member means; members it leaves out stay as in `current`.

    Tier and size follow from the name and are not read. Raises ResourceError with code InvalidSku.
    """
    if value is None:
        return current or FREE
    if not isinstance(value, dict):
        raise expected("sku", "an object with name and capacity", value, "InvalidSku")
    offer = _parse_name(value, current)
    return Sku(offer.name, _parse_capacity(value, offer, current))


def _parse_name(value: JsonObject, current: Sku | None) -> SkuOffer:
    name = value.get("name")
    if name is None and current is not None:
        return offer_of(current)
    offer = _BY_NAME.get(name.lower()) if isinstance(name, str) else None
    if offer is None:
        raise expected("sku.name", "one of " + ", ".join(sku.name for sku in SKUS), name, "InvalidSku")
    return offer


def _parse_capacity(value: JsonObject, offer: SkuOffer, current: Sku | None) -> int:
    capacity = value.get("capacity")
    if capacity is None:
        return current.capacity if current is not None and current.name == offer.name else offer.default
    if isinstance(capacity, bool) or not isinstance(capacity, int) or capacity not in offer.capacities:
        units = ", ".join(map(str, offer.capacities))
        raise expected("sku.capacity", f"for {offer.name} one of {units}", capacity, "InvalidSku")
    return capacity
