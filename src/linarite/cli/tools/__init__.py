"""Tools that speak to any endpoint of Azure Web PubSub, the cloud's too: all they need is a connection string.

`entry.run_tool` runs one. `targets` finds endpoint and keys, `rest` calls the data plane, `clients` are WebSocket
clients that come back to their connection when a line is cut; each tool is one module on top of them.
"""
