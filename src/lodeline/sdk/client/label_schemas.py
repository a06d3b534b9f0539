"""Label schemas."""

from dataclasses import asdict

from lodeline.domain.comparison import Direction
from lodeline.domain.label_schema import LabelInput, LabelSchema, LabelSchemaDraft
from lodeline.sdk.client.call import Call, ModeT, Noun, call, given, many, nothing, one, path_of


class LabelSchemas(Noun[ModeT]):
    """Calls about label schemas, which are named within an experiment (id or name)."""

    @call
    def create(self, draft: LabelSchemaDraft, *, experiment: str = "0") -> Call[LabelSchema]:
        """Create a schema; Conflict when the experiment has one of this name."""
        body = given(
            experiment=experiment,
            name=draft.name,
            kind=draft.kind,
            input=_input(draft.input),
            title=draft.title,
            instruction=draft.instruction,
            enable_comment=draft.enable_comment,
            direction=draft.direction,
            schema_id=draft.schema_id,
        )
        return Call("POST", path_of("label-schemas"), one(LabelSchema), body=body)

    @call
    def list(self, *, experiment: str = "0") -> Call[tuple[LabelSchema, ...]]:
        """Return the latest versions of an experiment's schemas, by name."""
        params = {"experiment": experiment}
        return Call("GET", path_of("label-schemas"), many(LabelSchema), params=params)

    @call
    def find(self, name: str, *, experiment: str = "0") -> Call[LabelSchema]:
        """Return the schema of a name; NotFound when there is none."""
        params = {"experiment": experiment, "name": name}
        return Call("GET", path_of("label-schemas", "find"), one(LabelSchema), params=params)

    @call
    def get(self, schema_id: str, version: int | None = None) -> Call[LabelSchema]:
        """Return a version of a schema, the latest without one."""
        return Call("GET", path_of("label-schemas", schema_id), one(LabelSchema), params={"version": version})

    @call
    def versions(self, schema_id: str) -> Call[tuple[LabelSchema, ...]]:
        """Return every version of a schema, oldest first."""
        return Call("GET", path_of("label-schemas", schema_id, "versions"), many(LabelSchema))

    @call
    def update(
        self,
        schema_id: str,
        *,
        name: str | None = None,
        title: str | None = None,
        instruction: str | None = None,
        enable_comment: bool | None = None,
        input: LabelInput | None = None,
        direction: Direction | None = None,
    ) -> Call[LabelSchema]:
        """Make another version of a schema; what is None stays, an empty instruction is taken away."""
        body = given(
            name=name,
            title=title,
            instruction=instruction,
            enable_comment=enable_comment,
            input=None if input is None else _input(input),
            direction=direction,
        )
        return Call("PATCH", path_of("label-schemas", schema_id), one(LabelSchema), body=body, repeat="always")

    @call
    def delete(self, schema_id: str) -> Call[None]:
        """Take a schema out of lists for good."""
        return Call("DELETE", path_of("label-schemas", schema_id), nothing)


def _input(of: LabelInput) -> dict[str, object]:
    return {**asdict(of), "options": list(of.options)}
