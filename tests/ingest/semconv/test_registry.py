from pathlib import Path

from lodeline.ingest.semconv.registry import DIALECTS, claiming

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "reference" / "dialects.md"


def test_the_reference_lists_every_dialect_with_its_marks_in_order() -> None:
    rows = [line for line in DOCUMENTATION.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    documented = [tuple(cell.strip() for cell in row.split("|")[1:3]) for row in rows][: len(DIALECTS)]
    assert documented == [
        (f"`{dialect.name}`", ", ".join(f"`{mark.strip()}`" for mark in dialect.marks)) for dialect in DIALECTS
    ]


def test_names_are_unique_and_marks_begin_a_key() -> None:
    assert len({dialect.name for dialect in DIALECTS}) == len(DIALECTS)
    assert all(mark.startswith("\n") for dialect in DIALECTS for mark in dialect.marks)


def test_a_span_is_claimed_by_its_keys() -> None:
    assert [each.name for each in claiming("\nai.operationId\ngen_ai.system")] == ["vercel", "genai"]
    assert claiming("\nhttp.route\nmy.gen_ai.key") == ()
    long_names = "\nkey" * 5_000 + "\nmlflow.spanType"
    assert [each.name for each in claiming(long_names)] == ["mlflow"]
