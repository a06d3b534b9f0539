"""Settings of all tests."""

from hypothesis import settings

# How long one example takes says more about the machine than about the code; pytest's own timeout bounds a test.
settings.register_profile("lodeline", deadline=None)
settings.load_profile("lodeline")
