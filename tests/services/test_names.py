"""Versions and runs that a filter of traces asks for by their names."""

from collections.abc import Iterator

import pytest

from lodeline.auth.actor import LOCAL, Actor
from lodeline.domain.assessment import AssessmentDraft, AssessmentSource, AssessmentTarget
from lodeline.domain.errors import Invalid
from lodeline.domain.ids import AccountId, ExperimentId, ModelId, RunId, TraceId
from lodeline.domain.model import ModelDraft
from lodeline.domain.run import RunDraft
from lodeline.domain.span import ResourceFacts
from lodeline.services import name_hints, names
from lodeline.services.bundle import Services
from lodeline.services.listing import ListQuery
from tests.contract.build import span, write
from tests.services.bundled import make, services_over

ADA = Actor("account", "ada", AccountId("acc-2"), roles={ExperimentId("1"): "viewer"})


@pytest.fixture(params=["memory:", "sqlite:{}"])
def services(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Experiments 1 and 2 each hold a version "cook-1" and a trace of it; 1 also traces that say only the name."""
    with services_over(str(request.param).format(tmp_path_factory.mktemp("names") / "store")) as opened:
        for number in ("1", "2"):
            make(opened, f"app {number}")
            made = opened.models.create(LOCAL, number, ModelDraft("cook-1", model_id=ModelId(f"m-{number}")))
            send(opened, f"by-id-{number}", number, made.model_id)
        send(opened, "by-name", "1", "cook-2")
        send(opened, "none", "1", None)
        yield opened


def send(services: Services, trace_id: str, experiment: str, model: str | None) -> None:
    resource = ResourceFacts(model_id=model)
    services.stores.traces.write([write(trace_id, span(resource=resource), experiment=experiment)])


def found(services: Services, text: str, actor: Actor = LOCAL, *experiments: str) -> list[str]:
    return sorted(trace.trace_id for trace in services.traces.search(actor, ListQuery(experiments, text)).items)


def test_a_version_is_found_by_its_name_where_the_traces_are(services: Services) -> None:
    assert found(services, "model = 'cook-1'") == ["by-id-1", "by-id-2"]
    assert found(services, "model = 'cook-1'", LOCAL, "app 1") == ["by-id-1"]
    assert found(services, "model = 'cook-1'", ADA) == ["by-id-1"]
    assert found(services, "model IN ('m-2', 'cook-1')", LOCAL, "2") == ["by-id-2"]
    assert found(services, "NOT (model = 'cook-1' OR name = 'x')", LOCAL, "1") == ["by-name", "none"]
    assert found(services, "model != 'cook-1'", LOCAL, "1") == ["by-name"]
    assert found(services, "model NOT IN ('cook-1', 'cook-2')") == []
    assert services.analytics.count(LOCAL, ListQuery(filter="model = 'cook-1'")).count == 2


def test_what_traces_say_themselves_and_ids_mean_what_they_meant(services: Services) -> None:
    assert found(services, "model = 'cook-2'") == ["by-name"]
    later = services.models.create(LOCAL, "1", ModelDraft("cook-2")).model_id
    assert found(services, "model = 'cook-2'") == ["by-name"]
    send(services, "later", "1", later)
    assert found(services, "model = 'cook-2'") == ["by-name", "later"]
    assert found(services, f"model = '{later}'") == ["later"]
    services.models.create(LOCAL, "2", ModelDraft(later, model_id=ModelId("m-imposter")))
    send(services, "imposter", "2", "m-imposter")
    assert found(services, f"model = '{later}'") == ["later"]
    assert found(services, "model LIKE 'cook-1%' OR span.model = 'cook-1'") == []


def test_a_deleted_version_is_found_by_its_id_alone(services: Services) -> None:
    services.models.delete(LOCAL, ModelId("m-1"))
    assert found(services, "model = 'cook-1'") == ["by-id-2"]
    assert found(services, "model = 'm-1'") == ["by-id-1"]


def test_a_run_is_found_by_its_name(services: Services) -> None:
    ids = [services.runs.create(LOCAL, "1", RunDraft("nightly")).run_id for _ in range(2)]
    for run_id, trace_id in zip(ids, ("by-name", "none"), strict=True):
        services.traces.link_run(LOCAL, run_id, [TraceId(trace_id)])
    assert found(services, "run = 'nightly'") == ["by-name", "none"]
    assert found(services, "run = 'nightly' AND model = 'cook-2'") == ["by-name"]
    assert found(services, f"run = '{ids[1]}'") == ["none"]
    assert found(services, "run = 'nightly'", LOCAL, "2") == []


def test_a_name_that_too_many_have_is_refused(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "MAX_NAMED", 4)
    for number in range(3):
        services.runs.create(LOCAL, "1", RunDraft("nightly", run_id=RunId(f"r-{number}")))
    assert found(services, "run = 'nightly' AND run != 'r-0'") == []
    assert found(services, "run = 'nightly' OR model = 'cook-1'", LOCAL, "1") == ["by-id-1"]
    for text in (
        "run = 'nightly' OR run != 'nightly'",
        "run IN ('nightly', 'x') AND NOT run IN ('nightly', 'y')",
        "run = 'nightly' AND model = 'cook-1'",
    ):
        with pytest.raises(Invalid, match=r"stand for more than 4 ids, each counted .*; give ids"):
            found(services, text)
    assert found(services, "run = 'nightly' AND model = 'cook-1'", LOCAL, "1") == []


def test_names_are_counted_as_often_as_a_filter_says_them(services: Services) -> None:
    for _ in range(40):
        services.models.create(LOCAL, "1", ModelDraft("many"))
    assert found(services, " OR ".join(["model = 'many'"] * 25)) == []
    with pytest.raises(Invalid, match="more than 1,000 ids"):
        found(services, " OR ".join(["model = 'many'"] * 26))


def test_as_many_names_are_looked_up_as_a_list_takes(services: Services) -> None:
    many = ", ".join(f"'{number:x}'" for number in range(2_500))
    assert found(services, f"model IN ('m-1', {many})") == ["by-id-1"]
    assert found(services, f"model IN ({many}, 'cook-1')") == ["by-id-1", "by-id-2"]
    assert found(services, f"model NOT IN ({many}, 'cook-1')") == ["by-name"]


def test_an_id_of_another_experiment_tells_nothing_and_takes_no_name_away(services: Services) -> None:
    run_id = services.runs.create(LOCAL, "1", RunDraft("hidden")).run_id
    services.traces.link_run(LOCAL, run_id, [TraceId("none")])
    services.runs.create(LOCAL, "2", RunDraft("evil", run_id=RunId("hidden")))
    services.models.create(LOCAL, "2", ModelDraft("evil", model_id=ModelId("cook-1")))
    for actor, experiments in ((ADA, ()), (ADA, ("1",)), (LOCAL, ("1",))):
        assert found(services, "run = 'hidden'", actor, *experiments) == ["none"]
        assert found(services, "model = 'cook-1'", actor, *experiments) == ["by-id-1"]
    assert found(services, "run = 'hidden'") == []
    assert found(services, "model = 'cook-1'", LOCAL, "2") == []


def test_pages_go_on_behind_a_name(services: Services) -> None:
    query = ListQuery(filter="model = 'cook-1'", limit=1)
    first = services.traces.search(LOCAL, query)
    assert first.cursor is not None
    rest = services.traces.search(LOCAL, ListQuery(filter="model = 'cook-1'", limit=1, cursor=first.cursor))
    assert {first.items[0].trace_id, rest.items[0].trace_id} == {"by-id-1", "by-id-2"}


@pytest.mark.parametrize("follow", [False, True])
def test_pages_go_on_when_a_version_of_the_name_is_made(services: Services, *, follow: bool) -> None:
    listed = services.traces.follow if follow else services.traces.search
    first = listed(LOCAL, ListQuery(filter="model = 'cook-1'", limit=1))
    made = services.models.create(LOCAL, "1", ModelDraft("cook-1")).model_id
    send(services, "later", "1", made)
    second = listed(LOCAL, ListQuery(filter="model = 'cook-1'", limit=5, cursor=first.cursor))
    assert [trace.trace_id for trace in second.items] == ["later" if follow else "by-id-1"]
    services.models.delete(LOCAL, made)
    services.models.delete(LOCAL, ModelId("m-1"))
    services.models.delete(LOCAL, ModelId("m-2"))
    last = listed(LOCAL, ListQuery(filter="model = 'cook-1'", limit=5, cursor=first.cursor))
    assert last.items == ()
    with pytest.raises(Invalid, match="does not belong to this list"):
        listed(LOCAL, ListQuery(filter="model = 'cook-2'", limit=5, cursor=first.cursor))


def hinted(services: Services, text: str, actor: Actor = LOCAL, *experiments: str) -> tuple[str, ...]:
    return services.traces.search(actor, ListQuery(experiments, text)).hints


def test_a_name_that_nothing_has_is_said_with_the_nearest(services: Services) -> None:
    services.models.create(LOCAL, "2", ModelDraft("hidden-2"))
    assert hinted(services, "model = 'cok-1'", ADA) == (
        "no version in these experiments is called 'cok-1' (did you mean 'cook-1'?)",
    )
    assert hinted(services, "model IN ('v3', 'cook-1') AND run = 'x'", LOCAL, "1") == (
        "no version in these experiments is called 'v3' (the latest is 'cook-1')",
        "no run in these experiments is called 'x'",
    )
    assert hinted(services, "model = 'hidden-1'", ADA) == (
        "no version in these experiments is called 'hidden-1' (the latest is 'cook-1')",
    )
    for text in ("model = 'cook-1' AND name = 'x'", "model = 'cook-2' AND name = 'x'", "model = 'm-1' AND name = 'x'",
                 "NOT model = 'v3' AND name = 'x'", "model NOT IN ('v3') AND name = 'x'"):  # fmt: skip
        assert hinted(services, text, ADA) == (), text


def test_a_language_model_that_is_asked_for_as_a_version_is_said_with_its_filter(services: Services) -> None:
    for trace_id, experiment, model in (("asked", "1", "gpt-4o"), ("hidden", "2", "gpt-5")):
        services.stores.traces.write([write(trace_id, span(model=model), experiment=experiment)])
    said = (
        "model = 'gpt-4o' asks for a version of the application; the language model of this name is "
        "span.model = 'gpt-4o'"
    )
    assert hinted(services, "model = 'gpt-4o'", ADA) == (said,)
    assert found(services, "span.model = 'gpt-4o'", ADA) == ["asked"]
    assert hinted(services, "model = 'gpt-5'", ADA) == (
        "no version in these experiments is called 'gpt-5' (the latest is 'cook-1')",
    )


def test_an_experiment_that_is_asked_for_by_its_name_is_said_with_its_id(services: Services) -> None:
    said = "experiment = 'app 1' asks for an id; the experiment of this name is experiment = '1'"
    assert hinted(services, "experiment = 'app 1'", ADA) == (said,)
    assert hinted(services, "experiment IN ('app 1', '9') AND name = 'x'", ADA) == (said,)
    for text in ("experiment = 'app 2'", "experiment = 'app 3'", "experiment = '1' AND name = 'x'",
                 "NOT experiment = 'app 1' AND name = 'x'"):  # fmt: skip
        assert hinted(services, text, ADA) == (), text
    services.experiments.delete(LOCAL, ExperimentId("1"))
    assert hinted(services, "experiment = 'app 1'") == ()


def test_an_assessment_that_nobody_gave_is_said_with_the_nearest(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = AssessmentSource("LLM_JUDGE", "judge")
    for trace, name in (("by-id-1", "correctness"), ("by-id-2", "hidden")):
        target = AssessmentTarget(TraceId(trace))
        services.assessments.log(LOCAL, AssessmentDraft(target, name, "FEEDBACK", judge, value=True))
    assert hinted(services, "feedback.corectness = false", ADA) == (
        "no feedback in these experiments is called 'corectness' (did you mean 'correctness'?)",
    )
    assert hinted(services, "expectation.correctness = 'x'", ADA) == (
        "no expectation in these experiments is called 'correctness' (did you mean feedback 'correctness'?)",
    )
    assert hinted(services, "feedback.hiden > 1", ADA) == (
        "no feedback in these experiments is called 'hiden' (the latest is 'correctness')",
    )
    assert services.assessments.search(ADA, ListQuery(filter="name = 'corectness'")).hints == (
        "no assessment in these experiments is called 'corectness' (did you mean 'correctness'?)",
    )
    latest = AssessmentDraft(AssessmentTarget(TraceId("by-id-1")), "correct", "FEEDBACK", judge, value=True)
    for _ in range(2):
        services.assessments.log(LOCAL, latest)
    for page, rounds, meant in ((2, 50, " (did you mean 'correctness'?)"), (2, 1, "")):
        monkeypatch.setattr(name_hints, "PAGE", page)
        monkeypatch.setattr(name_hints, "_ROUNDS", rounds)
        expected = f"no feedback in these experiments is called 'corectness'{meant}"
        assert hinted(services, "feedback.corectness = false", ADA) == (expected,)
    for text in ("feedback.correctness = false", "feedback.corectness IS NULL AND name = 'x'"):
        assert hinted(services, text, ADA) == (), text
