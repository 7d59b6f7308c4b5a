"""How much property tests try: a hundred examples each, or very many with `make fuzz`."""

from hypothesis import settings

# Examples have no deadline of their own: a busy machine would fail them by chance. Each test has its timeout.
settings.register_profile("linarite", deadline=None, print_blob=True)
settings.register_profile("fuzz", deadline=None, print_blob=True, max_examples=20_000)
settings.load_profile("linarite")
