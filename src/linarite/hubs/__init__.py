"""Live state: hubs, their connections, and how a message reaches its receivers.

A Hub carries out Commands and answers Questions for the connections of this process. A Session decides what one client
may do and turns its requests into Commands. Delivery collects what is said in one tick of the event loop and writes it
to each receiver in one piece. Everything here runs on the event loop's thread and never waits.
"""
