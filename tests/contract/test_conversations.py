"""Contract of `ConversationStore`."""

import pytest

from lodeline.domain.assessment import AssessmentDraft, AssessmentError
from lodeline.domain.errors import NotFound
from lodeline.domain.ids import AssessmentId, ExperimentId, TraceId
from lodeline.domain.page import Page
from lodeline.domain.session import DEFAULT_SESSION_IDLE_S, Session, User
from lodeline.domain.trace import TraceInfo
from lodeline.domain.usage import TokenUsage
from lodeline.query.ast import Search
from lodeline.storage.base import Stores
from tests.contract.build import T0_MS, all_pages, at_ns, audit, judgment, make_experiment, search, span, write

ZERO = ExperimentId("0")


def session(stores: Stores, name: str, *, now_ms: int = T0_MS, experiment: str = "0") -> Session:
    return stores.conversations.session(ExperimentId(experiment), name, now_ms=now_ms)


def sessions(stores: Stores, text: str = "", *, order: str = "", limit: int = 2) -> list[str]:
    def fetch(one: Search) -> Page[Session]:
        return stores.conversations.sessions(one, now_ms=T0_MS)

    return [s.session for s in all_pages(fetch, search(text, entity="session", order=order, limit=limit))]


def users(stores: Stores, text: str = "", *, order: str = "", limit: int = 2) -> list[str]:
    first = search(text, entity="user", order=order, limit=limit)
    return [u.user for u in all_pages(stores.conversations.users, first)]


def test_a_session_is_what_its_traces_say(stores: Stores) -> None:
    stores.traces.write(
        [
            write("b", span(start_ms=1000, end_ms=9000, session="s", user="late", cost_usd=0.125)),
            write("a", span(start_ms=0, end_ms=100, session="s", status="ERROR", tokens=TokenUsage(2, 3))),
            write("c", span(start_ms=500, end_ms=600, session="s", user="early", cost_usd=0.25)),
            write("x", span(start_ms=-1, end_ms=99_999, session="other", user="early")),
        ]
    )
    assert session(stores, "s") == Session(
        ZERO, "s", "OPEN", first_ns=at_ns(0), last_ns=at_ns(9000), trace_count=3, error_count=1,
        tokens=TokenUsage(2, 3), cost_usd=0.375, user="early", faulty_count=1,
    )  # fmt: skip


def test_a_session_without_prices_or_users_has_none(stores: Stores) -> None:
    stores.traces.write([write("a", span(end_ms=None, session="s"))])
    found = session(stores, "s")
    assert (found.cost_usd, found.user, found.first_ns, found.last_ns) == (None, None, at_ns(0), at_ns(0))


def test_costs_past_64_bits_are_summed(stores: Stores) -> None:
    for number in range(20):
        spec = span("call", session="s", user="u", cost_usd=1e6)
        stores.traces.write([write(f"tr-{number}", spec)])
    (session,) = stores.conversations.sessions(search(entity="session"), now_ms=T0_MS).items
    (user,) = stores.conversations.users(search(entity="user")).items
    assert session.cost_usd == pytest.approx(2e7)
    assert user.cost_usd == session.cost_usd == stores.conversations.session(ZERO, "s", now_ms=T0_MS).cost_usd


def test_a_session_no_trace_names_is_not_found(stores: Stores) -> None:
    stores.traces.write([write("a", span(session="s", user="u"))])
    for experiment, name in (("0", "S"), ("0", ""), ("0", "u"), ("99", "s")):
        with pytest.raises(NotFound):
            session(stores, name, experiment=experiment)


def test_a_session_closes_when_idle_and_a_late_turn_opens_it_again(stores: Stores) -> None:
    stores.traces.write([write("a", span(end_ms=1000, session="s"))])
    idle_ms = DEFAULT_SESSION_IDLE_S * 1000
    last_open = T0_MS + 1000 + idle_ms - 1
    assert session(stores, "s", now_ms=last_open).state == "OPEN"
    assert session(stores, "s", now_ms=last_open + 1).state == "CLOSED"
    stores.traces.write([write("b", span(start_ms=idle_ms, end_ms=idle_ms + 5000, session="s"))])
    assert session(stores, "s", now_ms=last_open + 1).state == "OPEN"
    page = stores.conversations.sessions(search("state = 'CLOSED'", entity="session"), now_ms=last_open + 10**9)
    assert [s.session for s in page.items] == ["s"]
    assert sessions(stores, "state = 'OPEN'") == ["s"]


def test_one_name_in_two_experiments_is_two_sessions_and_users(stores: Stores) -> None:
    other = make_experiment(stores).experiment_id
    stores.traces.write(
        [write("a", span(session="s", user="u")), write("b", span(session="s", user="u"), experiment=other)]
    )
    assert session(stores, "s").trace_count == session(stores, "s", experiment=other).trace_count == 1
    both = ("0", other)
    page = stores.conversations.sessions(search(entity="session", experiments=both), now_ms=T0_MS)
    assert sorted((s.experiment_id, s.session) for s in page.items) == sorted([("0", "s"), (other, "s")])
    first = search(entity="user", experiments=both, limit=1)
    assert len(all_pages(stores.conversations.users, first)) == 2
    assert stores.conversations.users(search(entity="user", experiments=())).items == ()


