"""``lodeline labeling report`` of a session that people reviewed."""

from pathlib import Path

import lodeline as sdk
from lodeline.domain.ids import TraceId
from lodeline.domain.labeling import ItemDraft, LabelingDraft, ReviewForm, ReviewPolicy, ReviewTarget
from lodeline.domain.run import RunDraft
from lodeline.domain.trace import TraceInfo
from tests.cli.conftest import Lodeline

ADA, BOB = "+++++-----++--+-", "++++------++--++"


def test_what_a_session_came_to_is_shown(store: Path, lodeline: Lodeline) -> None:
    with sdk.connect(store) as client:
        traces = [TraceId(f"tr-{number}") for number in range(len(ADA))]
        for trace_id in traces:
            client.traces.log_info(trace_id, TraceInfo(request=f"what is\nin {trace_id}?"), experiment="0")
        policy = ReviewPolicy(mode="named", require_all_answers=False)
        draft = LabelingDraft(RunDraft("labels"), (), reviewers=("ada", "bob"), policy=policy, state="OPEN")
        run_id = client.labeling.create(draft, "Feedback").run.run_id
        items = client.labeling_items.add(
            run_id,
            [
                ItemDraft(ReviewTarget("TRACE", trace_id=each), gold={"Feedback": True} if number < 2 else {})
                for number, each in enumerate(traces)
            ],
        ).item_ids
        for item, *values in zip(items, ADA, BOB, strict=True):
            for who, value in zip(("ada", "bob"), values, strict=True):
                form = ReviewForm({"Feedback": value == "+"}, duration_ms=12_000)
                client.reviews.submit(item, form, reviewer=who)
    shown = lodeline("labeling", "report", run_id, store=store)
    assert "items: 16 COMPLETE" in shown.out
    assert "32 reviews on 1 day, median 12 s, 300 an hour of work" in shown.out
    assert "2 of 2" in shown.out
    assert "Feedback: 32 answers" in shown.out
    assert "2 items are disputed" in shown.out
    (differ,) = (line for line in shown.out.splitlines() if line.startswith(items[4]))
    assert "what is in tr-4?" in differ
    assert "ada true, bob false" in differ
    assert "Fewer than 10 gold answers: ada, bob" in shown.err
    found = lodeline("labeling", "report", run_id, "--json", store=store).document()
    assert found["states"] == {"COMPLETE": 16}


def test_items_are_listed_by_what_went_into_their_traces(store: Path, lodeline: Lodeline) -> None:
    with sdk.connect(store) as client:
        for number in range(60):
            info = TraceInfo(request=None if number == 3 else f"what is\nin {number}?", session="chat")
            client.traces.log_info(f"tr-{number}", info, experiment="0")
        run_id = client.labeling.create(LabelingDraft(RunDraft("labels"), ()), "Feedback").run.run_id
        targets = [ReviewTarget("TRACE", trace_id=TraceId(f"tr-{number}")) for number in range(60)]
        pair = ReviewTarget("PAIR", trace_id=TraceId("tr-1"), other_trace_id=TraceId("tr-2"))
        targets += [pair, ReviewTarget("SESSION", session="chat")]
        client.labeling_items.add(run_id, [ItemDraft(target) for target in targets])
    rows = lodeline("labeling", "items", run_id, "--all", store=store).out.splitlines()[2:]
    about = ["tr-3" if number == 3 else f"what is in {number}?" for number in range(60)]
    assert [row.split("  ")[1] for row in rows] == [*about, "what is in 1?", "chat"]


def test_spans_that_nobody_marked_show_no_empty_tables(store: Path, lodeline: Lodeline) -> None:
    lodeline("labels", "create", "bad", "spans", "-o", "made up", store=store)
    lodeline("labeling", "create", "bad", "-n", "new", store=store)
    shown = lodeline("labeling", "report", "new", store=store)
    assert "bad: 0 answers" in shown.out
    assert "Agreement needs two people or more." in shown.out
    assert "coefficient" not in shown.out
    assert "reviewer" not in shown.out
    assert shown.err == ""
