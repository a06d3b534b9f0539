"""Examples that a judge is shown: what people judged, and their verdict.

What was judged stays data, set off like that of the case itself, for it comes from traces. The verdicts stand in the
instructions, so free text, which could itself instruct, cannot be one.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from lodeline.domain.canonical import digest_of
from lodeline.evals.judges.model import DataBlock

MAX_EXAMPLES = 20
MAX_BLOCK = 8_000
"""Characters of one block of an example: the middle of a longer one is left out."""


@dataclass(frozen=True, slots=True)
class JudgeExample:
    """A case that people judged: the evidence as the judge sees it, their value, and what they said of it."""

    data: tuple[DataBlock, ...]
    value: bool | int | float | str
    reason: str = ""

    @property
    def digest(self) -> str:
        """What tells one example from another."""
        return digest_of([[block.label, block.text] for block in self.data] + [self.value, self.reason])


def with_examples(instructions: str, examples: Sequence[JudgeExample]) -> str:
    """Return instructions that name the examples and people's verdicts on them."""
    if not examples:
        return instructions
    lines = [
        f"- example {number}: {json.dumps(example.value)}"
        + (f', for the reason in "example {number} reason"' if example.reason else "")
        for number, example in enumerate(examples, 1)
    ]
    told = (
        'Before what is to be judged stand examples, the data named "example 1 …" and so on. People judged them, and '
        "the right values are:\n\n"
    )
    return f"{instructions.strip()}\n\n{told}" + "\n".join(lines) + "\n\nJudge as they did; judge only the last case."


def example_blocks(examples: Sequence[JudgeExample]) -> tuple[DataBlock, ...]:
    """Return the examples as data, each block named after its example."""
    found: list[DataBlock] = []
    for number, example in enumerate(examples, 1):
        found += [DataBlock(f"example {number} {block.label}", cut(block.text)) for block in example.data]
        if example.reason:
            found.append(DataBlock(f"example {number} reason", cut(example.reason)))
    return tuple(found)


def cut(text: str) -> str:
    """Return a text of at most `MAX_BLOCK` characters and a note."""
    left_out = len(text) - MAX_BLOCK
    if left_out <= 0:
        return text
    half = MAX_BLOCK // 2
    return f"{text[:half]}\n[… {left_out:,} characters left out …]\n{text[-half:]}"
