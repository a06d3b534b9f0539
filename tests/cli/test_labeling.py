"""``lodeline labels`` and ``lodeline labeling``."""

from pathlib import Path

from lodeline.domain.labeling import ReviewForm
from lodeline.domain.record import RecordDraft
from lodeline.local import connect
from tests.cli.conftest import Lodeline


def test_a_session_from_its_schema_to_the_dataset(lodeline: Lodeline, store: Path) -> None:
    made = ("labels", "create", "tone", "categorical", "-o", "rude", "-o", "kind", "--title", "Which tone?")
    assert "Made label schema tone (ls-" in lodeline(*made, store=store).out
    assert "one of rude, kind" in lodeline("labels", "get", "tone", store=store).out
    changed = lodeline("labels", "update", "tone", "-o", "rude", "-o", "kind", "-o", "dry", store=store)
    assert "is in version 2." in changed.out
    assert "one of rude, kind, dry" in lodeline("labels", "get", "tone", store=store).out
    lodeline("labels", "create", "size", "colour", store=store, code=2)
    assert [row["name"] for row in lodeline("labels", "list", "--json", store=store).lines()] == ["Feedback", "tone"]
    with connect(store) as client:
        dataset = client.datasets.create("golden").dataset_id
        client.records.write(dataset, [RecordDraft({"q": 1})])
    ask = (
        "labeling",
        "create",
        "tone",
        "expected_response",
        "-n",
        "week",
        "-r",
        "ann",
        "--dataset",
        "golden",
        "--optional-answers",
    )
    session = str(lodeline(*ask, "--json", store=store).document()["run"]["run_id"])  # type: ignore[index,call-overload]
    shared = ("labeling", "create", "tone", "-r", "ann", "-r", "ben", "--mode", "weighted", "--weight", "ann=2")
    assert lodeline(*shared, "--json", store=store).document()["policy"]["weights"] == {"ann": 2}  # type: ignore[index,call-overload]
    lodeline(*shared[:-1], "ann", store=store, code=2)
    assert "is OPEN." in lodeline("labeling", "state", "week", "open", store=store).out
    assert f"{session}" in lodeline("labeling", "get", "week", store=store).out
    assert "throughput" in lodeline("labeling", "report", "week", "--json", store=store).out
    shown = lodeline("runs", "get", "week", store=store).out
    assert session in shown
    assert "0 (Default)" in shown
    assert "neither by id nor by name" in lodeline("labeling", "get", "weak", store=store, code=1).err
    twin = str(lodeline(*ask, "--json", store=store).document()["run"]["run_id"])  # type: ignore[index,call-overload]
    ambiguous = lodeline("labeling", "get", "week", store=store, code=2).err
    assert session in ambiguous
    assert twin in ambiguous
    lodeline("evaluations", "get", "nothing", store=store, code=1)
    lodeline("labeling", "state", session, "shut", store=store, code=2)
    lodeline("labeling", "add", session, store=store, code=2)
    assert "Added 1 item;" in lodeline("labeling", "add", session, "--dataset", dataset, store=store).out
    assert "Added 0 items" in lodeline("labeling", "add", session, "--filter", "name = 'x'", store=store).out
    assert (
        "Added 0 items" in lodeline("labeling", "add", session, "--rule", "sample", "--share", "1", store=store).out
    )
    standing = ("labeling", "add", session, "--rule", "low_score", "--name", "right", "--below", "0.5", "--standing")
    assert "Standing rules: 1." in lodeline(*standing, "--most", "20", store=store).out
    assert "low_score of right below 0.5" in lodeline("labeling", "rules", session, store=store).out
    (kept,) = lodeline("labeling", "rules", session, "--json", store=store).document()["rules"]  # type: ignore[misc,call-overload]
    assert (kept["rule"]["most"], kept["last_run_ms"]) == (20, None)  # type: ignore[index]
    assert "Standing rules: none." in lodeline("labeling", "rules", session, "--clear", store=store).out
    assert "Reviewers: ann, ben." in lodeline("labeling", "reviewers", session, "ann", "ben", store=store).out
    (item,) = (str(row["item_id"]) for row in lodeline("labeling", "items", session, "--json", store=store).lines())
    with connect(store) as client:
        client.reviews.submit(item, ReviewForm({"tone": "kind", "expected_response": "yes"}), reviewer="ann")
    lodeline("labeling", "adjudicate", item, "tone", "-r", "lin", store=store, code=2)
    assert "disputed" in lodeline("labeling", "adjudicate", item, "tone=dry", "-r", "lin", store=store, code=5).err
    nobody = lodeline("labeling", "adjudicate", item, "tone=dry", store=store, code=2).err
    assert nobody == "Error: --reviewer: nobody is signed in; give the name of who reviews.\n"
    assert "COMPLETE" in lodeline("labeling", "items", session, "-s", "complete", store=store).out
    assert "COMPLETE 1" in lodeline("labeling", "get", session, store=store).out
    assert (
        "0 records added, 1 changed" in lodeline("labeling", "sync", session, "--dataset", "golden", store=store).out
    )
    weighed = lodeline("labeling", "weigh", session, "--json", store=store).document()
    assert weighed["policy"]["weights"] == {"ann": 0.5, "ben": 0.5}  # type: ignore[index,call-overload]
    assert "is in round 2." in lodeline("labeling", "reopen", item, store=store).out
    assert f"/review/{session}?reviewer=ann" in lodeline("labeling", "link", session, "-r", "ann", store=store).out
    lodeline("labeling", "remove", item, "--yes", store=store)
    assert "week" in lodeline("labeling", "list", store=store).out
    lodeline("labels", "delete", "tone", "--yes", store=store)
    lodeline("labels", "delete", "Feedback", "--yes", store=store, code=5)


