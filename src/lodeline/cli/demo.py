"""``lodeline demo``: load the demonstration, and say what to try with it."""

import re
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lodeline.cli.demo_evaluations import load_evaluations, steps
from lodeline.cli.demo_labeling import labeling_steps, load_labeling
from lodeline.cli.options import DEFAULT_SERVER, Use, with_connection
from lodeline.cli.otlp_answer import partial_success
from lodeline.cli.output import Output, clean
from lodeline.cli.progress import counting
from lodeline.demo.airline import run_id as airline_run
from lodeline.demo.catalogue import demo_parts
from lodeline.demo.fingerprint import fingerprint
from lodeline.demo.maths import MODELS
from lodeline.demo.maths import run_id as maths_run
from lodeline.demo.pairs import run_id as pairs_run
from lodeline.demo.part import DemoPart
from lodeline.demo.rubric import run_id as rubric_run
from lodeline.domain.assessment import AssessmentDraft
from lodeline.domain.errors import Conflict, Deleted, Invalid, Unavailable
from lodeline.domain.experiment import Experiment

if TYPE_CHECKING:
    from lodeline.sdk.client.clients import LodelineClient

_BATCH = 200
_TRIES = 20
_LOADED = "lodeline.demo.loaded"
"""Tag of an experiment: the data that it was loaded from, once all of it is there."""
CAPTURES, FRAMEWORKS, RAG, AIRLINE, MATHS = "captures", "frameworks", "rag", "airline", "maths"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A command to try: what it shows, and its arguments after ``lodeline``."""

    title: str
    arguments: tuple[str, ...]


def load(
    use: Use,
    *,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="URL", help="Say the commands for a server that will serve the store there."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Send also what was loaded before, for what has been deleted since.")
    ] = False,
) -> None:
    """Load real example traces, judgments, evaluations and labeling sessions, and say what to try.

    Loading twice changes nothing; what was loaded whole is not sent again.

    With --json: one document of the experiments and of the commands to try.
    """
    parts = demo_parts()
    total = sum(map(_steps, parts))
    data = fingerprint()
    with counting(use.out, "loading the demonstration", total) as advance:
        experiments = {
            part.draft.tags["lodeline.demo"]: load_once(use.client, part, advance, data=data, again=again)
            for part in parts
        }
    suggested = [
        Suggestion(suggestion.title, (*suggestion.arguments, *(use.where if at is None else ())))
        for suggestion in suggestions(use.client, experiments)
    ]
    if use.out.as_json:
        use.out.document({"experiments": list(experiments.values()), "commands": suggested})
        return
    _tell(use.out, list(experiments.values()), suggested, at)


command = with_connection(load, makes_store=True)


def load_once(
    client: "LodelineClient", part: DemoPart, advance: Callable[[int], None], *, data: str, again: bool = False
) -> Experiment:
    """Load one part, unless all of it was loaded from the same `data`; `again` loads it whatever was."""
    known = _made(client, part)
    loaded = known.tags.get(_LOADED) == data
    if loaded and not again:
        advance(_steps(part))
        return known
    load_part(client, part, advance)
    return known if loaded else client.experiments.update(known.experiment_id, set_tags={_LOADED: data})


def load_part(client: "LodelineClient", part: DemoPart, advance: Callable[[int], None]) -> Experiment:
    """Load one part into its experiment, which is made when it is missing; return the experiment."""
    experiment = _made(client, part)
    for request in part.requests():
        _send(client, request, experiment.experiment_id)
        advance(1)
    for drafts in _batches(part.assessments()):
        _log(client, drafts, experiment.experiment_id)
        advance(len(drafts))
    load_evaluations(client, part, experiment.experiment_id, advance)
    load_labeling(client, part, experiment.experiment_id, advance)
    return experiment


def suggestions(client: "LodelineClient", experiments: dict[str, Experiment]) -> list[Suggestion]:
    """Return commands that show something in a loaded demonstration."""
    captures, frameworks = experiments[CAPTURES].name, experiments[FRAMEWORKS].name
    rag, airline, maths = experiments[RAG].name, experiments[AIRLINE].name, experiments[MATHS].name
    weak, verified = MODELS[:2]
    failed = _newest(client, captures, "state = 'ERROR'")
    judged = _newest(client, frameworks, "feedback.hallucination > 0.5")
    return [
        Suggestion("the experiments", ("experiments", "list")),
        Suggestion(
            "one recorded call, as eleven instrumentation libraries sent it",
            ("traces", "search", "-e", captures, "-f", "tags.call = 'test_agent_with_tools'"),
        ),
        Suggestion("everything that failed", ("traces", "search", "-f", "state = 'ERROR'")),
        Suggestion("a failed trace and its spans", ("traces", "get", failed, "--content")),
        Suggestion("a trace that a judge found to hallucinate, and why", ("traces", "get", judged)),
        Suggestion("its assessments alone", ("assessments", "list", "--trace", judged)),
        Suggestion(
            "the questions that the weaker retriever got wrong",
            ("traces", "search", "-e", rag, "-f", "model = 'overlap-top3' AND feedback.correctness = false"),
        ),
        Suggestion("the airline agent's conversations", ("sessions", "list", "-e", airline, "-n", "10")),
        Suggestion(
            "what was judged unsolved", ("assessments", "list", "-e", airline, "-f", "name = 'reward' AND value = 0")
        ),
        Suggestion(
            "turns in which a tool failed",
            ("traces", "search", "-e", airline, "-f", "span(name LIKE 'execute_tool %' AND status = 'ERROR')"),
        ),
        Suggestion("how often the agent solves a task in one trial", ("evaluations", "summary", str(airline_run()))),
        Suggestion(
            "and how often in all four", ("evaluations", "summary", str(airline_run()), "--reducer", "pass^4")
        ),
        Suggestion("four models' evaluations on the same 900 questions", ("runs", "list", "-e", maths)),
        Suggestion("what one of them scored", ("evaluations", "summary", str(maths_run(weak)))),
        Suggestion(
            "whether the verifier makes 6 billion parameters better, and the rows that got worse",
            ("evaluations", "compare", str(maths_run(weak)), str(maths_run(verified))),
        ),
        Suggestion("the questions as a dataset", ("datasets", "records", "gsm8k", "-e", maths, "-n", "3")),
        Suggestion("the labeling sessions", ("labeling", "list")),
        Suggestion(
            "how far three people agree on 672 pairs of responses, and two models with them",
            ("labeling", "report", str(pairs_run())),
        ),
        Suggestion("how far one judge agrees with itself", ("labeling", "report", str(rubric_run()))),
        Suggestion("full text", ("traces", "search", "-e", airline, "-f", "text ~ 'travel insurance refund'")),
    ]


def quoted(argument: str) -> str:
    """Return an argument as it is typed: in double quotes, which every shell takes, where that is enough."""
    if re.fullmatch(r"[\w./:=-]+", argument):
        return argument
    return f'"{argument}"' if not re.search(r'["$`\\!]', argument) else shlex.quote(argument)


def _steps(part: DemoPart) -> int:
    return part.request_count + part.assessment_count + steps(part) + labeling_steps(part)


def _made(client: "LodelineClient", part: DemoPart) -> Experiment:
    """Return the part's experiment, made when it is missing; Deleted when it was deleted."""
    draft = part.draft
    experiment = client.experiments.create(
        draft.name, description=draft.description, tags=draft.tags, client_key=draft.client_key
    )
    if experiment.lifecycle == "DELETED":
        raise Deleted(
            f"experiment {experiment.experiment_id} ({experiment.name}) of the demonstration is deleted; run "
            f"'lodeline experiments restore {experiment.experiment_id}', or purge it, and load again."
        )
    return experiment


