"""The attributes that Lodeline's server understands as its own; see the dialect `lodeline` of the server."""

from collections.abc import Mapping

from lodeline.sdk.rendering import Limits, clean_name, clean_text, cut_text, to_json

KIND = "lodeline.kind"
INPUTS = "lodeline.inputs"
OUTPUTS = "lodeline.outputs"
MODEL = "lodeline.model"
PROVIDER = "lodeline.provider"
USAGE = "lodeline.usage"
COST_USD = "lodeline.cost_usd"
SESSION = "lodeline.session"
USER = "lodeline.user"
TRACE_NAME = "lodeline.trace_name"
REQUEST_PREVIEW = "lodeline.request_preview"
RESPONSE_PREVIEW = "lodeline.response_preview"
FUNCTION = "code.function.name"
CAPTURE = "lodeline.capture"
STREAM_END = "lodeline.stream_end"
STREAM_ITEMS = "lodeline.stream_items"
TAGS = "lodeline.tags."
METADATA = "lodeline.metadata."

EXPERIMENT = "lodeline.experiment"
MODEL_ID = "lodeline.model_id"
RUN_ID = "lodeline.run_id"

MAX_LABEL = 20_000
"""Characters of a tag or of an entry of the metadata; the server keeps no more."""
_LABEL_LIMITS = Limits(depth=6, chars=MAX_LABEL)


def label_text(value: object) -> str:
    """Return the value of a tag as text: strings as they are, everything else as JSON."""
    return clean_text(cut_text(value, MAX_LABEL)) if isinstance(value, str) else to_json(value, _LABEL_LIMITS)


def labels(
    *,
    session: str | None = None,
    user: str | None = None,
    tags: Mapping[str, object] | None = None,
    metadata: Mapping[str, object] | None = None,
) -> dict[str, str]:
    """Return what is said about a trace as attributes for a span of it; what is None is not said."""
    said: dict[str, str] = {}
    if session is not None:
        said[SESSION] = label_text(session)
    if user is not None:
        said[USER] = label_text(user)
    for prefix, pairs in ((TAGS, tags), (METADATA, metadata)):
        for key, value in (pairs or {}).items():
            said[f"{prefix}{clean_name(key)}"] = label_text(value)
    return said
