import { Checkbox, NativeSelect, NumberInput } from "@mantine/core";
import type { LabelingSession, PolicyBody } from "@/api/schema";
import { finite } from "@/lib/format";
import { visibleText } from "@/lib/hidden";
import { text } from "@/strings";
import classes from "./labeling.module.css";

const t = text.newSession;
const MODES = ["open_pool", "named", "round_robin", "weighted"] as const;
const ORDERS = ["priority", "oldest", "random"] as const;
const BLIND = ["blind_reviewers", "blind_judges", "blind_model"] as const;
const FIELDS = ["request", "response", "spans", "expectations", "tags", "metadata"] as const;
const MOST_REVIEWS = 50;

/** A policy while it is written; a number that is being typed may be a text, no agreement is "". */
export interface PolicyDraft {
  required: number | string;
  mode: (typeof MODES)[number];
  order: (typeof ORDERS)[number];
  blind: Readonly<Record<(typeof BLIND)[number], boolean>>;
  fields: readonly (typeof FIELDS)[number][];
  dispute: number | string;
  /** By reviewer, for mode weighted; who has none weighs 1. */
  weights: Readonly<Record<string, number | string>>;
}

export const firstPolicy: PolicyDraft = {
  required: 1,
  mode: "open_pool",
  order: "priority",
  blind: { blind_reviewers: true, blind_judges: true, blind_model: true },
  fields: ["request", "response"],
  dispute: "",
  weights: {},
};

/** The draft of a policy that a session has. */
export function policyDraft(policy: LabelingSession["policy"]): PolicyDraft {
  const { reviews_required, mode, order, blind_reviewers, blind_judges, blind_model, fields, weights } =
    policy;
  const dispute = finite(policy.min_agreement);
  const given = Object.entries(weights).map(([name, weight]) => [name, finite(weight) ?? 1] as const);
  return {
    required: reviews_required,
    mode,
    order,
    blind: { blind_reviewers, blind_judges, blind_model },
    fields,
    dispute: dispute === null ? "" : Math.round(dispute * 1_000) / 10,
    weights: Object.fromEntries(given),
  };
}

/** A policy as the server takes it, with the weights of those who review. */
export function policyBody(policy: PolicyDraft, reviewers: readonly string[]): PolicyBody {
  const { required, mode, order, blind, fields, dispute } = policy;
  return {
    reviews_required: typeof required === "number" ? required : 1,
    mode,
    order,
    ...blind,
    fields: [...fields],
    min_agreement: typeof dispute === "number" ? dispute / 100 : null,
    weights: mode === "weighted" ? weightsOf(policy, reviewers) : {},
  };
}

function weightsOf({ weights }: PolicyDraft, reviewers: readonly string[]): Record<string, number> {
  const given = reviewers.map((name) => [name, weights[name]] as const);
  return Object.fromEntries(given.filter((each): each is [string, number] => typeof each[1] === "number"));
}

interface PolicyFieldsProps {
  policy: PolicyDraft;
  reviewers: readonly string[];
  onChange: (policy: PolicyDraft) => void;
  /** What is wrong, by field. */
  faults?: Partial<Record<string, string>>;
}

/** How a session is reviewed: by how many, in which order, and what reviewers see. */
export function PolicyFields({ policy, reviewers, onChange, faults = {} }: PolicyFieldsProps) {
  const change = (next: Partial<PolicyDraft>) => onChange({ ...policy, ...next });
  return (
    <>
      <div className={classes.pair}>
        <NativeSelect
          label={t.mode}
          data={MODES.map((value) => ({ value, label: t.modes[value] }))}
          value={policy.mode}
          error={faults["policy.mode"]}
          onChange={(event) => change({ mode: event.currentTarget.value as PolicyDraft["mode"] })}
        />
        <NumberInput
          label={t.required}
          size="xs"
          min={1}
          max={MOST_REVIEWS}
          disabled={policy.mode === "named"}
          value={policy.required}
          error={faults["policy.reviews_required"]}
          onChange={(required) => change({ required })}
        />
        <NativeSelect
          label={t.order}
          data={ORDERS.map((value) => ({ value, label: t.orders[value] }))}
          value={policy.order}
          onChange={(event) => change({ order: event.currentTarget.value as PolicyDraft["order"] })}
        />
        <NumberInput
          label={t.dispute}
          description={t.disputeHint}
          size="xs"
          min={0}
          max={100}
          value={policy.dispute}
          error={faults["policy.min_agreement"]}
          onChange={(dispute) => change({ dispute })}
        />
      </div>
      {policy.mode === "weighted" && reviewers.length > 0 && (
        <div className={classes.pair}>
          {reviewers.map((name) => (
            <NumberInput
              key={name}
              label={t.weight(visibleText(name))}
              size="xs"
              min={0}
              value={policy.weights[name] ?? 1}
              onChange={(weight) => change({ weights: { ...policy.weights, [name]: weight } })}
            />
          ))}
        </div>
      )}
      <fieldset className={classes.group}>
        <legend>{t.blindness}</legend>
        <p className="dim">{t.blindHint}</p>
        {BLIND.map((name) => (
          <Checkbox
            key={name}
            label={t.blind[name]}
            checked={policy.blind[name]}
            onChange={(event) => change({ blind: { ...policy.blind, [name]: event.currentTarget.checked } })}
          />
        ))}
      </fieldset>
      <fieldset className={classes.group}>
        <legend>{t.shown}</legend>
        {faults["policy.fields"] !== undefined && <p role="alert">{faults["policy.fields"]}</p>}
        <div className={classes.boxes}>
          {FIELDS.map((field) => (
            <Checkbox
              key={field}
              label={t.fields[field]}
              checked={policy.fields.includes(field)}
              onChange={(event) => {
                const { checked } = event.currentTarget;
                change({
                  fields: FIELDS.filter((each) => (each === field ? checked : policy.fields.includes(each))),
                });
              }}
            />
          ))}
        </div>
      </fieldset>
    </>
  );
}
