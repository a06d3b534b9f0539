import subprocess
import sys
import time
from pathlib import Path

import pytest

from lodeline.domain.account import Account, AccountChange, ExternalIdentity
from lodeline.domain.document import to_document
from lodeline.domain.errors import Conflict, NotFound, Unavailable
from lodeline.domain.evaluated_run import adopted
from lodeline.domain.evaluation import Bindings
from lodeline.domain.ids import AccountId, ExperimentId
from lodeline.storage.sql import connection, migrate, migrate_sqlite, open_sqlite, plan_migration
from lodeline.storage.sql.codec import dumps
from lodeline.storage.sql.schema import known_migrations, schema_version
from tests.contract.build import audit, found, span, write

SECOND = """-- Number the experiments.
ALTER TABLE experiments ADD COLUMN number INTEGER;
UPDATE experiments SET number = exp + 1;
CREATE TABLE numbers (n INTEGER PRIMARY KEY);
INSERT INTO numbers WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 10) SELECT n FROM c;
"""


def migrations(folder: Path, *more: str) -> Path:
    """Write the real first migration and then further ones into a folder."""
    folder.mkdir()
    texts = (known_migrations()[0].sql, *more)
    for number, text in enumerate(texts, start=1):
        (folder / f"{number:04}_step.sql").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A store at version 1 with one trace."""
    stores = open_sqlite(tmp_path / "store", migrations=first(tmp_path))
    stores.traces.write([write("tr-1", span())])
    stores.close()
    return tmp_path / "store"


def first(tmp_path: Path) -> Path:
    """Return a folder with the first migration only."""
    folder = tmp_path / "first"
    return folder if folder.exists() else migrations(folder)


def rows(directory: Path, sql: str) -> list[tuple[object, ...]]:
    db = connection.connect(directory, readonly=True)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


def test_opening_does_not_migrate_but_says_how(old: Path, tmp_path: Path):
    newer = migrations(tmp_path / "newer", SECOND)
    before = (old / "lodeline.db").read_bytes()
    with pytest.raises(Conflict, match="lodeline db migrate --store") as caught:
        open_sqlite(old, migrations=newer)
    assert caught.value.error_code == "migration_needed"
    assert (old / "lodeline.db").read_bytes() == before
    open_sqlite(old, migrations=first(tmp_path)).close()


def test_a_new_store_is_made_at_the_newest_version(tmp_path: Path):
    newer = migrations(tmp_path / "newer", SECOND)
    open_sqlite(tmp_path / "store", migrations=newer).close()
    assert rows(tmp_path / "store", "SELECT count(*) FROM numbers") == [(10,)]
    assert plan_migration(tmp_path / "store", source=newer).steps == ()


def test_the_plan_tells_versions_steps_and_space_and_changes_nothing(old: Path, tmp_path: Path):
    newer = migrations(tmp_path / "newer", SECOND, "CREATE TABLE third (n INTEGER);")
    plan = plan_migration(old, source=newer)
    assert (plan.version, plan.target, plan.fits) == (1, 3, True)
    assert [(s.number, s.summary) for s in plan.steps] == [(2, "Number the experiments."), (3, "step")]
    assert plan.store_bytes > 0
    assert plan.free_bytes > plan.needed_bytes > plan.store_bytes
    assert not Path(plan.backup).exists()
    assert rows(old, "SELECT max(number) FROM migrations") == [(1,)]


def test_migrating_backs_up_first_and_applies_every_step(old: Path, tmp_path: Path):
    newer = migrations(tmp_path / "newer", SECOND, "INSERT INTO numbers VALUES (11);")
    plan = migrate_sqlite(old, source=newer)
    assert rows(old, "SELECT count(*) FROM numbers") == [(11,)]
    assert rows(old, "SELECT number FROM experiments") == [(1,)]
    stores = open_sqlite(old, migrations=newer)
    assert found(stores) == ["tr-1"]
    stores.close()
    stores = open_sqlite(Path(plan.backup), migrations=first(tmp_path))
    assert found(stores) == ["tr-1"]
    stores.close()


def test_migrating_again_does_nothing(old: Path, tmp_path: Path):
    newer = migrations(tmp_path / "newer", SECOND)
    migrate_sqlite(old, backup=tmp_path / "copy", source=newer)
    assert migrate_sqlite(old, backup=tmp_path / "copy2", source=newer).steps == ()
    assert not (tmp_path / "copy2").exists()


def test_an_existing_backup_directory_stops_it(old: Path, tmp_path: Path):
    newer = migrations(tmp_path / "newer", SECOND)
    (tmp_path / "copy").mkdir()
    with pytest.raises(Conflict, match="exists already"):
        migrate_sqlite(old, backup=tmp_path / "copy", source=newer)
    assert rows(old, "SELECT max(number) FROM migrations") == [(1,)]


def test_too_little_space_stops_it_before_anything_is_done(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    newer = migrations(tmp_path / "newer", SECOND)
    monkeypatch.setattr(migrate, "_SPARE_BYTES", 1 << 60)
    with pytest.raises(Unavailable, match="free space") as caught:
        migrate_sqlite(old, backup=tmp_path / "copy", source=newer)
    assert caught.value.error_code == "disk_full"
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("bad", ["CREATE TABLE t (x); SELECT nothing FROM nowhere;", "CREATE TABLE experiments (x);"])
def test_a_failing_step_is_undone_whole_and_keeps_the_steps_before(old: Path, tmp_path: Path, bad: str):
    newer = migrations(tmp_path / "newer", SECOND, bad)
    with pytest.raises(Unavailable, match="0003_step") as caught:
        migrate_sqlite(old, source=newer)
    assert caught.value.error_code == "migration_failed"
    assert rows(old, "SELECT max(number) FROM migrations") == [(2,)]
    assert rows(old, "SELECT count(*) FROM sqlite_schema WHERE name = 't'") == [(0,)]


def test_a_step_that_ends_its_transaction_is_refused(old: Path, tmp_path: Path):
    newer = migrations(tmp_path / "newer", "CREATE TABLE t (x); COMMIT;")
    with pytest.raises(RuntimeError, match="ends the transaction"):
        migrate_sqlite(old, source=newer)


def test_an_open_store_is_not_migrated_but_can_be_planned_for(old: Path, tmp_path: Path):
    newer = migrations(tmp_path / "newer", SECOND)
    stores = open_sqlite(old, migrations=first(tmp_path))
    assert len(plan_migration(old, source=newer).steps) == 1
    with pytest.raises(Conflict, match="in use"):
        migrate_sqlite(old, source=newer)
    stores.close()
    migrate_sqlite(old, source=newer)


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path):
    known = [migration.sql for migration in known_migrations()[1:]]
    newer = migrations(tmp_path / "newer", *known, SECOND)
    open_sqlite(tmp_path / "store", migrations=newer).close()
    has, knows = len(known) + 2, len(known) + 1
    for attempt in (open_sqlite, plan_migration, migrate_sqlite):
        with pytest.raises(Conflict, match=f"newer Lodeline: its schema is version {has}, this one knows {knows}"):
            attempt(tmp_path / "store")


def test_a_store_made_with_an_edited_migration_is_refused(old: Path, tmp_path: Path):
    edited = migrations(tmp_path / "edited")
    file = edited / "0001_step.sql"
    commented = file.read_text(encoding="utf-8") + "\n-- a comment\n"
    file.write_text(commented, encoding="utf-8")
    open_sqlite(old, migrations=edited).close()
    file.write_text(commented + "CREATE TABLE more (x);", encoding="utf-8")
    with pytest.raises(Conflict, match="another migration 0001"):
        open_sqlite(old, migrations=edited)


def test_gaps_in_the_numbers_are_refused(tmp_path: Path):
    folder = migrations(tmp_path / "gap")
    (folder / "0003_later.sql").write_text("SELECT 1;", encoding="utf-8")
    with pytest.raises(RuntimeError, match="without gaps"):
        known_migrations(folder)


def test_what_is_no_store_is_not_found(tmp_path: Path):
    for attempt in (plan_migration, migrate_sqlite):
        with pytest.raises(NotFound):
            attempt(tmp_path)
    assert list(tmp_path.iterdir()) == []


CHILD = """
import sys
from pathlib import Path
from lodeline.storage.sql import migrate_sqlite
print("begin", flush=True)
migrate_sqlite(Path(sys.argv[1]), source=Path(sys.argv[2]))
"""
SLOW = "\n".join(
    [
        "CREATE TABLE big (n INTEGER PRIMARY KEY, x TEXT);",
        *(
            f"INSERT INTO big WITH RECURSIVE c(n) AS (SELECT {i}0001 UNION ALL SELECT n + 1 FROM c "
            f"WHERE n < {i}9999) SELECT n, hex(randomblob(50)) FROM c;"
            for i in range(1, 20)
        ),
    ]
)


def test_a_killed_migration_leaves_the_old_version_whole(old: Path, tmp_path: Path):
    newer = migrations(tmp_path / "newer", SLOW)
    known = known_migrations(newer)
    killed = 0
    for delay_s in (0.01, 0.05, 0.1, 0.15, 0.2, 0.3):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(old), str(newer)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "begin\n"
        time.sleep(delay_s)
        child.kill()
        code = child.wait()
        child.stdout.close()
        db = connection.connect(old, readonly=False)
        version = schema_version(db, known, old)
        assert [text for (text,) in db.execute("PRAGMA integrity_check")] == ["ok"]
        tables = db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'big'").fetchall()
        assert tables == [(version - 1,)]
        db.close()
        if version == 2:
            break
        assert code != 0
        killed += 1
    assert killed >= 2
    migrate_sqlite(old, source=newer)
    stores = open_sqlite(old, migrations=newer)
    assert found(stores) == ["tr-1"]
    assert stores.admin.check() == []
    stores.close()
    assert rows(old, "SELECT count(*) FROM big") == [(19 * 9999,)]


def test_prompts_of_one_name_keep_it_only_where_it_was_first(tmp_path: Path):
    known = known_migrations()
    before = next(m.number for m in known if m.name == "prompt_names") - 1
    folders = [tmp_path / "before", tmp_path / "after"]
    for folder, count in zip(folders, (before, before + 1), strict=True):
        folder.mkdir()
        for migration in known[:count]:
            (folder / f"{migration.number:04}_{migration.name}.sql").write_text(migration.sql, encoding="utf-8")
    store, long = tmp_path / "store", "n" * 250
    open_sqlite(store, migrations=folders[0]).close()
    db = connection.connect(store, readonly=False)
    insert = "INSERT INTO prompts (exp, name, created_ms, updated_ms, latest, doc) VALUES (?, ?, 0, 0, 1, ?)"
    for exp in (2, 1, 3):
        for name in ("greet", long, f"only{exp}"):
            db.execute(insert, (exp, name, '{"tags":{"a":"b"}}'))
    db.close()
    migrate_sqlite(store, source=folders[1])
    found = rows(store, "SELECT exp, name, doc FROM prompts ORDER BY id")
    assert [row[:2] for row in found[:3]] == [(2, "greet"), (2, long), (2, "only2")]
    assert [row[1] for row in found[3:]] == [
        "greet.experiment-1", f"{'n' * 200}.experiment-1-5", "only1",
        "greet.experiment-3", f"{'n' * 200}.experiment-3-8", "only3",
    ]  # fmt: skip
    assert found[3][2] == '{"tags":{"a":"b","lodeline.renamed_from":"greet"}}'
    assert found[0][2] == '{"tags":{"a":"b"}}'


def test_accounts_of_before_single_sign_on_are_read_and_can_be_linked(tmp_path: Path):
    folder = tmp_path / "eleven"
    folder.mkdir()
    for step in known_migrations()[:11]:
        (folder / f"{step.number:04}_{step.name}.sql").write_text(step.sql, encoding="utf-8")
    open_sqlite(tmp_path / "store", migrations=folder).close()
    db = connection.connect(tmp_path / "store", readonly=False)
    doc = '{"name":"ada","role":"admin","created_ms":5,"disabled":false,"roles":{"1":"viewer"}}'
    db.execute("INSERT INTO accounts VALUES ('acc-1', 'ada', 'hash', ?), ('acc-2', 'bob', NULL, ?)", (doc, doc))
    db.close()
    assert migrate_sqlite(tmp_path / "store").steps[0].number == 12
    stores = open_sqlite(tmp_path / "store")
    try:
        assert stores.accounts.get(AccountId("acc-1")) == Account(
            AccountId("acc-1"), "ada", "admin", 5, roles={ExperimentId("1"): "viewer"}
        )
        ada = ExternalIdentity("https://a.example.org", "s-1")
        change = AccountChange(replace_external=True, external=ada)
        stores.accounts.update(AccountId("acc-1"), change, audit=audit())
        found = stores.accounts.find_external(ada)
        assert found is not None
        assert found.account_id == "acc-1"
        with pytest.raises(Conflict):
            stores.accounts.update(AccountId("acc-2"), change, audit=audit())
    finally:
        stores.close()


def test_an_external_identity_is_looked_up_in_its_index(tmp_path: Path):
    open_sqlite(tmp_path / "store").close()
    (plan,) = rows(
        tmp_path / "store",
        "EXPLAIN QUERY PLAN SELECT account_id, doc FROM accounts "
        "WHERE json_extract(doc, '$.external.issuer') = 'a' AND json_extract(doc, '$.external.subject') = 'b'",
    )
    assert "accounts_external" in str(plan)


def test_costs_that_were_of_judgments_are_told_from_those_of_rows(tmp_path: Path):
    known = known_migrations()
    before = next(m.number for m in known if m.name == "judged_cost") - 1
    folder = tmp_path / "before"
    folder.mkdir()
    for step in known[:before]:
        (folder / f"{step.number:04}_{step.name}.sql").write_text(step.sql, encoding="utf-8")
    open_sqlite(tmp_path / "store", migrations=folder).close()
    db = connection.connect(tmp_path / "store", readonly=False)
    docs = (
        Bindings(judges={"tone": {"model": "m"}}), adopted(Bindings()), Bindings(), Bindings(environment={"a": "b"}),
    )  # fmt: skip
    for number, bindings in enumerate(docs):
        doc = dumps({"bindings": to_document(bindings), "scorers": [], "message": None})
        db.execute("INSERT INTO evaluations VALUES (?, 'RUNNING', 1, 1, 1, 0, 'd', ?)", (number, doc))
        db.execute(
            "INSERT INTO evaluation_rows (run, row_key, rep, state, slices, scores, cost_usd) "
            "VALUES (?, 'k', 0, 'DONE', '{}', '[]', 0.5)",
            (number,),
        )
    for statement in known[before].sql.split(";")[:-1]:
        db.execute(statement)
    found = db.execute("SELECT cost_usd, judged_usd FROM evaluation_rows ORDER BY run").fetchall()
    db.close()
    assert found == [(None, 0.5), (None, 0.5), (0.5, None), (0.5, None)]
