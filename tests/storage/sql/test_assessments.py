import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lodeline.domain.assessment import Assessment, AssessmentDraft, AssessmentError
from lodeline.domain.errors import NotFound
from lodeline.domain.ids import DEFAULT_EXPERIMENT, AssessmentId
from lodeline.domain.span import JsonValue
from lodeline.storage.base import Stores
from lodeline.storage.sql import connection, open_sqlite
from lodeline.storage.sql.assessment_rows import value_columns
from tests.contract.build import T0_MS, at_ns, audit, found, judgment, search, span, write

LONE = "a\ud800b\x00c"
AWKWARD: tuple[JsonValue, ...] = (math.inf, -math.inf, 10**400, -(2**70), LONE, {LONE: [LONE]}, [[[""]]] * 3)


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    opened = open_sqlite(tmp_path / "store")
    opened.traces.write([write("tr-1", span("root", 1), span("child", 2, parent=1))])
    yield opened
    opened.close()


def log(stores: Stores, draft: AssessmentDraft) -> Assessment:
    return stores.assessments.log(DEFAULT_EXPERIMENT, draft, by="ann", now_ms=T0_MS, audit=audit())[0]


@pytest.mark.parametrize("value", AWKWARD)
def test_awkward_values_come_back_as_they_were_given(stores: Stores, value: JsonValue):
    made = log(stores, judgment(value=value))
    assert stores.assessments.get(made.assessment_id).value == value
    assert [a.value for a in stores.assessments.search(search(entity="assessment", order="number desc")).items] == [
        value
    ]


def test_nan_comes_back_and_has_no_place_among_numbers(stores: Stores):
    made = log(stores, judgment(value=math.nan))
    value = stores.assessments.get(made.assessment_id).value
    assert isinstance(value, float)
    assert math.isnan(value)
    assert found(stores, "feedback.quality < 1") == []
    assert stores.assessments.search(search("number IS NULL", entity="assessment")).items[0].assessment_id
    assert stores.admin.check() == []


def test_awkward_texts_are_kept_everywhere(stores: Stores):
    draft = judgment(
        source_id=LONE, rationale=LONE, metadata={LONE: LONE}, identifier=LONE, run_id=LONE,
        error=AssessmentError(LONE, LONE, LONE),
    )  # fmt: skip
    made = log(stores, draft)
    again = stores.assessments.get(made.assessment_id)
    assert again == made
    assert (again.identifier, again.metadata) == (LONE, {LONE: LONE})
    assert log(stores, draft) == made
    assert log(stores, replace(draft, confidence=1.0)).revision == 2
    assert stores.admin.check() == []


@pytest.mark.parametrize("assessment_id", [LONE, "", "%", "a" * 10_000, "x'; DROP TABLE assessments; --"])
def test_awkward_ids_are_not_found(stores: Stores, assessment_id: str):
    for ask in (stores.assessments.get, stores.assessments.history):
        with pytest.raises(NotFound):
            ask(AssessmentId(assessment_id))


@pytest.mark.parametrize(
    ("value", "columns"),
    [
        (None, (None, None, None)),
        (True, ("b", 1.0, None)),
        (3, ("n", 3.0, None)),
        (math.nan, ("s", None, "NaN")),
        (-math.inf, ("s", None, "-Infinity")),
        (10**400, ("n", math.inf, None)),
        ("x", ("s", None, "x")),
        ([1], ("j", None, None)),
    ],
)
def test_columns_hold_what_filters_compare(value: JsonValue, columns: tuple[object, ...]):
    assert value_columns(value) == columns


def test_the_start_stays_that_of_the_trace(stores: Stores, tmp_path: Path):
    log(stores, judgment(span=2))
    stores.traces.write([write("tr-1", span("early", 3, parent=1, start_ms=-5000))])
    first = log(stores, judgment(name="later"))
    stores.assessments.delete(first.assessment_id, by=None, now_ms=T0_MS, audit=audit())
    db = connection.connect(tmp_path / "store", readonly=True)
    assert db.execute("SELECT DISTINCT start_ns FROM assessments").fetchall() == [(at_ns(-5000),)]
    db.close()


def test_a_span_of_the_trace_that_was_deleted_and_came_back_is_looked_up_anew(stores: Stores):
    stores.traces.delete([write("tr-1", span()).trace_id], audit=audit())
    with pytest.raises(NotFound):
        log(stores, judgment(span=2))
    stores.traces.write([write("tr-1", span("root", 1))])
    with pytest.raises(NotFound):
        log(stores, judgment(span=2))
    assert log(stores, judgment(span=1)).valid
