import pytest

from linarite.protocols.json_codec import JSON, RELIABLE_JSON
from linarite.protocols.negotiation import negotiate, parse_offer
from linarite.protocols.protobuf_codec import PROTOBUF, RELIABLE_PROTOBUF
from linarite.protocols.simple_codec import SIMPLE

J, RELIABLE_J = "json.webpubsub.azure.v1", "json.reliable.webpubsub.azure.v1"
P, RELIABLE_P = "protobuf.webpubsub.azure.v1", "protobuf.reliable.webpubsub.azure.v1"


@pytest.mark.parametrize(
    ("headers", "offer"),
    [
        ([], []),
        ([""], []),
        (["a"], ["a"]),
        (["a, b,c"], ["a", "b", "c"]),
        (["a", " b ,, c\t"], ["a", "b", "c"]),
    ],
)
def test_offer_is_read_in_the_order_of_the_client(headers, offer):
    assert parse_offer(headers) == offer


@pytest.mark.parametrize(
    ("offer", "codec", "named"),
    [
        ([], SIMPLE, None),
        ([J], JSON, J),
        (["x", J], JSON, J),
        (["x", "y"], SIMPLE, None),
        (["JSON.WebPubSub.Azure.V1"], JSON, "JSON.WebPubSub.Azure.V1"),
        ([J.upper(), J], JSON, J.upper()),
        (["json.webpubsub.azure.v2"], SIMPLE, None),
        ([RELIABLE_J, J], RELIABLE_JSON, RELIABLE_J),
        ([P, J], PROTOBUF, P),
        ([J, P], JSON, J),
        (["x", RELIABLE_P.upper()], RELIABLE_PROTOBUF, RELIABLE_P.upper()),
    ],
)
def test_first_supported_subprotocol_is_taken_and_named_as_the_client_wrote_it(offer, codec, named):
    assert negotiate(offer) == (codec, named)
