"""The seam between a hub and the rest of the world's connections.

Only this package knows where a user, a group or a connection is. `Backplane` is what everybody talks to; `local` serves
the connections of one process and is all that a single server needs.
"""
