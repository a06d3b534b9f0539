import { Button, Checkbox, NumberInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { call } from "@/api/client";
import { useMayIn } from "@/api/permissions";
import { meQuery } from "@/api/queries";
import { askLabelingAnew } from "@/api/review-queries";
import { FilterBar } from "@/components/filter-bar";
import { Page } from "@/components/page";
import { ProblemNote } from "@/components/problem-note";
import { problemText } from "@/components/problem-text";
import { ReadOnly } from "@/components/read-only";
import { showToast } from "@/components/toast-store";
import { linesOf } from "@/lib/labeling";
import { text } from "@/strings";
import { Arrival, type Coming, Matches, orderOf } from "./add-items";
import classes from "./labeling.module.css";
import { firstPolicy, policyBody } from "./policy-fields";
import { SchemaChoice } from "./schema-choice";
import { faultOf, isAtField } from "./session-faults";
import { SessionPeople } from "./session-people";
import { datasetOf, NEW_DATASET, NO_TARGET, type Target, TargetField } from "./session-target";
import { SessionWords } from "./session-words";

const t = text.newSession;
const FROM = "/experiments/$experimentId/labeling/new";
const MOST_ITEMS = 1_000;
const FAULTY = '[aria-invalid="true"], [data-faulty] input';

/** Makes a labeling session: what is asked, about which traces, of whom, and how. */
export function NewSessionPage() {
  const { experimentId } = useParams({ from: FROM });
  const may = useMayIn(experimentId);
  const me = useQuery(meQuery);
  return (
    <Page
      title={t.title}
      heading={
        <>
          <Link to="/experiments/$experimentId/labeling" params={{ experimentId }}>
            {text.labeling.title}
          </Link>{" "}
          <span className="dim">/</span> {t.title}
        </>
      }
    >
      {me.data !== undefined &&
        (may("labeling.write") ? (
          <SessionForm experimentId={experimentId} />
        ) : (
          <ReadOnly experimentId={experimentId} />
        ))}
    </Page>
  );
}

function SessionForm({ experimentId }: { experimentId: string }) {
  const [words, setWords] = useState({ name: "", instructions: "" });
  const [schemas, setSchemas] = useState<readonly string[]>([]);
  const [filter, setFilter] = useState("");
  const [written, setWritten] = useState("");
  const [limit, setLimit] = useState<number | string>(100);
  const [people, setPeople] = useState({ reviewers: "", policy: firstPolicy });
  const [target, setTarget] = useState<Target>(NO_TARGET);
  const [open, setOpen] = useState(true);
  const [coming, setComing] = useState<Coming>("newest");
  const [attempts, setAttempts] = useState(0);
  const sheet = useRef<HTMLFormElement>(null);
  const navigate = useNavigate();
  const client = useQueryClient();
  const create = useMutation({
    meta: { shown: true },
    mutationFn: async () => {
      const named = linesOf(people.reviewers);
      const dataset_id = await datasetOf(experimentId, target);
      // Once it is made, a second try goes on with it.
      if (target.dataset === NEW_DATASET) setTarget({ dataset: dataset_id, name: "" });
      const body = {
        experiment: experimentId,
        name: words.name.trim(),
        instructions: words.instructions,
        schemas: [...schemas],
        reviewers: named,
        policy: policyBody(people.policy, named),
        dataset_id,
        state: open ? ("OPEN" as const) : ("DRAFT" as const),
      };
      const made = await call("create_labeling_session", {}, { body });
      // The session is there now: what happens to its items is told on its own page.
      const most = typeof limit === "number" ? limit : 0;
      const added =
        most === 0
          ? null
          : await call(
              "add_labeling_traces",
              { run_id: made.run.run_id },
              { body: { filter: written, limit: most, order: orderOf(coming) } },
            ).catch((error: unknown) => {
              showToast(`${t.itemsFailed} ${problemText(error)}`, "error");
              return null;
            });
      return { made, added: added?.added ?? 0 };
    },
    onSettled: () => void client.invalidateQueries({ queryKey: ["datasets"] }),
    onSuccess: async ({ made, added }) => {
      await askLabelingAnew(client);
      showToast(t.created(made.run.name, added));
      await navigate({
        to: "/experiments/$experimentId/labeling/$runId",
        params: { experimentId, runId: made.run.run_id },
      });
    },
  });
  const nameless = words.name.trim() === "";
  const targetless = target.dataset === NEW_DATASET && target.name.trim() === "";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setAttempts(attempts + 1);
    if (schemas.length > 0 && !nameless && !targetless) create.mutate();
  };
  const tried = attempts > 0;
  const unasked = tried && schemas.length === 0;
  const faults = { ...faultOf(create.error), ...(tried && nameless ? { name: t.noName } : {}) };
  // biome-ignore lint/correctness/useExhaustiveDependencies: after each attempt, and when the server has answered
  useEffect(() => {
    sheet.current?.querySelector<HTMLElement>(FAULTY)?.focus();
  }, [attempts, create.error]);
  return (
    <form ref={sheet} className={classes.sheet} aria-label={t.title} noValidate onSubmit={submit}>
      <SessionWords words={words} onChange={setWords} faults={faults} />
      <fieldset className={classes.group} data-faulty={unasked || undefined}>
        <legend>{t.schemas}</legend>
        <p className="dim">{t.schemasHint}</p>
        <SchemaChoice experimentId={experimentId} chosen={schemas} onChange={setSchemas} />
        {unasked && <p role="alert">{t.noSchema}</p>}
      </fieldset>
      <fieldset className={classes.group}>
        <legend>{t.items}</legend>
        <p className="dim">{t.itemsHint}</p>
        <FilterBar
          experimentId={experimentId}
          entity="trace"
          value={filter}
          placeholder={text.addItems.filterHint}
          onChange={setFilter}
          onDraft={setWritten}
        />
        <Matches experimentId={experimentId} filter={filter} />
        <Arrival coming={coming} onChange={setComing} />
        <NumberInput
          className={classes.number}
          label={text.addItems.limit}
          min={0}
          max={MOST_ITEMS}
          size="xs"
          value={limit}
          onChange={setLimit}
        />
      </fieldset>
      <SessionPeople people={people} onChange={setPeople} faults={faults} />
      <TargetField
        experimentId={experimentId}
        target={target}
        onChange={setTarget}
        nameless={tried && targetless}
      />
      <Checkbox label={t.open} checked={open} onChange={(event) => setOpen(event.currentTarget.checked)} />
      {create.isError && !isAtField(faults) && <ProblemNote error={create.error} />}
      <div>
        <Button type="submit" loading={create.isPending}>
          {t.submit}
        </Button>
      </div>
    </form>
  );
}