def _send(client: "LodelineClient", request: bytes, experiment_id: str) -> None:
    for attempt in range(1, _TRIES + 1):
        try:
            refused, reason = partial_success(client.otlp.export(request, experiment=experiment_id))
            if refused:
                raise Conflict(
                    f"experiment {experiment_id} of the demonstration did not take spans ({reason.splitlines()[0]}); "
                    "load it into another store, or delete the traces that are in the way, then load again."
                )
            return
        except Unavailable as error:
            if attempt == _TRIES or error.error_code == "unreachable":
                raise
            time.sleep(min(error.retry_after_s, 5.0))


def _log(client: "LodelineClient", drafts: Sequence[AssessmentDraft], experiment_id: str) -> None:
    for item in client.assessments.log_many(drafts, experiment=experiment_id):
        if item.assessment is None:
            raise Invalid(f"an assessment of the demonstration was refused: {item.message}")


def _batches(drafts: Iterator[AssessmentDraft]) -> Iterator[list[AssessmentDraft]]:
    batch: list[AssessmentDraft] = []
    for draft in drafts:
        batch.append(draft)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _newest(client: "LodelineClient", experiment: str, filter: str) -> str:
    newest = client.traces.search(experiment=experiment, filter=filter).first()
    if newest is None:
        raise Deleted(
            f"the demonstration was loaded before, but traces of it were deleted since: {filter!r} finds nothing in "
            f"{experiment!r}; send again what was deleted with: lodeline demo --again"
        )
    return newest.trace_id


def _tell(out: Output, experiments: Sequence[Experiment], suggested: Sequence[Suggestion], at: str | None) -> None:
    out.say("Loaded:", "bold")
    for experiment in experiments:
        out.say(f"  {experiment.experiment_id}  {experiment.name}")
    out.say("")
    if at is None:
        out.say("Try:", "bold")
    else:
        out.say(f"Open {at} in a browser once it is served, or try in a second terminal, in the same folder:", "bold")
    for line in _before_commands(at):
        out.say(f"  {line}")
    for suggestion in suggested:
        out.say(f"  # {clean(suggestion.title)}", "dim")
        out.say(f"  lodeline {' '.join(map(quoted, suggestion.arguments))}")


def _before_commands(at: str | None) -> Iterator[str]:
    """Yield what a shell needs once so that it finds our command, and the command its server."""
    activate = Path(sys.executable).parent / "activate"
    if shutil.which("lodeline") is None and activate.is_file():
        here = Path.cwd()
        yield f"source {activate.relative_to(here) if activate.is_relative_to(here) else activate}"
    if at is not None and at != DEFAULT_SERVER:
        yield f"export LODELINE_URL={at}"
