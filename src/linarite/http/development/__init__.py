"""What `linarite dev` offers to people's tests: looking, waiting, starting anew, and faults on request.

Nothing of it is there under `linarite serve`. `assembly.Development` is what the server knows of it.
"""
