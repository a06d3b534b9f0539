"""Judges through the real client library: what they show, what they read, what becomes of failures."""

import asyncio
from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import orjson
import pytest

import lodeline
from lodeline.domain.assessment import AssessmentSource
from lodeline.domain.errors import Invalid
from lodeline.domain.scorer import Feedback, Sample, ScoredTrace
from lodeline.domain.span import JsonValue
from lodeline.evals.judges import (
    Judge,
    JudgeFailed,
    JudgeModel,
    JudgeReply,
    conversation_completeness,
    correctness,
    ensemble,
    groundedness,
    guidelines,
    make_judge,
    open_model,
    pairwise,
    relevance,
    safety,
)
from lodeline.evals.judges.ensemble_judge import combined
from lodeline.evals.judges.evidence import outline
from lodeline.evals.judges.verdict import verdict_of
from lodeline.evals.scoring.bound import as_scorer, scorer
from tests.evals.judges.provider import Answer, Answering, Provider, enveloped, giving, providing, replayed, saying
from tests.evals.real import DATA, captured, rows

GOOD = {"rationale": "It says so.", "value": True}


@contextmanager
def judging(answering: Answering, **options: Any) -> Generator[tuple[Provider, JudgeModel]]:
    with providing(answering) as provider:
        yield provider, open_model("openai:/gpt-4o", base_url=f"{provider.url}/v1", api_key="k", **options)


def shown(provider: Provider, number: int = 0) -> str:
    return provider.asked[number]["messages"][1]["content"]


def told(provider: Provider, number: int = 0) -> str:
    return provider.asked[number]["messages"][0]["content"]


def judged(judge: object, sample: Sample) -> Feedback:
    (found,) = asyncio.run(as_scorer(judge).score(sample))
    return found


