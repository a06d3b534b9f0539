"""A retriever over passages of Wikipedia in two versions, with a search engine's library and without."""

import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import lodeline
from tests.evals.real import DATA, rows

QUESTIONS = 300
TOP = 5
_WORD = re.compile(r"\w+")
Search = Callable[[str], Sequence[int]]
"""Gives the places of the best passages, best first."""


@cache
def corpus() -> tuple[tuple[str, str], ...]:
    """Return every passage once, with the id of the first question that it answers."""
    first: dict[str, str] = {}
    for row in rows(DATA / "retrieval" / "nq-open.jsonl.gz"):
        first.setdefault(row["passage"], row["id"])
    return tuple((ident, passage) for passage, ident in first.items())


@cache
def questions() -> tuple[tuple[str, str], ...]:
    """Return questions with the id of the passage that answers each; the other passages are there to be found."""
    ids = {passage: ident for ident, passage in corpus()}
    found = list(rows(DATA / "retrieval" / "nq-open.jsonl.gz"))
    return tuple((row["question"], ids[row["passage"]]) for row in found[:QUESTIONS])


class Retriever:
    """The application: finds passages for a question, traced as a retrieval."""

    def __init__(self, search: Search) -> None:
        self._search = search

    def __call__(self, question: str) -> Mapping[str, Any]:
        with lodeline.start_span("search", span_type="RETRIEVER") as span:
            span.set_inputs({"question": question})
            found = [corpus()[place] for place in self._search(question)]
            span.set_outputs([{"id": ident, "content": passage} for ident, passage in found])
        return {"answer_from": found[0][1][:200], "count": len(found)}


def bm25() -> Search:
    """Rank by Okapi BM25 as the library `bm25s` computes it."""
    library: Any = importlib.import_module("bm25s")  # it has no types

    def tokens(texts: Sequence[str]) -> Any:
        return library.tokenize(list(texts), stopwords="en", show_progress=False)

    index: Any = library.BM25()
    index.index(tokens([passage for _, passage in corpus()]), show_progress=False)

    def search(question: str) -> Sequence[int]:
        places, _ = index.retrieve(tokens([question]), k=TOP, show_progress=False)
        return [int(place) for place in places[0]]

    return search


def overlap() -> Search:
    """Rank by how many of the question's words a passage has, equal ones in order."""
    words = [set(_WORD.findall(passage.casefold())) for _, passage in corpus()]

    def search(question: str) -> Sequence[int]:
        asked = set(_WORD.findall(question.casefold()))
        return sorted(range(len(words)), key=lambda place: -len(asked & words[place]))[:TOP]

    return search
