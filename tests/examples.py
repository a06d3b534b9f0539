"""How many examples a property is tried with: a few in each run, and many in the soak tests.

Each run draws others, so many are tried in the long run; `make soak` tries ``LODELINE_TESTS_EXAMPLES`` times as many
at once.
"""

import os

_TIMES = int(os.environ.get("LODELINE_TESTS_EXAMPLES", "1"))


def examples(count: int) -> int:
    """Return what Hypothesis is told for a property that every run tries with `count` examples."""
    return count * _TIMES
