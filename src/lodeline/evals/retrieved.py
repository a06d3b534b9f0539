"""What was retrieved and what is relevant, as ids, for the retrieval scorers."""

import math
from collections.abc import Mapping, Sequence

from lodeline.domain.errors import Invalid, shown
from lodeline.domain.scorer import ScoredTrace
from lodeline.domain.span import Document, JsonValue
from lodeline.evals.texts import expectation
from lodeline.evals.trace_content import documents_in_trace

MAX_GRADE = 100.0
_ID_KEYS = ("document_id", "id", "doc_id", "doc_uri")


def ranked_ids(outputs: JsonValue, trace: ScoredTrace | None) -> list[str]:
    """Return the ids of the retrieved documents, best first, each once.

    They are those of the trace's last retrieval, or else those in the outputs: a list of ids or of mappings with one
    of ``document_id``, ``id``, ``doc_id`` and ``doc_uri``, alone or under ``documents``. Of a document without an id
    its text stands for it. Invalid when the outputs have another shape.
    """
    documents = documents_in_trace(trace) if trace is not None else ()
    found = [_id_of(document) for document in documents] if documents else _ids_in(outputs, "outputs")
    return list(dict.fromkeys(found))


def relevant_grades(expectations: Mapping[str, JsonValue], key: str) -> dict[str, float]:
    """Return the relevant ids with their grades: a list of ids (each of grade 1), or a mapping from id to grade.

    Invalid when it is missing, has another shape, or a grade is not a number from 0 to `MAX_GRADE`.
    """
    found = expectation(expectations, key)
    if not isinstance(found, Mapping):
        return dict.fromkeys(_ids_in(found, f"expectations.{key}"), 1.0)
    grades: dict[str, float] = {}
    for name, grade in found.items():
        number = grade if isinstance(grade, int | float) else math.nan
        if not 0 <= number <= MAX_GRADE:
            raise Invalid.value(f"expectations.{key}.{name}", grade, f"a grade from 0 to {MAX_GRADE:g}")
        grades[str(name)] = float(number)
    return grades


def check_k(k: int) -> None:
    """Invalid unless `k` is at least 1."""
    if k < 1:
        raise Invalid.value("k", k, "a whole number of at least 1")


def _id_of(document: Document) -> str:
    if document.document_id is not None:
        return document.document_id
    if isinstance(document.metadata, Mapping):
        for key in _ID_KEYS:
            if isinstance(found := document.metadata.get(key), str | int):
                return str(found)
    return document.content


def _ids_in(value: JsonValue, field: str) -> list[str]:
    if isinstance(value, Mapping) and "documents" in value:
        return _ids_in(value["documents"], f"{field}.documents")
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise Invalid.value(field, value, "a list of document ids, or of documents with an id")
    return [_id_in(item, f"{field}[{index}]") for index, item in enumerate(value)]


def _id_in(item: JsonValue, field: str) -> str:
    if isinstance(item, str):
        return item
    if isinstance(item, int) and not isinstance(item, bool):
        return str(item)
    if isinstance(item, Mapping):
        for key in (*_ID_KEYS, "content", "page_content"):
            if isinstance(found := item.get(key), str | int):
                return str(found)
    raise Invalid(f"{field}: {shown(item)} is no document id and has none.", details={"field": field})
