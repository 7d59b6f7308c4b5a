"""Values and rules of the service, without I/O.

What stands here is true whether a message came by WebSocket, by REST or from another node: which names are valid,
what a message is, who may do what, which commands a hub carries out. Nothing here knows a socket, a clock or a task.
"""
