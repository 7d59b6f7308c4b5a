"""Bytes to requests and messages to bytes, without I/O.

A codec is one wire protocol: it translates and decides nothing. `requests` are what clients can ask, `framing` lays
WebSocket frames around what goes out, `negotiation` picks the codec from a client's offer.
"""
