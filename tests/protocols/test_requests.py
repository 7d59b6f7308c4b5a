from linarite.protocols.requests import ProtocolViolation


def test_violation_tells_the_client_the_reason_and_the_log_the_detail():
    violation = ProtocolViolation(1007, "The message is wrong.", "ackId: got -1")
    assert (violation.code, violation.reason) == (1007, "The message is wrong.")
    assert str(violation) == "The message is wrong. ackId: got -1"
    assert str(ProtocolViolation(1003, "Text, please.")) == "Text, please."
