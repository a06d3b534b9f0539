"""Retrieved documents of every dialect in one form."""

from lodeline.domain.span import Document, JsonValue
from lodeline.ingest.semconv.parsing import as_text, parse_container

MAX_DOCUMENTS = 10_000


def documents_from(value: JsonValue) -> tuple[Document, ...]:
    """Return the documents in a list of objects or texts; anything else gives none.

    Understood are ``page_content`` (LangChain), ``content``, ``text`` and OpenInference's
    ``document.*``, with ``id``, ``score`` and ``metadata`` beside them.
    """
    items = value if isinstance(value, list) else []
    found = (_document(item) for item in items[:MAX_DOCUMENTS])
    return tuple(document for document in found if document is not None)


def _document(value: JsonValue) -> Document | None:
    if isinstance(value, str):
        return Document(value)
    if not isinstance(value, dict):
        return None
    inner = value.get("document", value.get("node"))
    source = {**value, **inner} if isinstance(inner, dict) else value
    content = next((source[key] for key in ("page_content", "content", "text") if key in source), None)
    ident = next((source[key] for key in ("id", "doc_id", "id_", "document_id") if source.get(key) is not None), None)
    score = source.get("score", source.get("relevance_score"))
    metadata = source.get("metadata")
    if content is None and ident is None:
        return None
    return Document(
        as_text(content),
        None if ident is None else as_text(ident),
        float(score) if isinstance(score, (int, float)) and not isinstance(score, bool) else None,
        parse_container(metadata) if isinstance(metadata, str) else metadata,
    )