def fill(stores: Stores) -> None:
    stores.traces.write(
        [
            write("a", span(start_ms=0, end_ms=10, session="s1", user="u1", tokens=TokenUsage(5), cost_usd=0.5)),
            write("b", span(start_ms=20, end_ms=30, session="s1", user="u2", status="ERROR")),
            write("c", span(start_ms=5, end_ms=50, session="s2", user="u1")),
            write("d", span(start_ms=40, end_ms=45, session="s3", tokens=TokenUsage(9))),
            write("e", span(start_ms=60, end_ms=70, user="u3")),
            write("f", span(start_ms=100, end_ms=200)),
        ]
    )


def test_sessions_are_listed_last_activity_first_and_page_without_gaps(stores: Stores) -> None:
    fill(stores)
    assert sessions(stores, limit=10) == ["s2", "s3", "s1"]
    assert sessions(stores, limit=1) == ["s2", "s3", "s1"]


def test_sessions_take_filters_and_orders(stores: Stores) -> None:
    fill(stores)
    for text, expected in (
        ("trace_count = 2", ["s1"]), ("error_count = 0", ["s2", "s3"]), ("id IN ('s1', 's3')", ["s3", "s1"]),
        ("user = 'u1'", ["s2", "s1"]), ("user IS NULL", ["s3"]),
        ("cost > 0.1", ["s1"]), ("cost IS NULL", ["s2", "s3"]),
        ("tokens.total >= 5", ["s3", "s1"]), ("duration >= 30ms", ["s2", "s1"]), ("id LIKE '%2'", ["s2"]),
        ("NOT state = 'OPEN'", []), ("first > '2026-09-21T14:13:20.003Z'", ["s2", "s3"]),
    ):  # fmt: skip
        assert (text, sessions(stores, text)) == (text, expected)
    assert sessions(stores, order="first") == ["s1", "s2", "s3"]
    assert sessions(stores, order="cost desc, id desc") == ["s1", "s3", "s2"]
    assert sessions(stores, order="trace_count") == ["s2", "s3", "s1"]


def test_turns_with_failed_spans_are_counted_whatever_became_of_the_turn(stores: Stores) -> None:
    failed = [span("tool", number, parent=1, status="ERROR") for number in (2, 3)]
    stores.traces.write(
        [
            write("a", span(session="s"), failed[0]),
            write("b", span(session="s"), *failed),
            write("c", span(session="s")),
            write("d", span(session="t", status="ERROR")),
            write("e", span(session="u", status="OK")),
        ]
    )
    counts = {each: (found.error_count, found.faulty_count) for each in "stu" for found in [session(stores, each)]}
    assert counts == {"s": (0, 2), "t": (1, 1), "u": (0, 0)}
    assert sessions(stores, "faulty_count > 0 AND error_count = 0") == ["s"]
    assert sessions(stores, order="faulty_count desc, id") == ["s", "t", "u"]


def log(stores: Stores, draft: AssessmentDraft, experiment: ExperimentId = ZERO) -> AssessmentId:
    logged, _ = stores.assessments.log(experiment, draft, by=None, now_ms=T0_MS, audit=audit())
    return logged.assessment_id


def judged(stores: Stores) -> None:
    """Four sessions: s1 solved, s2 not, s3 of two minds and once revised, s4 only judged by its turn."""
    stores.traces.write(
        [write(f"tr-{number}", span(start_ms=-number, session=f"s{number}")) for number in range(1, 5)]
    )
    log(stores, judgment(None, "reward", 1, session="s1", source="HUMAN"))
    log(stores, judgment(None, "reward", 0, session="s2"))
    log(stores, judgment(None, "tone", "rude", session="s2"))
    log(stores, judgment(None, "reward", True, session="s3"))
    first = log(stores, judgment(None, "reward", 5, session="s3"))
    log(stores, judgment(None, "reward", 0.5, session="s3", overrides=first))
    log(stores, judgment(None, "answer", "42", session="s3", kind="EXPECTATION"))
    log(stores, judgment(None, "safe", session="s3", error=AssessmentError("TIMEOUT")))
    gone = log(stores, judgment(None, "tone", "kind", session="s3"))
    stores.assessments.delete(gone, by=None, now_ms=T0_MS, audit=audit())
    log(stores, judgment("tr-4", "reward", 0))