def test_a_judge_of_your_own():
    with judging(saying({"rationale": "Clear enough.", "value": "somewhat clear"})) as (provider, model):
        judge = make_judge(
            "clarity",
            "How clear is {{ outputs }} as an answer to {{ inputs }}? Ignore {{outputs}}' length.",
            model,
            Literal["clear", "somewhat clear", "unclear"],
            direction="none",
        )
        found = judge(inputs={"question": "Why?"}, outputs={"response": "Because."})
    assert (found.value, found.rationale, found.name) == ("somewhat clear", "Clear enough.", "clarity")
    assert found.source == AssessmentSource("LLM_JUDGE", "openai:gpt-4o-2024-08-06")
    assert found.cost_usd == pytest.approx(0.0006)
    assert found.metadata["input_tokens"] == "68"
    assert {"model", "output_tokens", "latency_ms", "attempts", "cached"} <= set(found.metadata)
    assert told(provider).startswith('How clear is the data named "outputs" as an answer to the data named "inputs"?')
    assert 'name="outputs">\nBecause.\n' in shown(provider)
    assert 'name="inputs">\n{"question":"Why?"}\n' in shown(provider)
    schema = provider.asked[0]["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["value"] == {"type": "string", "enum": ["clear", "somewhat clear", "unclear"]}


def test_a_judge_is_a_scorer():
    with judging(saying(GOOD)) as (_, model):
        bound = as_scorer(correctness(model))
        assert (bound.definition.kind, bound.definition.value_kind) == ("JUDGE", "bool")
        assert (bound.definition.validated, bound.definition.validation) == (False, None)
        assert bound.definition.wants == ("inputs", "outputs", "expectations")
        assert not bound.blocking
        found = judged(bound, Sample(inputs="2+2?", outputs="4", expectations={"expected_response": "4"}))
    assert found.value is True
    assert found.source is not None
    assert found.source.kind == "LLM_JUDGE"


def test_the_digest_of_a_judge_is_of_what_it_asks():
    with judging(saying(GOOD)) as (_, model):
        digest = as_scorer(relevance(model)).definition.digest
        assert as_scorer(relevance(model, name="other")).definition.digest == digest
        assert as_scorer(safety(model)).definition.digest != digest
        warmer = open_model(
            "openai:/gpt-4o", base_url="http://u:secret@127.0.0.1:9", api_key="secret", temperature=1.0
        )
        assert as_scorer(relevance(warmer)).definition.digest != digest
        assert as_scorer(relevance(warmer)).definition.exact
        assert "secret" not in str(as_scorer(relevance(warmer)).definition)


@pytest.mark.parametrize(
    ("answering", "code"),
    [
        (replayed("openai-refusal"), "judge_refused"),
        (saying({"value": True}), "malformed_answer"),
        (saying({"rationale": "x", "value": "true"}), "malformed_answer"),
        (saying({"rationale": "x"}), "malformed_answer"),
        (replayed("openai-structured"), "malformed_answer"),
        (giving(Answer(404, b"{}")), "judge_rejected"),
    ],
)
def test_a_judge_that_fails_is_a_value(answering: Answering, code: str):
    with judging(answering) as (_, model):
        found = judged(relevance(model), Sample(inputs="a", outputs="b"))
    assert found.value is None
    assert found.error is not None
    assert found.error.code == code


@pytest.mark.parametrize(
    ("make", "sample", "code"),
    [
        (correctness, Sample(inputs="a", outputs="b"), "no_expectation"),
        (groundedness, Sample(inputs="a", outputs="b"), "no_documents"),
        (conversation_completeness, Sample(inputs="a"), "no_session"),
        (conversation_completeness, Sample(session=()), "no_session"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_asked(make: Any, sample: Sample, code: str):
    with judging(saying(GOOD)) as (provider, model):
        found = judged(make(model), sample)
    assert found.error is not None
    assert found.error.code == code
    assert provider.asked == []


def test_groundedness_shows_what_was_retrieved():
    trace = captured("nq-rag-app/bm25-top3.pb.gz")[0]
    with judging(saying(GOOD)) as (provider, model):
        assert judged(groundedness(model), Sample(inputs="q", outputs="a", trace=trace)).value is True
        assert judged(groundedness(model), Sample(inputs={"context": "the context"}, outputs="a")).value is True
    first = next(span for span in reversed(trace.spans) if span.view.documents).view.documents[0]
    assert f"[1] {first.content}" in shown(provider)
    assert "the context" in shown(provider, 1)


def test_guidelines_are_numbered_instructions():
    with judging(saying(GOOD)) as (provider, model):
        judge = guidelines(model, ["Be polite.", "Never promise {anything}."])
        assert judge(inputs="a", outputs="b").value is True
    assert "1. Be polite.\n2. Never promise {anything}.\n" in told(provider)
    assert "{{" not in told(provider)
    for bad in ([], [" "], ["{{ trace }}"], "Be polite."):
        with pytest.raises(Invalid, match="guidelines"):
            guidelines(model, bad)


def test_a_session_is_judged_as_a_conversation():
    file = sorted((DATA / "otlp" / "openinference-session").glob("*.pb.gz"))[0].name
    traces = captured(f"openinference-session/{file}")
    with judging(saying(GOOD)) as (provider, model):
        judge = conversation_completeness(model)
        assert as_scorer(judge).definition.wants == ("session",)
        assert judge(session=traces).value is True
    assert "user: " in shown(provider)
    assert "assistant: " in shown(provider)


def test_a_trace_is_shown_as_an_outline():
    trace = captured("nq-rag-app/bm25-top3.pb.gz")[0]
    with judging(saying({"rationale": "r", "value": 3})) as (provider, model):
        judge = make_judge("steps", "Rate {{ trace }}.", model, int, scale=(1, 5))
        assert judge(trace=trace).value == 3
    assert trace.root is not None
    assert f"- {trace.root.kind} {trace.root.name}" in shown(provider)
    text = outline(trace)
    assert sum(line.lstrip().startswith("- ") for line in text.splitlines()) == len(trace.spans)
    many = ScoredTrace(
        trace.trace,
        tuple(
            replace(trace.spans[0], span_id=type(trace.spans[0].span_id)(f"{n:016x}"), parent_id=None)
            for n in range(400)
        ),
    )
    assert "[… 100 spans left out …]" in outline(many)
    looped = ScoredTrace(trace.trace, (replace(trace.spans[0], parent_id=trace.spans[0].span_id),))
    assert "- " in outline(looped)


def scripted(request: Mapping[str, Any], verdict: Any) -> Answer:
    """Answer a pairwise question by what stands first and second in it."""
    text = request["messages"][1]["content"]
    first = text.split('name="first">\n')[1].split("\n</data-")[0]
    second = text.split('name="second">\n')[1].split("\n</data-")[0]
    return enveloped({"rationale": f"{first} against {second}", "value": verdict(first, second)})


def ours(first: str, second: str) -> str:
    return "first" if first == "ours" else "second"


def theirs(first: str, second: str) -> str:
    return "first" if first == "theirs" else "second"


def either(first: str, second: str) -> str:
    return "tie"


def the_place(first: str, second: str) -> str:
    return "first"


def sometimes(first: str, second: str) -> str:
    return "tie" if first == "ours" else "second"


@pytest.mark.parametrize(
    ("verdict", "value", "consistent"),
    [
        (ours, 1.0, "true"),
        (theirs, 0.0, "true"),
        (either, 0.5, "true"),
        (the_place, 0.5, "false"),
        (sometimes, 0.5, "false"),
    ],
)
def test_pairwise_asks_in_both_orders(verdict: Any, value: float, consistent: str):
    with judging(lambda request, number: scripted(request, verdict)) as (provider, model):
        judge = pairwise(model)
        sample = Sample(inputs="q", outputs="ours", expectations={"baseline_response": "theirs"})
        found = judged(judge, sample)
    assert found.value == value
    assert found.metadata["consistent"] == consistent
    assert found.metadata["input_tokens"] == "136"
    assert found.cost_usd == pytest.approx(0.0012)
    assert len(provider.asked) == 2
    assert "ours against theirs" in (found.rationale or "")


def test_pairwise_may_ask_once():
    with judging(saying({"rationale": "r", "value": "second"})) as (provider, model):
        found = pairwise(model, swap=False)(inputs="q", outputs="a", expectations={"baseline_response": "b"})
    assert (found.value, len(provider.asked)) == (0.0, 1)
    with pytest.raises(Invalid, match="criteria"):
        pairwise(model, criteria=" ")


def test_an_ensemble_takes_the_majority():
    def one_against(request: Mapping[str, Any], number: int) -> Answer:
        strict = "strictly" in request["messages"][0]["content"]
        return enveloped({"rationale": "no" if strict else "yes", "value": not strict})

    with judging(one_against) as (provider, model):
        members = [make_judge(f"j{n}", "Is {{ outputs }} good?", model) for n in range(2)]
        members.append(make_judge("strict", "Is {{ outputs }} strictly good?", model))
        judge = ensemble(members)
        found = judge(outputs="x")
        bound = judged(judge, Sample(outputs="x"))
    assert found.value is True
    assert bound.value is True
    assert found.confidence == pytest.approx(2 / 3)
    assert found.metadata == {"j0": "True", "j1": "True", "strict": "False"}
    assert found.cost_usd == pytest.approx(0.0018)
    assert len(provider.asked) == 6
    assert as_scorer(judge).definition.wants == ("outputs",)
    assert as_scorer(judge).definition.value_kind == "bool"


def test_an_ensemble_goes_on_without_who_failed_and_not_without_most():
    with judging(saying(GOOD)) as (_, model):
        working = make_judge("works", "{{ outputs }}?", model)

        @scorer
        def fails(outputs: str) -> bool:
            raise ValueError("broken")

        @scorer
        def agrees(outputs: str) -> bool:
            return True

        found = ensemble([working, agrees, fails])(outputs="x")
        assert found.value is True
        assert found.metadata["fails"] == "error: ValueError"
        with pytest.raises(JudgeFailed, match=r"1 of 2 judges gave a value; 2 are needed. fails: broken"):
            ensemble([working, fails])(outputs="x")
        assert ensemble([working, fails], least=1)(outputs="x").value is True


@pytest.mark.parametrize(
    ("votes", "combine", "value"),
    [
        ([True, False, True], "majority", (True, 2 / 3)),
        (["a", "b", "a"], "majority", ("a", 2 / 3)),
        ([1, 2, 4], "mean", (7 / 3, None)),
        ([1, 2, 4], "median", (2, None)),
        ([True, False], "mean", (0.5, None)),
        ([True, False], "all", (False, None)),
        ([True, False], "any", (True, None)),
    ],
)
def test_votes_are_combined(votes: list[JsonValue], combine: Any, value: tuple[JsonValue, float | None]):
    assert (
        combined(votes, combine) == pytest.approx(value) if combine == "mean" else combined(votes, combine) == value
    )


@pytest.mark.parametrize(("votes", "combine"), [([True, False], "majority"), (["a"], "mean"), ([1], "all")])
def test_votes_that_cannot_be_combined_are_an_error(votes: list[JsonValue], combine: Any):
    with pytest.raises((JudgeFailed, Invalid)):
        combined(votes, combine)


def test_bad_ensembles_are_refused():
    @scorer
    def fine(outputs: str) -> bool:
        return True

    unknown: Any = "vote"
    for bad in ([fine], [fine, fine]):
        with pytest.raises(Invalid, match="members"):
            ensemble(bad)

    @scorer
    def other(outputs: str) -> bool:
        return True

    with pytest.raises(Invalid, match="combine"):
        ensemble([fine, other], combine=unknown)
    with pytest.raises(Invalid, match="least"):
        ensemble([fine, other], least=3)


def test_a_judge_called_without_await_within_a_judge_is_refused():
    with judging(saying(GOOD)) as (_, model):
        inner = make_judge("inner", "{{ outputs }}?", model)

        @scorer
        def blocking(outputs: str) -> bool:
            return inner(outputs=outputs).value is True

        @scorer
        def fine(outputs: str) -> bool:
            return True

        with pytest.raises(JudgeFailed, match="await its call_async instead"):
            ensemble([blocking, fine])(outputs="x")


def test_the_judgments_of_a_real_judge_are_read():
    """GPT-4's scores and reasons for 16 answers, three times each, come through as they were given."""
    graded = list(rows(DATA / "evals" / "rubric-judgments.jsonl.gz"))
    said = [(score, text) for row in graded for score, text in zip(row["scores"], row["feedbacks"], strict=True)]

    def next_one(request: Mapping[str, Any], number: int) -> Answer:
        return enveloped({"rationale": said[number][1], "value": said[number][0]})

    with judging(next_one) as (_, model):
        read = [
            make_judge(
                "rubric", f"Rate {{{{ outputs }}}}. {row['rubric'].replace('{{', '')}", model, int, scale=(1, 5)
            )(outputs=row["response"])
            for row in graded
            for _ in row["scores"]
        ]
    assert [(found.value, found.rationale) for found in read] == said
    assert Counter(type(found.value) for found in read) == {int: 48}


@pytest.mark.parametrize(
    ("instructions", "options", "message"),
    [
        ("No variable.", {}, "at least one variable"),
        ("{{ output }}", {}, "variables among inputs, outputs"),
        ("", {}, "characters"),
        ("{{ session }} {{ conversation }}", {}, "are the same"),
        ("{{ outputs }}", {"feedback_value_type": dict}, "value_type"),
        ("{{ outputs }}", {"feedback_value_type": Literal["a", 1]}, "value_type"),
        ("{{ outputs }}", {"feedback_value_type": bool, "scale": (1, 5)}, "scale"),
        ("{{ outputs }}", {"feedback_value_type": int, "scale": (5, 1)}, "scale"),
        ("{{ outputs }}", {"model": "gpt-4o"}, "a provider and a model"),
    ],
)
def test_bad_judges_are_refused_at_once(instructions: str, options: dict[str, Any], message: str):
    given: dict[str, Any] = {"model": "openai:/gpt-4o", **options}
    with pytest.raises(Invalid, match=message):
        make_judge("j", instructions, **given)


@pytest.mark.parametrize(
    ("value_type", "scale", "given", "value"),
    [
        (bool, None, True, True),
        (bool, None, 1, None),
        (int, None, 3.0, 3),
        (int, None, 3.5, None),
        (int, None, True, None),
        (int, (1, 5), 6, None),
        (float, (0, 1), 0.5, 0.5),
        (float, None, "0.5", None),
        (str, None, "x", "x"),
        (str, None, None, None),
        (Literal["a", "b"], None, "c", None),
        (Literal[1, 2], None, 2, 2),
        (Literal[1, 2], None, 3, None),
    ],
)
def test_answers_are_held_against_the_type(value_type: Any, scale: Any, given: JsonValue, value: JsonValue):
    verdict = verdict_of(value_type, scale)
    reply = JudgeReply({"rationale": "r", "value": given}, "m")
    if value is None:
        with pytest.raises(JudgeFailed, match="is not"):
            verdict.read(reply)
    else:
        assert verdict.read(reply) == (value, "r")


def test_the_public_names_work(tmp_path: Path):
    with providing(saying(GOOD)) as provider:
        judge = lodeline.make_judge(
            "good", "Is {{ outputs }} good?", "openai:/gpt-4o", base_url=f"{provider.url}/v1", api_key="k"
        )
        assert isinstance(judge, Judge)
        assert judge(outputs="x").value is True
    assert lodeline.Feedback is Feedback
    assert lodeline.scorer is scorer
    assert orjson.dumps(as_scorer(judge).definition)
