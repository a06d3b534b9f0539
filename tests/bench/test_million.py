"""A million traces: every question of the benchmark is answered rightly, and the store is whole afterwards."""

from pathlib import Path

import pytest

from bench import query
from tests.e2e.harness import assert_checked

COUNT = 1_000_000


@pytest.mark.soak
def test_a_million_traces_are_searched_with_checked_answers(tmp_path: Path) -> None:
    latencies, stores = query.run(sizes=[COUNT], keep=tmp_path).tables
    assert len(latencies.rows) == 23
    assert [row[0] for row in stores.rows] == [COUNT]
    [store] = (path for path in tmp_path.iterdir() if path.is_dir())  # beside it is the server's log
    assert_checked(store)
