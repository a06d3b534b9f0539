"""Traces: search, read, tag, delete, link to runs."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

from lodeline.domain.page import Page
from lodeline.domain.repricing import RepriceReport
from lodeline.domain.span import Span
from lodeline.domain.trace import DeleteReport, LinkReport, SpanHits, TagReport, Trace, TraceDetail, TraceInfo
from lodeline.domain.usage import picousd_to_usd
from lodeline.sdk.client.call import (
    LONG_S,
    Call,
    Listing,
    ModeT,
    Noun,
    call,
    given,
    listing,
    many,
    names,
    one,
    page_of,
    path_of,
    whole,
)

if TYPE_CHECKING:
    from lodeline.query.ast import Dialect


class Traces(Noun[ModeT]):
    """Calls about traces and their spans."""

    @listing
    def search(
        self,
        *,
        experiment: str | Sequence[str] | None = None,
        filter: str = "",
        order: str = "",
        dialect: "Dialect" = "lodeline",
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Listing[Trace]:
        """List traces that match a filter, newest start first, never with the content of their spans.

        `experiment` are ids or names; all in reach without.
        """
        params = {"experiment": names(experiment), "filter": filter, "order": order, "dialect": dialect}
        return Listing(path_of("traces"), Trace, params, limit, cursor)

    @call
    def follow(
        self,
        *,
        experiment: str | Sequence[str] | None = None,
        filter: str = "",
        dialect: "Dialect" = "lodeline",
        limit: int = 50,
        cursor: str | None = None,
    ) -> Call[Page[Trace]]:
        """Return a page of traces in the order of their arrival; without `cursor` the latest `limit` to arrive.

        The page's cursor gives what arrived since, now or later; nothing is missed or given twice.
        """
        params = {
            "experiment": names(experiment), "filter": filter, "dialect": dialect, "limit": limit, "cursor": cursor,
            "follow": True,
        }  # fmt: skip
        return Call("GET", path_of("traces"), page_of(Trace), params=params)

    @call
    def log_info(self, trace_id: str, info: TraceInfo, *, experiment: str | None = None) -> Call[Trace]:
        """Say what is known about a trace of an experiment (id or name) beside its spans, before or after they come.

        None stands for the experiment that has the trace, and for the default one when the trace is new.

        What is not None wins over what spans say; Conflict when the trace belongs to another experiment.
        """
        body = given(experiment=experiment, **_info(info))
        return Call("PUT", path_of("traces", trace_id, "info"), one(Trace), body=body)

    @call
    def get(self, trace_id: str) -> Call[TraceDetail]:
        """Return a trace with the tree of its spans and its assessments, without the spans' content."""
        return Call("GET", path_of("traces", trace_id), one(TraceDetail))

    @call
    def spans(self, trace_id: str, span_ids: Sequence[str] | None = None) -> Call[tuple[Span, ...]]:
        """Return whole spans, all or the known ones of `span_ids`; roots first, then by start."""
        return Call("GET", path_of("traces", trace_id, "spans"), many(Span), params={"ids": span_ids})

    @call
    def otlp(self, trace_id: str) -> Call[bytes]:
        """Return all spans as OTLP `TracesData` in protobuf, as they were sent: a body for `otlp.export`."""
        return Call("GET", path_of("traces", trace_id, "otlp"), whole, timeout_s=LONG_S)

    @call
    def find_spans(self, trace_id: str, text: str) -> Call[SpanHits]:
        """Return the ids of the spans that have each of the words somewhere in name, attributes or events."""
        return Call("GET", path_of("traces", trace_id, "spans", "find"), one(SpanHits), params={"text": text})

    @call
    def tag(self, trace_id: str, set_tags: Mapping[str, str], delete_tags: Sequence[str] = ()) -> Call[Trace]:
        """Set tags, then delete others; return the trace."""
        body = {"set": dict(set_tags), "delete": list(delete_tags)}
        return Call("PATCH", path_of("traces", trace_id, "tags"), one(Trace), body=body, repeat="always")

    @call
    def tag_many(
        self, trace_ids: Sequence[str], set_tags: Mapping[str, str], delete_tags: Sequence[str] = ()
    ) -> Call[TagReport]:
        """Set tags, then delete others, in up to 1,000 traces; the report names ids without a trace."""
        body = {"trace_ids": list(trace_ids), "set": dict(set_tags), "delete": list(delete_tags)}
        return Call("POST", path_of("traces", "tags"), one(TagReport), body=body, repeat="always", timeout_s=LONG_S)

    @call
    def delete_tag(self, trace_id: str, key: str) -> Call[Trace]:
        """Delete one tag, return the trace; an absent one is fine."""
        return Call("DELETE", path_of("traces", trace_id, "tags", key), one(Trace), repeat="always")

    @call
    def delete(self, trace_id: str) -> Call[DeleteReport]:
        """Delete a trace with its spans, assessments and attachments; NotFound when there is none."""
        return Call("DELETE", path_of("traces", trace_id), one(DeleteReport))

    @call
    def delete_many(self, trace_ids: Sequence[str]) -> Call[DeleteReport]:
        """Delete traces by id, at most 1,000; the report names unknown ids."""
        return self._deletion({"trace_ids": list(trace_ids)})

    @call
    def delete_matching(
        self,
        experiment: str | Sequence[str],
        *,
        filter: str = "",
        dialect: "Dialect" = "lodeline",
        max_traces: int = 1_000,
    ) -> Call[DeleteReport]:
        """Delete up to `max_traces` traces of experiments that match; the report says whether more do."""
        experiments = list(names(experiment) or ())
        return self._deletion(given(experiments=experiments, filter=filter, dialect=dialect, max_traces=max_traces))

    @call
    def reprice(
        self,
        experiment: str,
        *,
        filter: str = "",
        dialect: "Dialect" = "lodeline",
        max_traces: int = 1_000,
        dry_run: bool = False,
        cursor: str | None = None,
    ) -> Call[RepriceReport]:
        """Give traces of an experiment that match the costs that they have by the prices of today, newest first.

        Costs that programs reported stand. With `dry_run` nothing is changed: the report says what would be. One
        call looks at up to `max_traces` traces for a few seconds; the report's `cursor` goes on, None at the end.
        """
        body = given(
            experiment=experiment,
            filter=filter,
            dialect=dialect,
            max_traces=max_traces,
            dry_run=dry_run,
            cursor=cursor,
        )
        return Call(
            "POST", path_of("traces", "reprice"), one(RepriceReport), body=body, repeat="always", timeout_s=LONG_S
        )

    @call
    def link(self, run_id: str, trace_ids: Sequence[str]) -> Call[LinkReport]:
        """Link traces of one experiment to a run; links that exist stay."""
        body = {"run_id": run_id, "trace_ids": list(trace_ids)}
        return Call("POST", path_of("traces", "link"), one(LinkReport), body=body, repeat="always")

    def _deletion(self, body: Mapping[str, object]) -> Call[DeleteReport]:
        return Call("POST", path_of("traces", "delete"), one(DeleteReport), body=body, timeout_s=LONG_S)


def _info(info: TraceInfo) -> dict[str, object]:
    """Return what a client says as the API takes it: nanoseconds as text, the cost in dollars."""
    plain = {spec.name: getattr(info, spec.name) for spec in fields(info)}
    plain["cost_usd"] = picousd_to_usd(plain.pop("cost_picousd"))
    plain["tokens"] = None if info.tokens is None else info.tokens._asdict()
    plain["tags"], plain["metadata"] = dict(info.tags), dict(info.metadata)
    for name in ("start_ns", "duration_ns"):
        plain[name] = None if plain[name] is None else str(plain[name])
    return plain
