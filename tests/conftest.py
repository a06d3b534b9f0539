"""Settings of all tests."""

import os
import tempfile

from hypothesis import settings

# Programs traced in this process spool here, never into the folder of whoever runs the tests.
os.environ["LODELINE_SPOOL_DIR"] = tempfile.mkdtemp(prefix="lodeline-tests-")

# How long one example takes says more about the machine than about the code; pytest's own timeout bounds a test.
settings.register_profile("lodeline", deadline=None)
settings.load_profile("lodeline")
