"""What a resource and its scopes say: facts for the summary, and the experiment that the program asks for."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import orjson
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans

from lodeline.domain.experiment import MAX_TAG_KEY, MAX_TAG_VALUE, MAX_TAGS
from lodeline.domain.span import AttributeValue, ResourceFacts
from lodeline.ingest.values import attributes, json_safe

MAX_FACT = 500
"""Characters of a service, environment or other short fact; the resource itself is kept whole."""


class ExperimentHint(NamedTuple):
    """The experiment that a resource or header asks for: by its id, or by id or name. Of those two forms "name" makes
    an experiment of any name that there is not, "either" of none that could be an id."""

    value: str
    form: Literal["id", "name", "either"]


_HINTS: tuple[tuple[str, Literal["id", "name", "either"]], ...] = (
    ("lodeline.experiment", "either"),
    ("lodeline.experiment_id", "id"),
    ("mlflow.experiment_id", "id"),
    ("mlflow.experimentId", "id"),
    ("mlflow.experiment.name", "name"),
    ("openinference.project.name", "name"),
)
"""Resource attributes that name an experiment, the strongest first."""

_TAGS = "lodeline.tags."


def experiment_hint(resource: Mapping[str, AttributeValue]) -> ExperimentHint | None:
    """Return the experiment that a resource asks for, None if it asks for none."""
    for key, form in _HINTS:
        value = resource.get(key)
        if value is not None and (text := _text(value).strip()):
            return ExperimentHint(text, form)
    return None


def resource_attributes(head: ResourceSpans) -> dict[str, AttributeValue]:
    """Return the attributes of a resource as plain values."""
    return attributes(head.resource.attributes)


def resource_facts(
    resource: Mapping[str, AttributeValue], *, default_environment: str | None = None
) -> ResourceFacts:
    """Return the facts of a resource.

    The environment is ``deployment.environment.name``, or its older name ``deployment.environment``, or else the
    default. `client` is ``telemetry.sdk.name``, which every scope with a name of its own replaces.
    """

    def first(*keys: str) -> str | None:
        for key in keys:
            value = resource.get(key)
            if value is not None and (text := _text(value)):
                return text[:MAX_FACT]
        return None

    tags = {
        key.removeprefix(_TAGS)[:MAX_TAG_KEY]: _text(value)[:MAX_TAG_VALUE]
        for key, value in resource.items()
        if key.startswith(_TAGS) and len(key) > len(_TAGS)
    }
    return ResourceFacts(
        service=first("service.name"),
        environment=first("deployment.environment.name", "deployment.environment") or default_environment,
        model_id=first("lodeline.model_id", "service.version"),
        run_id=first("lodeline.run_id"),
        client=first("telemetry.sdk.name"),
        tags=dict(list(tags.items())[:MAX_TAGS]) or None,
    )


def _text(value: AttributeValue) -> str:
    """Return a value as text: strings as they are, everything else as JSON."""
    return value if isinstance(value, str) else orjson.dumps(json_safe(value)).decode()
