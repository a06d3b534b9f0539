"""Ids of runs: which a new run may have, and which stay."""

from dataclasses import replace

import pytest

from lodeline.domain.errors import Invalid
from lodeline.domain.ids import ExperimentId, RunId
from lodeline.domain.run import Run, RunDraft, check_run

RUN = Run(RunId("r"), ExperimentId("1"), "recorded", "RUN", "RUNNING", "ACTIVE", 0)


@pytest.mark.parametrize("run_id", ["0f3c" * 8, "r-1", "a.b", "...a", "console", "x_9"])
def test_a_new_run_may_have_an_id_that_a_folder_may_have(run_id: str) -> None:
    check_run(RunDraft(run_id=RunId(run_id)))


@pytest.mark.parametrize("run_id", [".", "..", "...", "a:b", "con", "LPT1.x", "x.", "", "a/b"])
def test_a_new_run_has_no_id_that_no_folder_or_address_takes(run_id: str) -> None:
    with pytest.raises(Invalid, match="run_id"):
        check_run(RunDraft(run_id=RunId(run_id)))


@pytest.mark.parametrize("run_id", [".", "a:b", "con", "x."])
def test_a_run_that_is_there_or_imported_keeps_its_id(run_id: str) -> None:
    check_run(replace(RUN, run_id=RunId(run_id)))