def test_sessions_are_found_by_the_assessments_of_the_session_itself(stores: Stores) -> None:
    judged(stores)
    for text, expected in (
        ("feedback.reward = 0", ["s2"]), ("feedback.reward >= 0.5", ["s1", "s3"]), ("feedback.reward = true", ["s3"]),
        ("feedback.reward = 5", []), ("feedback.reward IS NULL", ["s4"]), ("feedback.tone IS NOT NULL", ["s2"]),
        ("NOT feedback.reward > 0", ["s2", "s4"]), ("feedback.tone LIKE 'r%'", ["s2"]),
        ("feedback.answer = '42'", []),
        ("expectation.answer = '42'", ["s3"]), ("feedback.safe IS NOT NULL AND NOT feedback.safe = 1", ["s3"]),
        ("assessment(name = 'reward' AND source = 'HUMAN')", ["s1"]), ("assessment.error = 'TIMEOUT'", ["s3"]),
        ("assessment(name = 'reward' AND number < 1)", ["s2", "s3"]), ("assessment.valid = false", ["s3"]),
        ("feedback.reward = 1 OR feedback.tone = 'rude'", ["s1", "s2"]), ("assessment.trace IS NOT NULL", []),
        ("feedback.reward > 0 AND trace_count = 1 AND feedback.safe IS NULL", ["s1"]),
    ):  # fmt: skip
        assert (text, sessions(stores, text, limit=1)) == (text, expected)


def test_sessions_are_ordered_by_the_mean_of_their_feedback(stores: Stores) -> None:
    judged(stores)
    assert sessions(stores, order="feedback.reward", limit=1) == ["s2", "s3", "s1", "s4"]
    assert sessions(stores, order="feedback.reward desc, id") == ["s1", "s3", "s2", "s4"]
    assert sessions(stores, "feedback.reward IS NOT NULL", order="feedback.reward") == ["s2", "s3", "s1"]
    assert sessions(stores, order="feedback.tone, id desc") == ["s4", "s3", "s2", "s1"]  # words are no numbers


def test_feedback_on_a_session_of_one_name_in_another_experiment_is_not_its(stores: Stores) -> None:
    other = make_experiment(stores).experiment_id
    stores.traces.write([write("a", span(session="s")), write("b", span(session="s"), experiment=other)])
    log(stores, judgment(None, "reward", 0, session="s"), other)
    text = search("feedback.reward = 0", entity="session", experiments=("0", other))
    page = stores.conversations.sessions(text, now_ms=T0_MS)
    assert [s.experiment_id for s in page.items] == [other]


def test_users_are_listed_last_activity_first_with_their_figures(stores: Stores) -> None:
    fill(stores)
    found = all_pages(stores.conversations.users, search(entity="user", limit=1))
    assert found == [
        User(ZERO, "u3", at_ns(60), at_ns(70), trace_count=1, error_count=0, session_count=0),
        User(ZERO, "u1", at_ns(0), at_ns(50), 2, 0, session_count=2, tokens=TokenUsage(5), cost_usd=0.5),
        User(ZERO, "u2", at_ns(20), at_ns(30), 1, 1, session_count=1),
    ]
    assert users(stores, "session_count >= 1") == ["u1", "u2"]
    assert users(stores, "error_count > 0 OR id = 'u3'", order="id desc") == ["u3", "u2"]


def test_equal_activity_is_completed_by_id(stores: Stores) -> None:
    stores.traces.write([write(name, span(session=name, user=name)) for name in ("b", "ä", "a", "B", "c")])
    assert sessions(stores, limit=1) == ["B", "a", "b", "c", "ä"]
    assert users(stores, limit=2) == ["B", "a", "b", "c", "ä"]
    assert sessions(stores, order="last", limit=2) == ["B", "a", "b", "c", "ä"]


def test_sessions_and_users_follow_every_change_of_their_traces(stores: Stores) -> None:
    stores.traces.write([write("a", span("child", 2, parent=1, start_ms=0, end_ms=90, session="s1", user="u1"))])
    stores.traces.write([write("b", span(start_ms=0, end_ms=10, session="s1", user="u1"))])
    assert session(stores, "s1").last_ns == at_ns(90)
    stores.traces.write([write("a", span("root", 1, start_ms=0, end_ms=95, session="s2", user="u2"))])
    assert (session(stores, "s1").trace_count, session(stores, "s1").last_ns) == (1, at_ns(10))
    assert (session(stores, "s2").trace_count, session(stores, "s2").last_ns) == (1, at_ns(95))
    assert sessions(stores) == ["s2", "s1"]
    assert users(stores) == ["u2", "u1"]
    stores.traces.write([write("a", info=TraceInfo(session="s3", duration_ns=1_000_000))])
    assert session(stores, "s3").last_ns == at_ns(1)
    assert sessions(stores) == ["s1", "s3"]
    stores.traces.delete([TraceId("a"), TraceId("b")], audit=audit())
    assert sessions(stores) == []
    assert users(stores) == []
    with pytest.raises(NotFound):
        session(stores, "s1")
