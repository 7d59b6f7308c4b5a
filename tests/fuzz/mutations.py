"""Messages made of stored ones: cut, put together, and sprinkled with words of the protocol."""

from __future__ import annotations

from hypothesis import strategies as st
from tests.fuzz.corpus import Sample, stored
from tests.fuzz.targets import Target


def messages(target: Target) -> st.SearchStrategy[Sample]:
    """Give messages of all kinds for a codec: mostly damaged ones, whole ones of another kind, any bytes at all."""
    samples = list(stored(target.corpus).values())
    anything = st.builds(Sample, st.booleans(), st.binary(max_size=64))
    return st.one_of(_damaged(samples, target.words), _damaged(samples, target.words), anything)


@st.composite
def _damaged(draw: st.DrawFn, samples: list[Sample], words: tuple[bytes, ...]) -> Sample:
    sample = draw(st.sampled_from(samples))
    payload = bytearray(sample.payload)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(payload)))
        end = min(len(payload), start + draw(st.integers(0, 8)))
        payload[start:end] = draw(st.sampled_from(words) | st.binary(max_size=3) | _pieces(samples))
    if sample.is_text and draw(st.integers(0, 9)):  # a session is given no text that is not UTF-8; a codec bears it
        return Sample(True, payload.decode(errors="replace").encode())
    return Sample(sample.is_text, bytes(payload))


@st.composite
def _pieces(draw: st.DrawFn, samples: list[Sample]) -> bytes:
    payload = draw(st.sampled_from(samples)).payload
    start = draw(st.integers(0, len(payload)))
    return payload[start : start + draw(st.integers(0, 64))]
