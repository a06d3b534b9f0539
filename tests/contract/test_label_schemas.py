"""Contract of `LabelSchemaStore`."""

from dataclasses import replace

import pytest

from lodeline.domain.errors import Conflict, Deleted, NotFound
from lodeline.domain.ids import ExperimentId
from lodeline.domain.label_schema import (
    BUILT_IN,
    LabelInput,
    LabelSchema,
    LabelSchemaChange,
    LabelSchemaDraft,
    LabelSchemaId,
    default_schema,
    schema_of,
)
from lodeline.query.ast import Search
from lodeline.storage.base import Stores
from tests.contract.build import T0_MS, audit, delete_experiment, make_experiment

ZERO = ExperimentId("0")
TONE = LabelSchemaDraft(
    "tone", "FEEDBACK", LabelInput("categorical", options=("rude", "plain", "kind"), ordered=True), "Which tone?",
    "Judge the words alone.", enable_comment=True, direction="none",
)  # fmt: skip


def put(
    stores: Stores, draft: LabelSchemaDraft = TONE, schema_id: str = "ls-1", *, experiment: str = ZERO
) -> LabelSchema:
    schema = schema_of(draft, LabelSchemaId(schema_id), ExperimentId(experiment), by="ann", now_ms=T0_MS)
    return stores.label_schemas.put(schema, audit=audit("label_schema.create"))


def change(stores: Stores, schema: LabelSchema, **fields: object) -> LabelSchema:
    return stores.label_schemas.change(
        schema.schema_id,
        LabelSchemaChange(**fields),  # type: ignore[arg-type]
        now_ms=T0_MS + 9,
        audit=audit("label_schema.update"),
    )


def actions(stores: Stores) -> list[str]:
    return [entry.action for entry in stores.audit.search(Search(limit=1000)).items[::-1]]


def test_a_schema_is_kept_as_it_was_put(stores: Stores) -> None:
    made = put(stores)
    assert stores.label_schemas.get(made.schema_id) == made
    assert stores.label_schemas.get(made.schema_id, 1) == made
    assert list(stores.label_schemas.list(ZERO)) == [made]
    assert stores.audit.search(Search()).items[0].target == made.schema_id
    with pytest.raises(NotFound):
        stores.label_schemas.get(made.schema_id, 2)


def test_every_change_is_a_version_and_old_ones_stay(stores: Stores) -> None:
    first = put(stores)
    second = change(stores, first, input=LabelInput("categorical", options=("rude", "kind")))
    assert (second.version, second.created_ms, second.updated_ms) == (2, T0_MS, T0_MS + 9)
    third = change(stores, first, name="style", instruction="")
    assert (third.version, third.name, third.instruction) == (3, "style", None)
    assert change(stores, first, name="style") == third
    assert list(stores.label_schemas.versions(first.schema_id)) == [first, second, third]
    assert stores.label_schemas.get(first.schema_id, 1) == first
    assert list(stores.label_schemas.list(ZERO)) == [third]
    assert actions(stores) == ["label_schema.create", "label_schema.update", "label_schema.update"]


def test_a_name_is_one_schema_of_an_experiment(stores: Stores) -> None:
    first, second = put(stores), put(stores, BUILT_IN["guidelines"], "ls-2")
    with pytest.raises(Conflict, match="exists already"):
        put(stores, TONE, "ls-3")
    with pytest.raises(Conflict, match="exists already"):
        change(stores, second, name="tone")
    with pytest.raises(Conflict, match="is taken"):
        put(stores, replace(TONE, name="other"), "ls-1")
    other = make_experiment(stores, "other").experiment_id
    assert put(stores, TONE, "ls-3", experiment=other).name == "tone"
    assert list(stores.label_schemas.list(ZERO)) == [second, first]
    assert list(stores.label_schemas.list(ExperimentId("77"))) == []


def test_a_deleted_schema_is_gone_and_frees_its_name_but_not_its_id(stores: Stores) -> None:
    made = put(stores)
    stores.label_schemas.delete(made.schema_id, audit=audit("label_schema.delete"))
    assert list(stores.label_schemas.list(ZERO)) == []
    for call in (
        lambda: stores.label_schemas.get(made.schema_id),
        lambda: stores.label_schemas.versions(made.schema_id),
        lambda: change(stores, made, title="x"),
        lambda: stores.label_schemas.delete(made.schema_id, audit=audit()),
    ):
        with pytest.raises(NotFound, match="label schema 'ls-1' does not exist"):
            call()
    assert put(stores, TONE, "ls-2").version == 1
    with pytest.raises(Conflict):
        put(stores, replace(TONE, name="other"), "ls-1")


def test_the_default_schema_keeps_its_name(stores: Stores) -> None:
    made = stores.label_schemas.put(default_schema(ZERO, T0_MS), audit=audit())
    assert made.is_default
    assert change(stores, made, title="Right?").title == "Right?"
    with pytest.raises(Conflict, match="keeps its name"):
        change(stores, made, name="other")


def test_a_deleted_experiment_hides_its_schemas_and_a_purge_removes_them(stores: Stores) -> None:
    experiment = make_experiment(stores, "gone").experiment_id
    made = put(stores, experiment=experiment)
    delete_experiment(stores, experiment)
    assert list(stores.label_schemas.list(experiment)) == []
    with pytest.raises(NotFound):
        stores.label_schemas.get(made.schema_id)
    with pytest.raises(Deleted):
        change(stores, made, title="x")
    with pytest.raises(Deleted):
        put(stores, BUILT_IN["guidelines"], "ls-2", experiment=experiment)
    with pytest.raises(NotFound):
        put(stores, BUILT_IN["guidelines"], "ls-2", experiment="99")
    assert stores.experiments.purge(experiment, audit=audit()).label_schemas == 1
    assert put(stores).schema_id == made.schema_id