def test_a_name_of_two_sessions_is_told_apart_by_its_experiment(lodeline: Lodeline, store: Path) -> None:
    ids: dict[str, str] = {}
    for home in ("desk", "shop"):
        lodeline("experiments", "create", home, store=store)
        made = lodeline(
            "labeling", "create", "Feedback", "-n", "week 1", "-e", home, "--json", store=store
        ).document()
        ids[home] = made["run"]["run_id"]  # type: ignore[index,call-overload,assignment]
    assert "or its experiment with -e" in lodeline("labeling", "get", "week 1", store=store, code=2).err
    for arguments in (("get",), ("report",), ("items",), ("rules",), ("state", "OPEN"), ("link",)):
        verb, *rest = arguments
        assert lodeline("labeling", verb, "week 1", *rest, "-e", "desk", store=store).out
    assert "in experiment 'shop'" in lodeline("labeling", "get", "week 2", "-e", "shop", store=store, code=1).err
    with connect(store) as client:
        assert client.labeling.get(ids["desk"]).state == "OPEN"
        assert client.labeling.get(ids["shop"]).state == "DRAFT"
    listed = lodeline("labeling", "list", store=store).out
    assert "(desk)" in listed
    assert "(shop)" in listed


def test_a_link_is_for_the_reviewer_who_stands_after_the_session(lodeline: Lodeline, store: Path) -> None:
    lodeline("labeling", "create", "Feedback", "-n", "week 1", "-r", "ada", store=store)
    link = ("labeling", "link", "week 1")
    named = lodeline(*link, "ada", store=store).out
    assert named.endswith("?reviewer=ada\n")
    assert lodeline(*link, "--reviewer", "ada", store=store).out == named
    assert lodeline(*link, "ada", "-r", "ada", store=store).out == named
    assert "leave out 'ada' or --reviewer 'bo'" in lodeline(*link, "ada", "-r", "bo", store=store, code=2).err
    assert "reviewer 'bo' does not exist" in lodeline(*link, "bo", store=store, code=1).err


def test_label_schemas_have_all_that_the_api_has(lodeline: Lodeline, store: Path) -> None:
    own = ("labels", "create", "right", "pass_fail", "--positive", "Right", "--negative", "Wrong")
    lodeline(*own, store=store)
    assert "Right or Wrong" in lodeline("labels", "get", "right", store=store).out
    lodeline("labels", "create", "size", "categorical", "-o", "low", "-o", "high", "--ordered", store=store)
    lodeline("labels", "create", "why", "text_list", "--max-length", "40", "--max-count", "3", store=store)
    lodeline("labels", "create", "bad", "spans", "-o", "made up", store=store)
    change = ("--marks", "request", "--max-count", "9", "--comments")
    assert "version 2" in lodeline("labels", "update", "bad", *change, store=store).out
    with connect(store) as client:
        schemas = {each.name: each for each in client.label_schemas.list(experiment="0")}
    assert schemas["size"].input.ordered
    assert (schemas["why"].input.max_length, schemas["why"].input.max_count) == (40, 3)
    assert (schemas["bad"].input.marks, schemas["bad"].input.max_count) == ("request", 9)
    assert schemas["bad"].enable_comment


def test_errors_name_options(lodeline: Lodeline, store: Path) -> None:
    for arguments, told in (
        (("labels", "create", "a", "spans"), "Error: --option: give at least one"),
        (("labels", "create", "a", "pass_fail", "-o", "x"), "Error: --option: an input of kind pass_fail has none"),
        (
            ("labels", "create", "a", "numeric", "--min", "5", "--max", "1"),
            "Error: --min: 5 is not below the greatest",
        ),
        (("labels", "create", "a", "text", "--max-length", "0"), "Error: --max-length: 0 is not valid"),
        (("labeling", "create", "Feedback", "-r", "ann", "--reviews", "2"), "Error: --reviews: 2 reviews of each"),
        (("labeling", "create", "Feedback", "--min-agreement", "2"), "Error: --min-agreement: 2"),
    ):
        assert told in lodeline(*arguments, store=store, code=2).err
    lodeline("labeling", "create", "Feedback", "-n", "week", store=store)
    assert "Error: --dataset: the session has no" in lodeline("labeling", "sync", "week", store=store, code=2).err
    sampled = ("labeling", "add", "week", "--rule", "sample", "--share", "7")
    assert "Error: --share: 7" in lodeline(*sampled, store=store, code=2).err
    assert "Error: --share: 7" in lodeline(*sampled, "--standing", store=store, code=2).err
