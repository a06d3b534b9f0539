"""The demonstration as a whole: its parts in the order in which they are loaded."""

from lodeline.demo.airline import airline_part
from lodeline.demo.answers import answers_part
from lodeline.demo.captures import captures_part
from lodeline.demo.frameworks import frameworks_part
from lodeline.demo.maths import maths_part
from lodeline.demo.pairs import pairs_part
from lodeline.demo.part import DemoPart
from lodeline.demo.rag import rag_part
from lodeline.demo.rubric import rubric_part
from lodeline.demo.summaries import summaries_part


def demo_parts() -> tuple[DemoPart, ...]:
    """Return every part; reading their files takes some tens of milliseconds."""
    return (
        captures_part(), frameworks_part(), rag_part(), airline_part(), maths_part(), pairs_part(), summaries_part(),
        answers_part(), rubric_part(),
    )  # fmt: skip
