"""Opening the way upstream: settings that cannot work are errors at once."""

import pytest

from linarite.events.assembly import open_upstream
from linarite.events.counters import EventCounters
from linarite.events.limits import UpstreamLimits


def open_with(**limits) -> object:
    return open_upstream(UpstreamLimits(**limits), lambda name: None, counters=EventCounters())


async def test_a_ca_file_that_is_missing_or_no_certificate_is_an_error(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        open_with(ca_file=tmp_path / "missing.pem")
    (tmp_path / "empty.pem").write_text("nothing")
    with pytest.raises(OSError):
        open_with(ca_file=tmp_path / "empty.pem")


async def test_a_denied_network_that_is_none_is_an_error():
    with pytest.raises(ValueError, match="nonsense"):
        open_with(denied_networks=("nonsense",))


async def test_a_token_endpoint_without_credentials_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="client id"):
        open_with(token_endpoint="http://login/token")
    with pytest.raises(OSError, match="No such file"):
        open_with(token_endpoint="http://login/token", client_id="c", client_secret_file=tmp_path / "missing")


async def test_a_way_that_nobody_used_closes_at_once():
    await open_upstream(UpstreamLimits(), lambda name: None, counters=EventCounters()).close(0)
