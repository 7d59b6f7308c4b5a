"""Settings of what `linarite dev` offers to tests."""

from dataclasses import dataclass
from typing import Literal

from linarite.settings.definitions import setting

__all__ = ["DevelopmentSettings"]


@dataclass(frozen=True, kw_only=True)
class DevelopmentSettings:
    """What is kept for whoever tests an application, and who may come."""

    development_network: Literal["loopback", "any"] = setting(
        "loopback",
        section="Tests",
        reason="`any` lets `linarite dev` listen on addresses that others can reach, as it has to in a container. The "
        "default resource then gets random keys on first start, and a data folder with the well-known key is refused.",
    )
    development_messages_kept: int = setting(
        10_000,
        section="Tests",
        unit="messages",
        minimum=1,
        maximum=1_000_000,
        reason="Messages that `linarite dev` remembers for tests that wait for them: to whom they went and how large "
        "they were, 200 bytes each. Nothing is remembered before a test asks for the first time.",
    )
    development_records_kept: int = setting(
        1_000,
        section="Tests",
        unit="records",
        minimum=1,
        maximum=1_000_000,
        reason="Faults on request that `linarite dev` remembers to have done.",
    )
