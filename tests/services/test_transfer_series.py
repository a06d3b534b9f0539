"""Files of one series go into one experiment, and whose imports may go on with it."""

import io
import json
from dataclasses import asdict, replace

import pytest

from lodeline.auth.actor import LOCAL, Actor
from lodeline.domain.errors import Conflict, Forbidden
from lodeline.domain.experiment import Experiment
from lodeline.domain.ids import AccountId, ExperimentId
from lodeline.services.archive import ArchiveWriter
from lodeline.services.bundle import Services


def part(number: int, series: str) -> io.BytesIO:
    """A file of a series, with an experiment and nothing in it."""
    archive = ArchiveWriter()
    experiment = Experiment(ExperimentId("7"), "serial", "ACTIVE", created_ms=5, updated_ms=number, created_by="ed")
    archive.add("experiment.json", json.dumps(asdict(experiment)).encode())
    return io.BytesIO(archive.take() + archive.finish({"series": series}))


def test_files_of_a_series_go_into_one_experiment(other: Services) -> None:
    made = [other.transfer.import_file(LOCAL, part(number, "one")).experiment for number in (1, 2)]
    assert made[0] == made[1]
    with pytest.raises(Conflict):
        other.transfer.import_file(LOCAL, part(3, "two"))


def test_only_who_made_an_experiment_goes_on_with_its_series(other: Services) -> None:
    editor = Actor("account", "ed", AccountId("acc-3"), role="editor")
    made = other.transfer.import_file(LOCAL, part(1, "one")).experiment
    with pytest.raises(Forbidden):
        other.transfer.import_file(editor, part(2, "one"))
    admin = Actor("account", "ada", AccountId("acc-4"), role="admin")
    assert other.transfer.import_file(admin, part(2, "one")).experiment == made


def test_an_editor_goes_on_with_a_series_of_their_own(other: Services) -> None:
    editor = Actor("account", "ed", AccountId("acc-3"), role="editor")
    by_key = Actor("key", "ed", AccountId("acc-3"), role="editor", key_prefix="abc")
    made = other.transfer.import_file(by_key, part(1, "one")).experiment
    assert other.transfer.import_file(editor, part(2, "one")).experiment == made
    assert other.transfer.import_file(by_key, part(3, "one")).experiment == made
    # An import into it, by somebody who might do that, made it nobody else's.
    other.transfer.import_file(LOCAL, part(4, "one"), into="serial")
    with pytest.raises(Forbidden):
        other.transfer.import_file(replace(editor, name="eve"), part(5, "one"))
