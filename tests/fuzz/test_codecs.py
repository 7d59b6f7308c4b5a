"""Any bytes are a request or a protocol violation, in bounded time; nothing else comes out of a codec.

`make test` runs the stored inputs and a few new ones. `make fuzz` makes many more, and adds what it finds to the corpus
under names that begin with `found` or `broken`: look at these files and commit them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fuzz import corpus
from tests.fuzz.corpus import Sample, stored
from tests.fuzz.finds import Finds
from tests.fuzz.mutations import messages
from tests.fuzz.outcomes import outcome
from tests.fuzz.targets import TARGETS, Target

from linarite.protocols.json_codec import JsonCodec
from linarite.protocols.requests import Request

EACH_TARGET = pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
MESSAGE_LIMIT_BYTES = 2**20
# Of processor time, and far above what any takes: the slowest, 0.2 seconds of a machine of 2024, has 170,000 members.
# What grows with the square of the size takes minutes.
LARGE_MESSAGE_SECONDS = 2.0


@pytest.fixture(scope="module")
def finds() -> Iterator[Finds]:
    finds = Finds()
    yield finds
    if settings.get_current_profile_name() == "fuzz":
        finds.store()


@EACH_TARGET
def test_stored_inputs_are_requests_or_violations(target: Target) -> None:
    for name, sample in stored(target.corpus).items():
        assert outcome(target.codec, sample), name


@EACH_TARGET
@given(data=st.data())
def test_any_bytes_are_a_request_or_a_violation(target: Target, finds: Finds, data: st.DataObject) -> None:
    finds.look(target, data.draw(messages(target)))


@EACH_TARGET
def test_large_messages_take_bounded_time(target: Target) -> None:
    for opening, piece, closing in target.large:
        count = (MESSAGE_LIMIT_BYTES - len(opening) - len(closing)) // len(piece)
        sample = Sample(target.is_text, opening + piece * count + closing)
        begun = time.thread_time()
        outcome(target.codec, sample)
        assert time.thread_time() - begun < LARGE_MESSAGE_SECONDS, (opening, piece[:80])


@EACH_TARGET
def test_corpus_shows_both_kinds_of_messages(target: Target) -> None:
    assert {sample.is_text for sample in stored(target.corpus).values()} == {True, False}


class BrokenCodec(JsonCodec):
    """A codec with a fault that an input can reach."""

    def decode(self, is_text: bool, payload: bytes) -> Request:
        if b"7" in payload:
            raise KeyError(7)
        return super().decode(is_text, payload)


def test_shortest_input_of_each_new_outcome_and_fault_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus, "FOLDER", tmp_path)
    (tmp_path / "json").mkdir()
    corpus.store("json", "ping", Sample(True, b'{"type":"ping"}'))
    finds, target = Finds(), TARGETS[0]._replace(codec=BrokenCodec())

    for payload in (b'{"type":"PING"}', b'{"type":"joinGroup","group":"gg"}', b'{"type":"joinGroup","group":"g"}'):
        finds.look(target, Sample(True, payload))
    for broken in (b"77", b"7"):
        with pytest.raises(KeyError):
            finds.look(target, Sample(False, broken))
    finds.store()

    kept = {name.split("-")[0]: sample for name, sample in corpus.stored("json").items()}
    assert kept == {
        "ping": Sample(True, b'{"type":"ping"}'),
        "found": Sample(True, b'{"type":"joinGroup","group":"g"}'),
        "broken": Sample(False, b"7"),
    }


def test_large_inputs_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "FOLDER", tmp_path)
    (tmp_path / "simple").mkdir()
    corpus.store("simple", "large", Sample(True, bytes(5000)))
    assert corpus.stored("simple") == {}
