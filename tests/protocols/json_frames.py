"""JSON texts and frames, as clients of all kinds write them, and what is read in them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import strategies as st

from linarite.protocols.json_codec import JSON
from linarite.protocols.requests import ProtocolViolation


def decode(frame: object) -> Any:
    """Give the request in a frame, which is given as its text or as the value to write."""
    text = frame if isinstance(frame, str) else json.dumps(frame)
    return JSON.decode(True, text.encode())


def refused(frame: object) -> None:
    """Expect that a frame ends the connection."""
    with pytest.raises(ProtocolViolation) as raised:
        decode(frame)
    assert raised.value.code == 1007
    assert raised.value.reason == "The client message is not a valid JSON protocol message."


def publish(**members: object) -> dict[str, object]:
    """Give a valid publish with these members."""
    return {"type": "sendToGroup", "group": "g", "data": 1, **members}


def invoke(**members: object) -> dict[str, object]:
    """Give a valid invocation with these members."""
    return {"type": "invoke", "invocationId": "1", "target": "event", "event": "e", **members}


# Whole characters, and halves of surrogate pairs, which JSON may hold as escapes.
whole_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.text(
    st.sampled_from('\0\x1f\x7f"\\/\u2028\u2029\ufeffé😀'), max_size=6
)
any_text = whole_text | st.text(st.characters(categories=["Cs"]), min_size=1, max_size=3)


def _scalars(text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.just(10**400)
    return st.none() | st.booleans() | numbers | text


@st.composite
def json_texts(draw: st.DrawFn, text: st.SearchStrategy[str] = any_text) -> str:
    """Give one JSON text that is not null, with blanks and escapes in various manners."""
    value = draw(
        st.recursive(
            _scalars(text),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
            max_leaves=6,
        ).filter(lambda value: value is not None)
    )
    separators = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", "\n:\r ")]))
    written = json.dumps(value, separators=separators)
    plain = json.dumps(value, separators=separators, ensure_ascii=False)
    is_whole = plain.encode(errors="ignore").decode() == plain
    return plain if is_whole and draw(st.booleans()) else written


@st.composite
def objects(draw: st.DrawFn, members: dict[str, str]) -> str:
    """Give an object of these members, whose values are JSON texts, in any order and with any blanks."""
    names = draw(st.permutations(sorted(members)))
    blank = draw(st.sampled_from(["", " ", "\n\t"]))
    inner = f"{blank},{blank}".join(f'"{name}"{blank}:{blank}{members[name]}' for name in names)
    return f"{blank}{{{blank}{inner}{blank}}}{blank}"
