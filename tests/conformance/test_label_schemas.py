"""Label schemas, through the client's store."""

import pytest
from mlflow.genai.label_schemas.label_schemas import (
    InputCategorical,
    InputNumeric,
    InputPassFail,
    InputText,
    LabelSchema,
)
from mlflow.store.tracking.rest_store import RestStore

from tests.conformance.errors import refused


@pytest.fixture
def tone(store: RestStore, experiment: str) -> LabelSchema:
    """Give a schema."""
    return store.create_label_schema(
        experiment, name="tone", type="feedback", input=InputPassFail("Kind", "Rude"), instruction="Judge the words.",
        enable_comment=True,
    )  # fmt: skip


def test_a_schema_reads_back(store: RestStore, experiment: str, tone: LabelSchema) -> None:
    for found in (store.get_label_schema(tone.schema_id), store.get_label_schema_by_name(experiment, "tone")):
        assert found == tone
    assert tone.schema_id.startswith("ls-")
    assert (tone.name, str(tone.type), tone.instruction, tone.enable_comment) == (
        "tone", "feedback", "Judge the words.", True,
    )  # fmt: skip
    assert tone.input == InputPassFail("Kind", "Rude")
    assert (tone.experiment_id, tone.is_default) == (experiment, False)


@pytest.mark.parametrize(
    "given",
    [
        InputCategorical(["a", "b"], multi_select=True), InputCategorical(["a"]), InputNumeric(1, 5),
        InputNumeric(None, None), InputText(12), InputText(None),
    ],
    ids=str,
)  # fmt: skip
def test_every_kind_of_input(store: RestStore, experiment: str, given: object) -> None:
    made = store.create_label_schema(experiment, name="s", type="expectation", input=given)
    assert store.get_label_schema(made.schema_id).input == given
    assert str(made.type) == "expectation"


def test_lists_are_newest_first_and_have_the_default_one(
    store: RestStore, experiment: str, tone: LabelSchema
) -> None:
    later = store.create_label_schema(experiment, name="later", type="feedback", input=InputText())
    found = store.list_label_schemas(experiment)
    mine = [schema.name for schema in found if not schema.is_default]
    assert mine == [later.name, tone.name]
    (default,) = [schema for schema in found if schema.is_default]
    assert default.name == "Feedback"
    paged: list[str] = []
    pages, token = 0, None
    while True:
        page = store.list_label_schemas(experiment, max_results=2, page_token=token)
        paged += [schema.name for schema in page]
        pages += 1
        token = page.token
        if not token:
            break
    assert paged == [schema.name for schema in found]
    assert pages == 2


def test_the_default_schema_stays(store: RestStore, experiment: str) -> None:
    (default,) = store.list_label_schemas(experiment)
    with refused("INVALID_PARAMETER_VALUE"):
        store.delete_label_schema(default.schema_id)
    with refused("INVALID_PARAMETER_VALUE"):
        store.update_label_schema(default.schema_id, instruction="another")
    with refused("INVALID_PARAMETER_VALUE"):
        store.create_label_schema(experiment, name="feedback", type="feedback", input=InputText())
    assert [schema.schema_id for schema in store.list_label_schemas(experiment)] == [default.schema_id]


def test_changes(store: RestStore, experiment: str, tone: LabelSchema) -> None:
    changed = store.update_label_schema(tone.schema_id, name="manner", input=InputPassFail("Good", "Bad"))
    assert (changed.name, changed.input, changed.instruction) == (
        "manner", InputPassFail("Good", "Bad"), "Judge the words.",
    )  # fmt: skip
    assert store.get_label_schema(tone.schema_id).name == "manner"
    with refused("INVALID_PARAMETER_VALUE"):
        store.update_label_schema(tone.schema_id, input=InputText())
    many = store.create_label_schema(experiment, name="many", type="feedback", input=InputCategorical(["a"]))
    with refused("INVALID_PARAMETER_VALUE"):
        store.update_label_schema(many.schema_id, input=InputCategorical(["a"], multi_select=True))
    with refused("RESOURCE_ALREADY_EXISTS"):
        store.update_label_schema(many.schema_id, name="manner")


def test_deleting_again_is_fine(store: RestStore, experiment: str, tone: LabelSchema) -> None:
    for _ in range(2):
        store.delete_label_schema(tone.schema_id)
    with refused("RESOURCE_DOES_NOT_EXIST"):
        store.get_label_schema(tone.schema_id)
    store.create_label_schema(experiment, name="tone", type="feedback", input=InputText())


def test_refusals(store: RestStore, experiment: str, tone: LabelSchema) -> None:
    with refused("RESOURCE_ALREADY_EXISTS"):
        store.create_label_schema(experiment, name="tone", type="feedback", input=InputText())
    with refused("RESOURCE_DOES_NOT_EXIST"):
        store.create_label_schema("2000000000", name="s", type="feedback", input=InputText())
    with refused("RESOURCE_DOES_NOT_EXIST"):
        store.get_label_schema("ls-none")
    with refused("RESOURCE_DOES_NOT_EXIST"):
        store.get_label_schema_by_name(experiment, "none")
    with refused("RESOURCE_DOES_NOT_EXIST"):
        store.update_label_schema("ls-none", name="s")
    with refused("INVALID_PARAMETER_VALUE"):
        store.list_label_schemas(experiment, page_token="not a token")
    for name, given in (
        ("n" * 251, InputText()),
        ("s", InputCategorical([f"{n}" for n in range(11)])),
        ("s", InputCategorical(["o" * 65])),
        ("s", InputPassFail("same", "same")),
        ("s", InputNumeric(5, 1)),
    ):
        with refused("INVALID_PARAMETER_VALUE"):
            store.create_label_schema(experiment, name=name, type="feedback", input=given)
    with refused("INVALID_PARAMETER_VALUE"):
        store.create_label_schema(experiment, name="s", type="feedback", input=InputText(), instruction="i" * 1_001)
