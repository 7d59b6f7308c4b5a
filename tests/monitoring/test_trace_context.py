import pytest

from linarite.monitoring.trace_context import new_trace_id, trace_id_of, traceparent

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_the_trace_of_the_caller_goes_on():
    assert trace_id_of(f"00-{TRACE_ID}-00f067aa0ba902b7-01") == TRACE_ID
    assert trace_id_of(f"cc-{TRACE_ID}-00f067aa0ba902b7-01-later") == TRACE_ID


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        TRACE_ID,
        f"ff-{TRACE_ID}-00f067aa0ba902b7-01",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE_ID}-{'0' * 16}-01",
        f"00-{TRACE_ID.upper()}-00f067aa0ba902b7-01",
        f"00-{TRACE_ID}-00f067aa0ba902b7-01\n",
    ],
)
def test_without_a_good_header_a_trace_begins(header):
    first, second = trace_id_of(header), trace_id_of(header)
    assert len(first) == 32
    assert first not in (second, TRACE_ID)


def test_a_call_joins_the_trace_by_a_header_that_means_it():
    header = traceparent(TRACE_ID)
    assert trace_id_of(header) == TRACE_ID
    assert header != traceparent(TRACE_ID)
    assert new_trace_id() != new_trace_id()
