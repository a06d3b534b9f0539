"""What request bodies share: strict Pydantic models, and bounded types for their fields."""

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from lodeline.domain.experiment import MAX_TAG_KEY, MAX_TAG_VALUE, MAX_TAGS

T = TypeVar("T")

Id = Annotated[str, Field(min_length=1, max_length=250)]
Text = Annotated[str, Field(max_length=100_000)]
TagKey = Annotated[str, Field(min_length=1, max_length=MAX_TAG_KEY)]
Tags = Annotated[
    dict[TagKey, Annotated[str, Field(max_length=MAX_TAG_VALUE)]],
    Field(max_length=MAX_TAGS, description="Tags by key."),
]
TagKeys = Annotated[list[TagKey], Field(max_length=MAX_TAGS)]
EpochMs = Annotated[int, Field(ge=0, le=253_402_300_799_999, description="Epoch milliseconds, UTC.")]
Json = JsonValue


class Body(BaseModel):
    """A request body: an unknown field is an error, so that no misspelt one is silently left out."""

    model_config = ConfigDict(extra="forbid", strict=False, str_strip_whitespace=False, hide_input_in_errors=True)
