"""A labeling session that a team has worked on: for the journeys and the pictures of its pages.

Its traces are answers of the demonstration's maths models; who said what of them is made up here, by a rule.
"""

from lodeline.domain.assessment import AssessmentDraft, AssessmentSource, AssessmentTarget
from lodeline.domain.errors import NotFound
from lodeline.domain.label_schema import LabelInput, LabelSchemaDraft
from lodeline.domain.labeling import ItemDraft, LabelingDraft, ReviewForm, ReviewPolicy, ReviewTarget
from lodeline.domain.run import RunDraft
from lodeline.sdk.client.clients import LodelineClient
from tests.browser.sending import id_of, send, span

NAME = "journey: answers under review"
WEEK = "answers of week 48"
MATHS = "demo: maths, four models"
REVIEWERS = ("ada", "grace", "alan")
JUDGE = "openai:/gpt-4o-mini"
ITEMS = 36
OPEN = 4
"""Items at the end of the list that nobody has reviewed."""
SCHEMAS = (
    LabelSchemaDraft(
        "correct", "FEEDBACK", LabelInput("pass_fail", "Right", "Wrong"), "Is the final answer right?",
        "Look at the last line alone.", enable_comment=True,
    ),
    LabelSchemaDraft(
        "reasoning", "FEEDBACK", LabelInput("categorical", options=("none", "gaps", "sound"), ordered=True),
        "How does it get there?",
    ),
    LabelSchemaDraft(
        "effort", "FEEDBACK", LabelInput("numeric", min_value=1, max_value=5), "How hard is it to follow?"
    ),
    LabelSchemaDraft(
        "expected_response", "EXPECTATION", LabelInput("text"), "What should it say?", direction="none"
    ),
)  # fmt: skip


def labeled(url: str, client: LodelineClient) -> tuple[str, str]:
    """Return the ids of the experiment and the session, which are made when they are not there yet."""
    try:
        found = client.experiments.find(NAME).experiment_id
    except NotFound:
        return _made(url, client)
    # Journeys make further sessions beside it.
    return found, next(
        each.run.run_id for each in client.labeling.list(experiment=found).all() if each.run.name == WEEK
    )


def _made(url: str, client: LodelineClient) -> tuple[str, str]:
    own = client.experiments.create(NAME).experiment_id
    answers = client.traces.search(experiment=MATHS, limit=ITEMS).all()
    for number, answer in enumerate(answers):
        attributes = {"input.value": answer.request or "", "output.value": answer.response or ""}
        send(url, own, span(f"reviewed {number}", 0, "answer", start_ms=number, attributes=attributes))
        judged = AssessmentDraft(
            AssessmentTarget(trace_id=id_of(f"reviewed {number}")),
            "correct",
            "FEEDBACK",
            AssessmentSource("LLM_JUDGE", JUDGE, "v1" if number < ITEMS // 2 else "v2"),
            value=number % 3 != 0 if number % 7 else number % 2 == 0,
            confidence=0.55 + (number % 9) / 20,
        )
        client.assessments.log(judged)
    for schema in SCHEMAS:
        client.label_schemas.create(schema, experiment=own)
    draft = LabelingDraft(
        RunDraft(WEEK),
        (),
        "Judge the **answer**. Where you cannot tell, decline and say why.",
        reviewers=REVIEWERS,
        policy=ReviewPolicy(2, min_agreement=1.0, require_all_answers=False, fields=("request", "response", "spans")),
        state="OPEN",
    )
    run_id = client.labeling.create(draft, [each.name for each in SCHEMAS], experiment=own).run.run_id
    targets = [ReviewTarget("TRACE", trace_id=id_of(f"reviewed {number}")) for number in range(ITEMS)]
    gold = [{"correct": number % 3 != 0} if number % 12 == 1 else {} for number in range(ITEMS)]
    items = client.labeling_items.add(
        run_id, [ItemDraft(target, gold=known) for target, known in zip(targets, gold, strict=True)]
    ).item_ids
    for number, item_id in enumerate(items[: ITEMS - OPEN]):
        for place, reviewer in enumerate((*REVIEWERS, *REVIEWERS)[number % 3 : number % 3 + 2]):
            client.reviews.submit(item_id, _form(number, REVIEWERS.index(reviewer), place), reviewer=reviewer)
    return own, run_id


def _form(number: int, who: int, place: int) -> ReviewForm:
    """Return what a reviewer says: they mostly say the same, and one of them is a little kinder."""
    differs = place == 1 and number % 8 == 3
    right = (number % 3 != 0) != differs
    return ReviewForm(
        answers={
            "correct": right,
            "reasoning": "sound" if right else ("none", "gaps", "gaps")[(number // 3) % 3],
            "effort": min(5, 1 + number % 4 + (1 if who == 2 and number % 8 == 3 else 0)),
            **({} if right else {"expected_response": f"The answer to number {number}."}),
        },
        comments={"correct": "The last step is wrong."} if differs and not right else {},
        duration_ms=9_000 + 1_700 * (number % 11) + 4_000 * who,
    )
