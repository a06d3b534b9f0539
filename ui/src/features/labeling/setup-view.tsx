import { Button } from "@mantine/core";
import { useState } from "react";
import { useMayIn } from "@/api/permissions";
import type { LabelingProgress, LabelingSession, LabelSchema } from "@/api/schema";
import { Content } from "@/components/content";
import { Facts } from "@/components/facts";
import { Count } from "@/components/figures";
import { RowsTable } from "@/components/rows-table";
import { SafeText } from "@/components/safe-text";
import { exactNumber, finite, percent } from "@/lib/format";
import { visibleText } from "@/lib/hidden";
import { bound } from "@/lib/review";
import { text } from "@/strings";
import { EditSession } from "./edit-session";
import classes from "./labeling.module.css";
import { RulesPart } from "./rules-part";

const t = text.setup;
const s = text.labelingSession;
const BLIND = ["blind_reviewers", "blind_judges", "blind_model"] as const;
const FIGURES = ["submitted", "claimed", "open", "declined", "released", "expired"] as const;

/** How a session is set up, and how far each of its reviewers is. */
export function SetupView({ session, progress }: { session: LabelingSession; progress: LabelingProgress }) {
  const [editing, setEditing] = useState(false);
  const writes = useMayIn(session.run.experiment_id)("labeling.write") && session.state !== "ARCHIVED";
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section className={classes.scroll} tabIndex={0} aria-label={s.tabs.setup}>
      {writes && (
        <div className={classes.buttons}>
          <Button variant="default" onClick={() => setEditing(true)}>
            {text.editSession.title}
          </Button>
        </div>
      )}
      {editing && <EditSession session={session} close={() => setEditing(false)} />}
      <section className={writes ? classes.part : undefined}>
        <h2>{t.schemas}</h2>
        <RowsTable
          label={t.schemas}
          heads={[
            { label: t.schema },
            { label: t.version, numeric: true },
            { label: t.question },
            { label: t.input },
            { label: t.kind },
          ]}
          rows={session.schemas.map((schema) => ({
            key: schema.schema_id,
            cells: [
              <SafeText key="n" text={schema.name} />,
              schema.version,
              <SafeText key="t" text={schema.title} />,
              <SafeText key="i" text={inputOf(schema)} />,
              t.kinds[schema.kind],
            ],
          }))}
        />
      </section>
      <section className={classes.part}>
        <h2>{t.policy}</h2>
        <PolicyFacts session={session} />
      </section>
      <section className={classes.part}>
        <h2>{s.reviewers}</h2>
        {progress.reviewers.length === 0 ? (
          <p className="dim">{text.labeling.anybody}</p>
        ) : (
          <RowsTable
            label={s.reviewers}
            heads={[
              { label: s.reviewer },
              { label: s.submitted, numeric: true },
              { label: s.claimed, numeric: true },
              { label: s.kept, numeric: true },
              { label: s.declined, numeric: true },
              { label: s.released, numeric: true },
              { label: s.expired, numeric: true },
            ]}
            rows={progress.reviewers.map((each) => ({
              key: each.reviewer,
              cells: [
                <span key="r">
                  <SafeText text={each.reviewer} />{" "}
                  {!each.verified && each.submitted > 0 && <span className="dim">{s.unverified}</span>}
                  {each.account !== null && each.account !== "ready" && (
                    <span className={classes.account}>· {s.accounts[each.account]}</span>
                  )}
                </span>,
                ...FIGURES.map((name) => <Count key={name} value={each[name]} />),
              ],
            }))}
          />
        )}
      </section>
      <RulesPart session={session} />
      <section className={classes.part}>
        <h2>{t.instructions}</h2>
        {session.instructions.trim() === "" ? (
          <p className="dim">{t.noInstructions}</p>
        ) : (
          <div className={classes.card}>
            <Content value={session.instructions} markdown />
          </div>
        )}
      </section>
    </section>
  );
}

function PolicyFacts({ session }: { session: LabelingSession }) {
  const { policy } = session;
  const hidden = BLIND.filter((name) => policy[name]).map((name) => t.blind[name]);
  const overlap = finite(policy.overlap);
  const dispute = finite(policy.min_agreement);
  return (
    <Facts
      facts={[
        [t.facts.mode, t.modes[policy.mode]],
        [t.facts.weights, weightsOf(policy) || null],
        [t.facts.required, policy.mode === "named" ? null : policy.reviews_required],
        [t.facts.overlap, overlap === null || overlap === 1 ? null : percent(overlap)],
        [t.facts.order, t.orders[policy.order]],
        [t.facts.blind, hidden.join(", ") || t.seesAll],
        [t.facts.dispute, dispute === null ? t.never : percent(dispute)],
        [t.facts.lease, t.minutes(policy.lease_minutes)],
        [t.facts.decline, policy.allow_decline ? t.allowed : t.notAllowed],
        [t.facts.answers, policy.require_all_answers ? t.all : t.some],
        [t.facts.fields, policy.fields.map((field) => t.fields[field]).join(", ")],
      ]}
    />
  );
}

function weightsOf({ weights }: LabelingSession["policy"]): string {
  return Object.entries(weights)
    .map(([name, weight]) => `${visibleText(name)} ${weight}`)
    .join(", ");
}

/** How a schema is answered, in words. */
export function inputOf({ input }: LabelSchema): string {
  if (input.kind === "pass_fail") return `${input.positive_label} / ${input.negative_label}`;
  if (input.kind === "categorical") {
    const how = input.multi_select ? t.inputs.several : t.inputs.categorical;
    return `${how}${input.ordered ? ` ${t.ordered}` : ""}: ${input.options.join(", ")}`;
  }
  if (input.kind === "spans") return `${t.inputs.spans[input.marks]}: ${input.options.join(", ")}`;
  if (input.kind !== "numeric") return t.inputs[input.kind];
  const [least, most] = [bound(input.min_value), bound(input.max_value)];
  if (least === null && most === null) return t.inputs.numeric;
  return t.between(least === null ? "−∞" : exactNumber(least), most === null ? "∞" : exactNumber(most));
}
