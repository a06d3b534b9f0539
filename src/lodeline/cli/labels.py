"""``lodeline labels``: make, show and change label schemas."""

from dataclasses import replace
from typing import Annotated

import typer

from lodeline.cli.naming import choice_of, confirm
from lodeline.cli.options import Use, YesOption, command
from lodeline.domain.label_schema import (
    INPUT_KINDS,
    LabelInput,
    LabelKind,
    LabelSchema,
    LabelSchemaDraft,
)
from lodeline.domain.text_span import MARKED_PARTS

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Make, show and change label schemas.")

MaxLengthOption = Annotated[int | None, typer.Option("--max-length", help="Most characters of a text.")]
MaxCountOption = Annotated[int | None, typer.Option("--max-count", help="Most texts of a list, or most spans.")]
NameArgument = Annotated[str, typer.Argument(help="The label schema's name.")]
HomeOption = Annotated[
    str, typer.Option("--experiment", "-e", metavar="ID-or-NAME", help="The experiment that has it.")
]


@command(app, "list")
def list_schemas(use: Use, *, experiment: HomeOption = "0") -> None:
    """List the label schemas of an experiment, by name."""
    found = use.client.label_schemas.list(experiment=experiment)
    if use.out.as_json:
        use.out.lines(found)
        return
    use.out.table(
        ("name", "version", "kind", "input", "title"),
        [(item.name, item.version, item.kind, _shown(item.input), item.title) for item in found],
    )


@command(app, "create", makes_store=True)
def create(
    use: Use,
    name: NameArgument,
    input: Annotated[str, typer.Argument(help=f"How it is answered: {', '.join(INPUT_KINDS)}.")],
    *,
    experiment: HomeOption = "0",
    expectation: Annotated[
        bool, typer.Option("--expectation", help="Answers say what the output should have been.")
    ] = False,
    title: Annotated[str, typer.Option("--title", help="The question that people read.")] = "",
    instruction: Annotated[str | None, typer.Option("--instruction", help="How to judge.")] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", "-o", help="Of a categorical, or a label of spans; repeatable.")
    ] = None,
    marks: Annotated[
        str, typer.Option("--marks", help="What spans are marked in: response or request.")
    ] = "response",
    multi: Annotated[bool, typer.Option("--multi", help="Any number of the options.")] = False,
    min: Annotated[float | None, typer.Option("--min", help="The least number.")] = None,
    max: Annotated[float | None, typer.Option("--max", help="The greatest number.")] = None,
    positive: Annotated[str, typer.Option("--positive", help="The name of the better answer of pass_fail.")] = "Pass",
    negative: Annotated[str, typer.Option("--negative", help="The name of the worse answer of pass_fail.")] = "Fail",
    ordered: Annotated[bool, typer.Option("--ordered", help="The options go from the least to the most.")] = False,
    max_length: MaxLengthOption = None,
    max_count: MaxCountOption = None,
    comments: Annotated[bool, typer.Option("--comments", help="People may comment.")] = False,
) -> None:
    """Make a label schema: what people are asked, and which answers are sound."""
    plain = LabelInput(choice_of(input, INPUT_KINDS, "input"))
    given = replace(
        plain,
        positive_label=positive,
        negative_label=negative,
        options=tuple(option or ()),
        multi_select=multi,
        ordered=ordered,
        min_value=min,
        max_value=max,
        max_length=max_length,
        max_count=max_count,
        marks=choice_of(marks, MARKED_PARTS, "--marks"),
    )
    kind: LabelKind = "EXPECTATION" if expectation else "FEEDBACK"
    draft = LabelSchemaDraft(name, kind, given, title, instruction, comments)
    made = use.client.label_schemas.create(draft, experiment=experiment)
    if use.out.as_json:
        use.out.document(made)
    use.out.say(f"Made label schema {made.name} ({made.schema_id}).")


@command(app, "get")
def get(use: Use, name: NameArgument, *, experiment: HomeOption = "0") -> None:
    """Show a label schema."""
    found = use.client.label_schemas.find(name, experiment=experiment)
    if use.out.as_json:
        use.out.document(found)
        return
    use.out.pairs(
        (
            ("name", found.name),
            ("id", found.schema_id),
            ("version", found.version),
            ("kind", found.kind),
            ("input", _shown(found.input)),
            ("title", found.title),
            ("instruction", found.instruction),
            ("comments", "yes" if found.enable_comment else "no"),
            ("direction", found.direction),
        )
    )


@command(app, "update")
def update(
    use: Use,
    name: NameArgument,
    *,
    experiment: HomeOption = "0",
    title: Annotated[str | None, typer.Option("--title", help="The question that people read.")] = None,
    instruction: Annotated[str | None, typer.Option("--instruction", help="How to judge; empty for none.")] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", "-o", help="All options of a categorical, or labels of spans; repeatable."),
    ] = None,
    min: Annotated[float | None, typer.Option("--min", help="The least number.")] = None,
    max: Annotated[float | None, typer.Option("--max", help="The greatest number.")] = None,
    marks: Annotated[
        str | None, typer.Option("--marks", help="What spans are marked in: response or request.")
    ] = None,
    max_length: MaxLengthOption = None,
    max_count: MaxCountOption = None,
    comments: Annotated[
        bool | None, typer.Option("--comments/--no-comments", help="Whether people may comment.")
    ] = None,
) -> None:
    """Make another version of a label schema; sessions keep the version that they have."""
    found = use.client.label_schemas.find(name, experiment=experiment)
    asked = found.input
    given = replace(
        asked,
        options=asked.options if option is None else tuple(option),
        min_value=asked.min_value if min is None else min,
        max_value=asked.max_value if max is None else max,
        max_length=asked.max_length if max_length is None else max_length,
        max_count=asked.max_count if max_count is None else max_count,
        marks=asked.marks if marks is None else choice_of(marks, MARKED_PARTS, "--marks"),
    )
    changed = use.client.label_schemas.update(
        found.schema_id,
        title=title,
        instruction=instruction,
        enable_comment=comments,
        input=None if given == asked else given,
    )
    if use.out.as_json:
        use.out.document(changed)
    use.out.say(f"Label schema {changed.name} is in version {changed.version}.")


@command(app, "delete")
def delete(use: Use, name: NameArgument, *, experiment: HomeOption = "0", yes: YesOption = False) -> None:
    """Take a label schema out of lists for good; sessions keep what they have."""
    found: LabelSchema = use.client.label_schemas.find(name, experiment=experiment)
    confirm(f"Delete label schema {found.name}?", yes=yes)
    use.client.label_schemas.delete(found.schema_id)
    use.out.say(f"Deleted label schema {found.name}.")


def _shown(given: LabelInput) -> str:
    match given.kind:
        case "pass_fail":
            return f"{given.positive_label} or {given.negative_label}"
        case "categorical":
            return ("any of " if given.multi_select else "one of ") + ", ".join(given.options)
        case "numeric":
            least = "-∞" if given.min_value is None else f"{given.min_value:g}"
            return f"a number from {least} to {'∞' if given.max_value is None else f'{given.max_value:g}'}"
        case "text":
            return "text"
        case "text_list":
            return "a list of texts"
        case "spans":
            return f"spans of the {given.marks}: " + ", ".join(given.options)
