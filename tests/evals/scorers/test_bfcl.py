"""Eight models' tool calls on the cases of the Berkeley leaderboard: our verdict against the one recorded there."""

from collections import Counter

from tests.evals.bfcl import DIFFERING, MODELS, SCORER, cases, expected, given, needs_data, results

pytestmark = needs_data


def test_our_verdict_is_the_recorded_one():
    judged = 0
    passed: Counter[tuple[str, str]] = Counter()
    others: list[tuple[str, str, bool, str]] = []
    for model in MODELS:
        for row in results(model):
            wanted = expected(cases()[row["id"]])
            found = SCORER(outputs=given(row["result"]), expectations={"expected_tool_calls": wanted})
            judged += 1
            passed[(row["model"], row["category"])] += bool(found.value)
            if found.value is not row["valid"]:
                others.append((row["id"], row["model"], row["valid"], found.rationale or ""))
    listed = "\n".join(f"{case} of {model}: recorded {valid}. {why}" for case, model, valid, why in others)
    assert judged == 8_320
    assert Counter((case, valid) for case, _, valid, _ in others) == DIFFERING, listed
    assert passed["claude-3-haiku-20240307-FC", "parallel_multiple"] == 0
    assert passed["gpt-4o-2024-08-06-FC", "simple"] == 366 + 4 - 1
