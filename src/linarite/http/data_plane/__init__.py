"""The REST API of application servers, api-version 2024-12-01 and the stable ones before it.

`app` is the ASGI application: it finds the operation, checks the token, and turns what comes back into an answer.
`operations` turns each call into a Command or a Question. Statuses, headers and bodies are the service's, down to the
byte where the official clients or recordings of the service show them.
"""
