"""Settings of all tests."""

import gc
import os
import tempfile

from hypothesis import settings

from tests.examples import examples

# Imports and collected tests are many objects that stay: to look through them for garbage took a tenth of collecting.
gc.set_threshold(50_000, 20, 100)

# Programs traced in this process spool here, never into the folder of whoever runs the tests.
os.environ["LODELINE_SPOOL_DIR"] = tempfile.mkdtemp(prefix="lodeline-tests-")

# How long one example takes says more about the machine than about the code; pytest's own timeout bounds a test.
settings.register_profile("lodeline", deadline=None, max_examples=examples(50))
settings.load_profile("lodeline")


def pytest_collection_finish() -> None:
    """Leave what is collected out of every look for garbage."""
    gc.freeze()
