// Generated from the server's OpenAPI document by `make docs`. Do not edit.

/** Someone who signs in. `role` holds for the whole server; `roles` overrides it per experiment.

`role` None means: nothing but what `roles` grants. `external` is who signs in as this account by single sign-on; no two accounts have the same. */
export interface Account {
  account_id: string;
  name: string;
  role: "admin" | "editor" | "viewer" | "reviewer" | null;
  created_ms: number;
  disabled: boolean;
  roles: Record<string, "admin" | "editor" | "viewer" | "reviewer">;
  external: ExternalIdentity | null;
}

/** A new account; without a password it cannot sign in but can own keys. */
export interface AccountBody {
  name: string;
  role?: "admin" | "editor" | "viewer" | "reviewer" | null;
  password?: string | null;
}

/** How a dispute was decided: by whom, in which round, with which answers. */
export interface Adjudication {
  by: string;
  verified: boolean;
  round: number;
  at_ms: number;
  form: ReviewForm;
  assessments: Record<string, string>;
}

/** How a dispute is decided; `reviewer` says by whom where nobody is signed in. */
export interface AdjudicationBody {
  answers?: Record<string, JsonValue>;
  comments?: Record<string, string>;
  comment?: string | null;
  flags?: string[];
  assertions?: Record<string, string>;
  duration_ms?: number | null;
  reviewer?: string | null;
}

/** Cells by bucket, then group (None last); cells without traces are left out. `complete` as in `Facet`. */
export interface Aggregate {
  points: AggregatePoint[];
  complete: boolean;
}

/** What to compute over the traces that match `filter`, by time bucket and by the values of a field. */
export interface AggregateBody {
  measures: ("count" | "error_rate" | "duration_p50" | "duration_p95" | "duration_p99" | "duration_mean" | "tokens_input" | "tokens_output" | "tokens_total" | "cost_usd" | "assessment_mean" | "assessment_sd" | "assessment_count" | "assessment_errors")[];
  experiments?: string[];
  filter?: string;
  dialect?: "lodeline" | "mlflow";
  bucket_ms?: number | null;
  offset_ms?: number;
  edges_ms?: number[];
  group_by?: string | null;
  assessment?: string | null;
  assessment_of?: "traces" | "sessions";
  max_points?: number;
}

/** One cell: a time bucket (epoch ms of its start, None without buckets), a group, and the measures asked for.

`n` counts the traces or, where the query names an assessment, the assessments with a number behind the values; a measure without data is None (counts and sums of tokens are 0). */
export interface AggregatePoint {
  bucket_ms: number | null;
  group: string | null;
  n: number;
  values: Record<string, number | "NaN" | "Infinity" | "-Infinity" | null>;
}

/** Agreement of raters on items. `items` counts those with two ratings or more, `ratings` the ratings on them; `single` the items with one, which say nothing about agreement. */
export interface AgreementReport {
  scale: "nominal" | "ordinal" | "interval";
  raters: string[];
  items: number;
  ratings: number;
  single: number;
  coefficients: Coefficient[];
  categories: string[];
  skew: Skew | null;
  limits: LimitsOfAgreement | null;
  warnings: string[];
}

/** Where an alias of `experiment` (id or name) is to point; null takes it away.

With a `gate_run` the server holds that gate and keeps its outcome, which must be a pass where the alias is gated.
Without one, `gate` is kept as it is said. */
export interface AliasBody {
  experiment?: string;
  model_id: string | null;
  reason?: string;
  gate?: "passed" | "failed" | "inconclusive" | null;
  gate_report?: string | null;
  gate_run?: GateRunBody | null;
}

/** An alias was moved: from which model to which (None: none), by whom, when and why. `gate_run_id` is the evaluation on which the server found `gate`; without one the mover said so. `gate_rules` is the gate file that it held then, cut to 20,000 characters, and `gate_rules_sha256` the digest of all of it (hexadecimal, of UTF-8). */
export interface AliasEvent {
  experiment_id: string;
  alias: string;
  model_id: string | null;
  previous_model_id: string | null;
  at_ms: number;
  by: string | null;
  reason: string;
  gate: "passed" | "failed" | "inconclusive" | null;
  gate_report: string | null;
  gate_run_id: string | null;
  gate_rules: string | null;
  gate_rules_sha256: string | null;
}

/** Where something is allowed: in `experiment_ids`; or, with `all_but`, in every other one, future ones too. */
export interface Allowed {
  experiment_ids: string[];
  all_but: boolean;
}

/** What rows took in both runs, on the paired records; differences are candidate less baseline.

Paired and tested as the numbers of a scorer are, and no verdict on quality: `change` says whether the candidate takes more or less, when the adjusted p is at most α and the interval excludes 0; None under six pairs. Repetitions of a record count by their mean. Rows whose call failed have no value here: what a failed call took says nothing of what an answer takes. `baseline_value` and `candidate_value` are means over the `n` pairs, `ratio` the second over the first (None where that is 0). The totals are over all rows of each run, failed ones and repetitions too, None where nothing is known; they compare only where the runs have the same rows. */
export interface AmountComparison {
  amount: "cost_usd" | "tokens_total" | "duration_ms";
  n: number;
  baseline_lost: number;
  candidate_lost: number;
  baseline_value: number | "NaN" | "Infinity" | "-Infinity" | null;
  candidate_value: number | "NaN" | "Infinity" | "-Infinity" | null;
  ratio: number | "NaN" | "Infinity" | "-Infinity" | null;
  difference: number | "NaN" | "Infinity" | "-Infinity" | null;
  interval: Interval | null;
  p: number | "NaN" | "Infinity" | "-Infinity" | null;
  test: "mcnemar-exact" | "wilcoxon" | "cluster-bootstrap" | "cluster-t" | null;
  p_adjusted: number | "NaN" | "Infinity" | "-Infinity" | null;
  change: "more" | "less" | "inconclusive" | null;
  baseline_total: number | "NaN" | "Infinity" | "-Infinity" | null;
  candidate_total: number | "NaN" | "Infinity" | "-Infinity" | null;
  warnings: string[];
}

/** What the rows of an evaluation took. `summary` is over rows whose call did not fail (the failed ones are its `errors`), its value the mean of a record; `total` over all rows, None where nothing is known. */
export interface AmountSummary {
  amount: "cost_usd" | "tokens_total" | "duration_ms";
  total: number | "NaN" | "Infinity" | "-Infinity" | null;
  summary: ValueSummary;
}

/** A key as it may be shown: never the secret, only its visible prefix.

`experiment_ids` None means every experiment the owner can reach. Times are epoch milliseconds; a key without `expires_ms` does not expire. A key can never do more than its owner; one without `owner_id` was made by the holder of the store and has an admin's role, within its scopes. */
export interface ApiKey {
  key_id: string;
  name: string;
  prefix: string;
  owner_id: string | null;
  scopes: ("metrics" | "ingest" | "read" | "write" | "admin")[];
  created_ms: number;
  experiment_ids: string[] | null;
  expires_ms: number | null;
  revoked_ms: number | null;
  last_used_ms: number | null;
}

/** A file or a folder in a folder, by its base name. A folder's size is None. */
export interface Artifact {
  name: string;
  size_bytes: number | null;
}

/** One assessment in its present revision (`revision` counts from 1; older ones stay readable).

`valid` is true for the head of its chain: exactly one assessment of a chain is valid. `superseded_by` names the one that overrides it. Times are epoch milliseconds. */
export interface Assessment {
  assessment_id: string;
  experiment_id: string;
  target: AssessmentTarget;
  name: string;
  kind: "FEEDBACK" | "EXPECTATION" | "ISSUE_REF";
  source: AssessmentSource;
  created_ms: number;
  updated_ms: number;
  value: unknown;
  error: AssessmentError | null;
  rationale: string | null;
  metadata: Record<string, string>;
  identifier: string | null;
  overrides: string | null;
  superseded_by: string | null;
  valid: boolean;
  revision: number;
  confidence: number | "NaN" | "Infinity" | "-Infinity" | null;
  run_id: string | null;
  created_by: string | null;
}

/** Many judgments; each is taken or refused on its own. */
export interface AssessmentBatchBody {
  assessments: AssessmentBody[];
}

/** A judgment: on a trace, on a span of it, or on a session of `experiment`; with either `value` or `error`.

With an `identifier` it is idempotent. `overrides` names the head of the chain that this one continues, which has
its name and kind. With `park` a judgment whose trace or span is not here yet waits for it in `experiment`, a day
at most. */
export interface AssessmentBody {
  name: string;
  kind?: "FEEDBACK" | "EXPECTATION" | "ISSUE_REF";
  trace_id?: string | null;
  span_id?: string | null;
  session?: string | null;
  experiment?: string | null;
  source?: SourceBody;
  value?: JsonValue;
  error?: ErrorBody | null;
  rationale?: string | null;
  metadata?: Record<string, string>;
  identifier?: string | null;
  overrides?: string | null;
  confidence?: number | null;
  run_id?: string | null;
  created_ms?: number | null;
  park?: boolean;
}

/** A revision; what is left out stays. A `value` or `error` that is given takes the place of both.

With `replace_value` both are taken as they stand here: so a value becomes null, with an `error`. */
export interface AssessmentChangeBody {
  name?: string | null;
  replace_value?: boolean;
  value?: JsonValue;
  error?: ErrorBody | null;
  rationale?: string | null;
  metadata?: Record<string, string>;
  confidence?: number | null;
  reason?: string | null;
}

/** Why there is no value. An error is never a zero: means leave it out and count it apart. */
export interface AssessmentError {
  code: string;
  message: string;
  stack_digest: string | null;
}

/** The standing assessments of one name and kind: how many, of which types their values are, and the most frequent booleans, numbers and short texts among these. One that failed has no value. `session_count` of them are of whole sessions, the others of traces and spans. */
export interface AssessmentName {
  name: string;
  kind: "FEEDBACK" | "EXPECTATION" | "ISSUE_REF";
  count: number;
  types: ("boolean" | "number" | "text" | "json")[];
  values: AssessmentValue[];
  session_count: number;
}

/** The names of standing feedback and expectations, the most frequent first.

`complete` is false when only the newest `examined` assessments were looked at, or not all names are here. */
export interface AssessmentNames {
  names: AssessmentName[];
  examined: number;
  complete: boolean;
}

/** One page of a list.

`cursor` continues after the last examined row and is None at the end. `partial` says that the search stopped at its deadline: `items` are right but there may be more before the next one; continuing with `cursor` finds them. `hints` are sentences about a filter that is right, found nothing, and may have been meant otherwise. */
export interface AssessmentPage {
  items: Assessment[];
  cursor: string | null;
  partial: boolean;
  hints: string[];
}

/** One entry of the ledger: the assessment as it stood from `at_ms` on. `deleted` marks its removal. */
export interface AssessmentRevision {
  assessment: Assessment;
  at_ms: number;
  by: string | null;
  reason: string | null;
  deleted: boolean;
}

/** Who or what judged: a person, a model or code. `digest` pins the version of a judge.

A person without a name (`UNNAMED`) becomes, when the judgment is logged, the account that logs it. */
export interface AssessmentSource {
  kind: "HUMAN" | "LLM_JUDGE" | "CODE";
  source_id: string;
  digest: string | null;
}

/** What is judged: a trace, a span of a trace, or a session. Exactly one of trace_id and session is set. */
export interface AssessmentTarget {
  trace_id: string | null;
  span_id: string | null;
  session: string | null;
}

/** One value of the assessments of a name, and how many have it. */
export interface AssessmentValue {
  value: unknown;
  count: number;
}

/** A place for one review of an item. While it is OPEN, `reviewer` is for whom it is kept (None: anybody).

`round` counts how often the item was opened: only assignments of its present round count. `verified` says that the reviewer was signed in. `token` is the claim's and is shown to nobody but its reviewer. `draft` is what was saved last. `requeued_ms` is set when the reviewer put the item to the end of their own order. */
export interface Assignment {
  assignment_id: string;
  slot: number;
  round: number;
  state: "OPEN" | "CLAIMED" | "SUBMITTED" | "RELEASED" | "EXPIRED" | "DECLINED";
  reviewer: string | null;
  verified: boolean;
  token: string | null;
  claimed_ms: number | null;
  lease_until_ms: number | null;
  ended_ms: number | null;
  requeued_ms: number | null;
  draft: ReviewForm | null;
  submission: Submission | null;
  reason: string | null;
}

/** One file of a trace. */
export interface Attachment {
  name: string;
  size_bytes: number;
  modified_ms: number;
}

/** One change, written in the same transaction as the change itself.

`action` is "<noun>.<verb>", such as "experiment.update" or "key.revoke". `details` never holds content of traces, passwords or keys. `entry_id` is given by the store and grows. */
export interface AuditEntry {
  at_ms: number;
  actor: string;
  action: string;
  target: string;
  experiment_id: string | null;
  details: Record<string, string>;
  entry_id: number;
}

/** One page of a list.

`cursor` continues after the last examined row and is None at the end. `partial` says that the search stopped at its deadline: `items` are right but there may be more before the next one; continuing with `cursor` finds them. `hints` are sentences about a filter that is right, found nothing, and may have been meant otherwise. */
export interface AuditEntryPage {
  items: AuditEntry[];
  cursor: string | null;
  partial: boolean;
  hints: string[];
}

/** What became of one draft of a batch: either `assessment` or the error's `code` and `message`.

`parked_until_ms` is that of `LoggedAssessment`. */
export interface BatchItem {
  assessment: Assessment | null;
  changed: boolean;
  code: string | null;
  message: string | null;
  parked_until_ms: number | null;
}

/** Everything that an evaluation's result depends on. Two evaluations with equal bindings are replicates.

`scorers` are digests of definitions by name, `judges` what pins a judge's model and parameters by scorer, and `prompt_versions` versions by the name of the prompt. `concurrency` and `budget` count among them as well. */
export interface Bindings {
  dataset_id: string | null;
  dataset_version: number | null;
  dataset_digest: string | null;
  split: string | null;
  model_id: string | null;
  scorers: Record<string, string>;
  directions: Record<string, "higher" | "lower" | "none">;
  judges: Record<string, unknown>;
  prompt_versions: Record<string, number>;
  git: Record<string, string>;
  seed: number | null;
  concurrency: number | null;
  repetitions: number;
  environment: Record<string, string>;
  budget: Budget;
}

/** Everything that an evaluation's result depends on; two with equal bindings are replicates. */
export interface BindingsBody {
  dataset_id?: string | null;
  dataset_version?: number | null;
  dataset_digest?: string | null;
  split?: string | null;
  model_id?: string | null;
  scorers?: Record<string, string>;
  directions?: Record<string, "higher" | "lower" | "none">;
  judges?: Record<string, JsonValue>;
  prompt_versions?: Record<string, number>;
  git?: Record<string, string>;
  seed?: number | null;
  concurrency?: number | null;
  repetitions?: number;
  environment?: Record<string, string>;
  budget?: BudgetBody;
}

/** Where an evaluation stops by itself; None is no limit. */
export interface Budget {
  max_cost_usd: number | "NaN" | "Infinity" | "-Infinity" | null;
  max_tokens: number | null;
  max_rows: number | null;
}

/** Where an evaluation stops by itself; null is no limit. */
export interface BudgetBody {
  max_cost_usd?: number | null;
  max_tokens?: number | null;
  max_rows?: number | null;
}

/** Whether stated confidences come true. `brier` is the mean squared error of the confidence, `ece` the expected calibration error over bins of equal width; both None without items. Bins without items are left out. */
export interface Calibration {
  n: number;
  missing: number;
  brier: number | "NaN" | "Infinity" | "-Infinity" | null;
  brier_interval: Interval | null;
  ece: number | "NaN" | "Infinity" | "-Infinity" | null;
  bins: ReliabilityBin[];
}

/** Why an evaluation is cancelled. */
export interface CancelBody {
  message?: string | null;
}

/** What a backend can do beyond the contract's core; the server reports it, tests opt out by it. */
export interface Capabilities {
  backend: string;
  durable: boolean;
  full_text_index: boolean;
  multi_process: boolean;
  backup: boolean;
}

/** A record that both runs have under one id with different content; it is not paired. */
export interface ChangedRecord {
  record_id: string;
  baseline_hash: string;
  candidate_hash: string;
}

/** One message of a chat prompt; its content is a template. */
export interface ChatMessage {
  role: string;
  content: string;
}

/** One message; its content is a template. */
export interface ChatMessageBody {
  role: string;
  content: string;
}

/** How well one class is found: `precision` is None when it was never said, `recall` when it never was so. */
export interface ClassQuality {
  label: string;
  truths: number;
  said: number;
  hits: number;
  precision: number | "NaN" | "Infinity" | "-Infinity" | null;
  precision_interval: Interval | null;
  recall: number | "NaN" | "Infinity" | "-Infinity" | null;
  recall_interval: Interval | null;
}

/** One coefficient over `n` items; undefined ones have neither `value` nor `interval`, and `note` says why. */
export interface Coefficient {
  name: "percent" | "cohen-kappa" | "cohen-kappa-linear" | "cohen-kappa-quadratic" | "fleiss-kappa" | "krippendorff-alpha" | "gwet-ac1" | "icc-2-1" | "concordance" | "pearson" | "spearman" | "u-alpha" | "u-alpha-marked";
  n: number;
  value: number | "NaN" | "Infinity" | "-Infinity" | null;
  interval: Interval | null;
  note: string | null;
}

/** Which evaluations to compare with which baseline, and how. */
export interface CompareBody {
  baseline: string;
  candidates: string[];
  view?: "as_judged" | "effective";
  directions?: Record<string, "higher" | "lower" | "none">;
  deltas?: Record<string, number>;
  level?: number;
  adjustment?: "holm" | "benjamini-hochberg" | "none";
  reducer?: string;
  seed?: number;
  max_rows?: number;
}

/** Every candidate against the baseline. p values are adjusted over all scorers and candidates together, those of amounts among themselves, so that what rows cost changes no verdict.

`names` are those of the runs, by their ids, where they have one. `level` is that of the intervals (α = 1 - level); `seed` reproduces what was drawn at random. */
export interface Comparison {
  baseline: string;
  candidates: RunComparison[];
  level: number | "NaN" | "Infinity" | "-Infinity";
  adjustment: "holm" | "benjamini-hochberg" | "none";
  reducer: string;
  seed: number;
  names: Record<string, string>;
}

/** Suggestions that replace ``text[start:end]``, in the order in which they are offered.

`field` is the text field of the entity, as written, whose value comes next: one of which a facet tells the values that there are. None elsewhere. */
export interface Completion {
  start: number;
  end: number;
  items: Suggestion[];
  field: string | null;
}

/** `counts[i][j]`: items whose true label is `labels[i]` and that were called `labels[j]`; `unpaired` items lack one of the two. `accuracy` is None without items. */
export interface ConfusionMatrix {
  labels: string[];
  counts: number[][];
  n: number;
  unpaired: number;
  accuracy: number | "NaN" | "Infinity" | "-Infinity" | null;
  accuracy_interval: Interval | null;
  classes: ClassQuality[];
}

/** A rate from few human and many judge labels (prediction-powered inference).

`human` is the mean of the human labels alone with `human_interval`, `judge` that of all judge labels, which may be biased; `value` corrects it. `weight` is the trust put into the judge: 1 for PPI, tuned for PPI++. */
export interface CorrectedRate {
  value: number | "NaN" | "Infinity" | "-Infinity";
  standard_error: number | "NaN" | "Infinity" | "-Infinity";
  interval: Interval;
  human: number | "NaN" | "Infinity" | "-Infinity";
  human_interval: Interval;
  judge: number | "NaN" | "Infinity" | "-Infinity";
  weight: number | "NaN" | "Infinity" | "-Infinity";
  labelled: number;
  unlabelled: number;
}

/** How many US dollars the traces that begin in one period may cost together; None: no budget. */
export interface CostBudget {
  max_usd: number | "NaN" | "Infinity" | "-Infinity" | null;
  period: "day" | "week" | "month";
}

/** What the traces that begin in one day, week or month (UTC) may cost, in US dollars; null means no budget. */
export interface CostBudgetBody {
  max_usd?: number | null;
  period?: "day" | "week" | "month" | null;
}

/** An issue, and how many traces refer to it; None when they were not counted. */
export interface CountedIssue {
  issue: Issue;
  trace_count: number | null;
}

/** One page of a list.

`cursor` continues after the last examined row and is None at the end. `partial` says that the search stopped at its deadline: `items` are right but there may be more before the next one; continuing with `cursor` finds them. `hints` are sentences about a filter that is right, found nothing, and may have been meant otherwise. */
export interface CountedIssuePage {
  items: CountedIssue[];
  cursor: string | null;
  partial: boolean;
  hints: string[];
}

/** One dataset. Times are epoch milliseconds.

`latest_version` is 0 until one is published; `record_count` and `digest` are of the latest version; `draft_changes` counts the records that a draft adds, changes or removes. It belongs to one experiment and may be linked to others, where it is listed and can be read. */
export interface Dataset {
  dataset_id: string;
  experiment_id: string;
  name: string;
  identity: "by_input" | "by_external_id" | "none";
  lifecycle: "ACTIVE" | "DELETED";
  created_ms: number;
  updated_ms: number;
  created_by: string | null;
  description: string;
  tags: Record<string, string>;
  linked_experiment_ids: string[];
  input_schema: Record<string, unknown> | null;
  expectation_schema: Record<string, unknown> | null;
  latest_version: number;
  draft_changes: number;
  record_count: number;
  digest: string;
}

/** A new dataset, without records. */
export interface DatasetBody {
  experiment?: string;
  name: string;
  identity?: "by_input" | "by_external_id" | "none";
  description?: string;
  tags?: Record<string, string>;
  input_schema?: Record<string, JsonValue> | null;
  expectation_schema?: Record<string, JsonValue> | null;
}

/** A change; what is left out stays as it is. Tags are set, then deleted; links are added, then removed. */
export interface DatasetChangeBody {
  name?: string | null;
  description?: string | null;
  input_schema?: Record<string, JsonValue> | null;
  expectation_schema?: Record<string, JsonValue> | null;
  set_tags?: Record<string, string>;
  delete_tags?: string[];
  link?: string[];
  unlink?: string[];
}

/** One page of a list.

`cursor` continues after the last examined row and is None at the end. `partial` says that the search stopped at its deadline: `items` are right but there may be more before the next one; continuing with `cursor` finds them. `hints` are sentences about a filter that is right, found nothing, and may have been meant otherwise. */
export interface DatasetPage {
  items: Dataset[];
  cursor: string | null;
  partial: boolean;
  hints: string[];
}

/** One published version, which never changes but for its labels. `parent` is the one before, 0 the empty one.

`splits` counts the records of each split; `labels` are names such as golden, each on one version of a dataset. */
export interface DatasetVersion {
  dataset_id: string;
  version: number;
  parent: number;
  digest: string;
  created_ms: number;
  message: string;
  author: string | null;
  added: number;
  changed: number;
  removed: number;
  total: number;
  splits: Record<string, number>;
  labels: string[];
}

/** One page of a list.

`cursor` continues after the last examined row and is None at the end. `partial` says that the search stopped at its deadline: `items` are right but there may be more before the next one; continuing with `cursor` finds them. `hints` are sentences about a filter that is right, found nothing, and may have been meant otherwise. */
export interface DatasetVersionPage {
  items: DatasetVersion[];
  cursor: string | null;
  partial: boolean;
  hints: string[];
}

/** The reviews submitted on one day (UTC, as 2026-11-27). */
export interface DayReviews {
  day: string;
  reviews: number;
}

/** Why a reviewer does not review an item. */
export interface DeclineBody {
  reason: string;
  reviewer?: string | null;
}

/** What to delete: either `trace_ids`, or what matches `filter` in `experiments`, at most `max_traces`. */
export interface DeleteBody {
  trace_ids?: string[] | null;
  experiments?: string[] | null;
  filter?: string;
  dialect?: "lodeline" | "mlflow";
  max_traces?: number;
}

/** What a delete removed; `more` says that matching traces are left over its bound, and `missing` has the ids for which there was no trace, in the order asked for. */
export interface DeleteReport {
  deleted: number;
  more: boolean;
  missing: string[];
}

/** What has arrived from one process. It belongs to the experiment of its first batch.

`gaps` are the numbers up to `highest` that have not arrived (yet), the newest `MAX_GAPS` of them; `missing` counts all. A gap may close: a process sends again what it keeps, in any order. Times are epoch milliseconds. */
export interface Delivery {
  instance: string;
  experiment_id: string;
  first_ms: number;
  last_ms: number;
  requests: number;
  highest: number;
  missing: number;
  gaps: number[][];
}

/** Whether the account is shut out. */
export interface DisabledBody {
  disabled: boolean;
}

/** An item on which raters differ. `agreement` is the share of pairs that say the same; on an interval scale `distance`, the mean distance of pairs, tells more. */
export interface DisputedItem {
  item: string;
  agreement: number | "NaN" | "Infinity" | "-Infinity";
  distance: number | "NaN" | "Infinity" | "-Infinity" | null;
  ratings: RatedBy[];
}

/** An item that is marked differently; `overlap` is the mean over pairs (`text_span.overlap_of`). */
export interface DisputedSpans {
  item: string;
  overlap: number | "NaN" | "Infinity" | "-Infinity";
}

/** One document that a retriever or a reranker returned. */
export interface Document {
  content: string;
  document_id: string | null;
  score: number | "NaN" | "Infinity" | "-Infinity" | null;
  metadata: unknown;
}

/** A draft under a claim. */
export interface DraftBody {
  answers?: Record<string, JsonValue>;
  comments?: Record<string, string>;
  comment?: string | null;
  flags?: string[];
  assertions?: Record<string, string>;
  duration_ms?: number | null;
  token: string;
  reviewer?: string | null;
}

/** A size of the difference free of units.

`cohen-g` is the share of wins among wins and losses, less one half (Cohen 1988, ch. 5); `cohen-dz` the mean difference over the standard deviation of the differences (ibid., ch. 2). */
export interface Effect {
  name: "cohen-g" | "cohen-dz";
  value: number | "NaN" | "Infinity" | "-Infinity";
}

/** Why there is no value. */
export interface ErrorBody {
  code: string;
  message?: string;
  stack_digest?: string | null;
}

/** One evaluation. `rows_total` is how many rows there are to be, as far as that was said or seen.

`rows_done` have a result for every scorer; `rows_failed` have an error of the prediction or of a scorer. `message` says why it ended as it did. */
export interface Evaluation {
  run: Run;
  state: "CREATED" | "RUNNING" | "COMPLETED" | "COMPLETED_WITH_ERRORS" | "FAILED" | "CANCELLED" | "INTERRUPTED";
  bindings: Bindings;
  bindings_digest: string;
  rows_total: number;
  rows_done: number;
  rows_failed: number;
  scorers: string[];
  message: string | null;
}

/** A new evaluation of `experiment` (id or name), in state CREATED. */
export interface EvaluationBody {
  experiment?: string;
  name?: string;
  run_id?: string | null;
  parent_run_id?: string | null;
  start_ms?: number | null;
  params?: Record<string, string>;
  tags?: Record<string, string>;
  inputs?: RunInputBody[];
  outputs?: RunOutputBody[];
  bindings?: BindingsBody;
  rows_total?: number | null;
}

/** One row: a record (or the index of one) in one repetition.

`content_hash` is that of the record: rows of two evaluations are paired by it. `cluster` groups rows that are not independent, such as those of one conversation; without one, a record's rows are a cluster of their own.

As it is stored, `cost_usd` and `duration_ms` are what was logged with the row; as services give it, the row's trace says what was not logged (`domain.row_amounts`), and `tokens_total`, which is not stored, is the trace's. `judged_usd` is what the row's judgments cost, which is no part of `cost_usd`. */
export interface EvaluationRow {
  row_key: string;
  repetition: number;
  record_id: string | null;
  content_hash: string | null;
  cluster: string | null;
  slices: Record<string, string>;
  state: "PENDING" | "PREDICTING" | "SCORING" | "DONE" | "PREDICT_ERROR" | "SCORE_ERROR" | "SKIPPED";
  trace_id: string | null;
  error: string | null;
  duration_ms: number | null;
  cost_usd: number | "NaN" | "Infinity" | "-Infinity" | null;
  scores: RowScore[];
  judged_usd: number | "NaN" | "Infinity" | "-Infinity" | null;
  tokens_total: number | null;
}

/** One page of a list.

`cursor` continues after the last examined row and is None at the end. `partial` says that the search stopped at its deadline: `items` are right but there may be more before the next one; continuing with `cursor` finds them. `hints` are sentences about a filter that is right, found nothing, and may have been meant otherwise. */
export interface EvaluationRowPage {
  items: EvaluationRow[];
  cursor: string | null;
  partial: boolean;
  hints: string[];
}

/** What an evaluation's scores come to, scorer by scorer in order of name, and what its rows took: of each amount that any row has a value of. */
export interface EvaluationSummary {
  evaluation: Evaluation;
  view: "as_judged" | "effective";
  scorers: ScorerAggregate[];
  amounts: AmountSummary[];
}

/** One experiment. Times are epoch milliseconds UTC; `created_by` is an account name or None without auth. */
export interface Experiment {
  experiment_id: string;
  name: string;
  lifecycle: "ACTIVE" | "DELETED";
  created_ms: number;
  updated_ms: number;
  created_by: string | null;
  description: string;
  tags: Record<string, string>;
  settings: ExperimentSettings;
  artifact_root: string | null;
}

/** A new experiment. Sent again with the same `client_key` it returns the first one. */
export interface ExperimentBody {
  name: string;
  description?: string;
  tags?: Record<string, string>;
  settings?: SettingsBody | null;
  client_key?: string | null;
}

/** A change; what is left out stays as it is. Tags are set, then deleted. */
export interface ExperimentChangeBody {
  name?: string | null;
  description?: string | null;
  settings?: SettingsBody | null;
  set_tags?: Record<string, string>;
  delete_tags?: string[];
}

/** One page of a list.

`cursor` continues after the last examined row and is None at the end. `partial` says that the search stopped at its deadline: `items` are right but there may be more before the next one; continuing with `cursor` finds them. `hints` are sentences about a filter that is right, found nothing, and may have been meant otherwise. */
export interface ExperimentPage {
  items: Experiment[];
  cursor: string | null;
  partial: boolean;
  hints: string[];
}

/** What every incoming trace of an experiment inherits.

`mask_patterns` are RE2 expressions; each match in a captured string is replaced by ``[masked]`` before anything is stored. `recommended_tags` are the tag keys that people are asked to set. `environments` are the names offered first; `default_environment` is given to traces that name none. `gated_aliases` are aliases of models that move only with a passed gate. `enforce_label_schemas` refuses judgments of people whose name is that of a label schema that does not let their value in; what is submitted in a labeling session is always checked. `budget` refuses nothing: it is what cost is compared with. */
export interface ExperimentSettings {
  capture: "full" | "hashed" | "structure" | "none";
  mask_patterns: string[];
  mask_secrets: boolean;
  prices: PriceOverride[];
  retention: Retention;
  recommended_tags: string[];
  environments: string[];
  default_environment: string | null;
  gated_aliases: string[];
  enforce_label_schemas: boolean;
  budget: CostBudget;
}

/** Who signs in as the account by single sign-on; the issuer is that of the setting `oidc_issuer` by default. */
export interface ExternalBody {
  subject: string;
  issuer?: string | null;
}

/** Whom a provider of single sign-on knows: `subject` is its name for them, which it never gives to another. */
export interface ExternalIdentity {
  issuer: string;
  subject: string;
}

/** The most frequent values of a field under a filter, most frequent first, ties by value.

`complete` is false when only the newest `examined` traces were counted (the bound or the deadline was reached). */
export interface Facet {
  field: string;
  values: FacetValue[];
  examined: number;
  complete: boolean;
}

/** One value of a field and how many traces have it; None stands for traces without one. */
export interface FacetValue {
  value: string | null;
  count: number;
}

/** What is wrong with ``text[position:end]``; `suggestion` is what might stand there instead. */
export interface FilterProblem {
  message: string;
  position: number;
  end: number;
  suggestion: string | null;
}

/** A filter as far as it is written; `problem` is None when it is whole and right. */
export interface FilterReading {
  completion: Completion;
  problem: FilterProblem | null;
}

/** How an evaluation ended, where its rows do not tell it. */
export interface FinishBody {
  state?: "FAILED" | "INTERRUPTED" | null;
  message?: string | null;
}

/** The traces to make records of: `trace_ids`, or those of `experiments` that match `filter`.

`keep_source` pins them (tag `lodeline.pinned`), so that retention leaves them. */
export interface FromTracesBody {
  trace_ids?: string[];
  experiments?: string[];
  filter?: string | null;
  order?: string;
  limit?: number;
  split?: string | null;
  keep_source?: boolean;
  draft?: boolean;
  message?: string;
}

/** The rules to hold an evaluation to: the text of a gate file, and the baseline that rules may refer to; with
`can_fail` a rule that holds whatever the rows say is refused, as the move of a gated alias refuses it. */
export interface GateBody {
  rules: string;
  baseline?: string | null;
  view?: "as_judged" | "effective";
  seed?: number;
  can_fail?: boolean;
}

/** All rules of a gate file on one run.

`status`: "fail" when a deciding rule failed; else "inconclusive" when a deciding rule was, or when no deciding rule passed; else "pass". The names are those of the runs, empty where they have none. */
export interface GateReport {
  run_id: string;
  baseline_run_id: string | null;
  status: "pass" | "fail" | "inconclusive";
  results: GateResult[];
  run_name: string;
  baseline_name: string;
}

/** What became of one rule. `observed` is the statistic, against a baseline the difference; `interval` decided where the rule has a confidence. `error_rate` is the share of rows without a value, None without rows. `warnings` say why the result means less than it seems to. */
export interface GateResult {
  rule: GateRule;
  status: "pass" | "fail" | "inconclusive" | "skipped";
  message: string;
  n: number;
  observed: number | "NaN" | "Infinity" | "-Infinity" | null;
  interval: Interval | null;
  error_rate: number | "NaN" | "Infinity" | "-Infinity" | null;
  warnings: string[];
}

/** One rule. `metric` is a scorer or, where none has that name, an amount: `cost_usd`, `tokens_total`, `duration_ms` of a row, of which less is better.

Absolute (`op` and `threshold`): the statistic of `metric` over the rows of `slice` must stand so to the threshold. With `confidence` the whole one-sided interval must; without it the estimate alone. Against a `baseline` run (`margin`): the paired difference must not be worse than the margin by the one-sided interval of level `confidence` (non-inferiority); `margin_ratio` gives the margin as a share of the baseline's mean over the pairs, which is taken as it is, without an interval of its own. `statistic` is "mean", "error_rate" or a percentile such as "p95".

Fewer than `min_n` records with a value (or pairs) are insufficient data, whose status is `insufficient`; a share of rows without a value (errors and missing) above `max_error_rate` fails the rule. With `action` "warn" the rule is reported and does not decide. */
export interface GateRule {
  name: string;
  metric: string;
  statistic: string;
  slice: Record<string, string>;
  reducer: string;
  op: ">=" | ">" | "<=" | "<" | null;
  threshold: number | "NaN" | "Infinity" | "-Infinity" | null;
  baseline: boolean;
  margin: number | "NaN" | "Infinity" | "-Infinity" | null;
  margin_ratio: number | "NaN" | "Infinity" | "-Infinity" | null;
  direction: "higher" | "lower" | "none" | null;
  confidence: number | "NaN" | "Infinity" | "-Infinity" | null;
  min_n: number;
  max_error_rate: number | "NaN" | "Infinity" | "-Infinity";
  action: "fail" | "warn";
  insufficient: "fail" | "inconclusive" | "skip";
}

/** A gate that the server is to hold: the `rules` of a gate file (TOML) on an evaluation of the model. */
export interface GateRunBody {
  run_id: string;
  rules: string;
  baseline_run_id?: string | null;
}

/** The source that a model was made from; `dirty` says that files differed from the commit, `diff` how. */
export interface GitBody {
  commit?: string | null;
  branch?: string | null;
  remote?: string | null;
  dirty?: boolean;
  diff_digest?: string | null;
  diff?: string | null;
}

/** The source that a model was made from. `dirty` says that files differed from the commit; `diff_digest` is the SHA-256 of how, `diff` that text itself when it is at most `MAX_DIFF_BYTES` long. */
export interface GitInfo {
  commit: string | null;
  branch: string | null;
  remote: string | null;
  dirty: boolean;
  diff_digest: string | null;
  diff: string | null;
}

/** A judge with people, beside people with each other, over the `items` that the judge and two people or more rated: the mean over items, of pairs. `difference` is judge less people; a judge cannot be expected to agree with people better than they do among themselves. */
export interface HumanCeiling {
  measure: "agreement" | "distance";
  items: number;
  people: number | "NaN" | "Infinity" | "-Infinity";
  people_interval: Interval | null;
  judge: number | "NaN" | "Infinity" | "-Infinity";
  judge_interval: Interval | null;
  difference: number | "NaN" | "Infinity" | "-Infinity";
  difference_interval: Interval | null;
}

/** Who is asking, and what limits them. `csrf_token` is for the header `x-lodeline-csrf` of a browser's login.

`experiment_actions` says for each action in which experiments the server lets this one do it, `server_actions` what it lets them do to the server itself; both follow roles, scopes and experiments. `needs_set_up` says that the server has no account yet, and `sign_in_with` what single sign-on is called here, both to nobody alone. */
export interface Identity {
  kind: "local" | "account" | "key" | "system" | "anonymous";
  name: string;
  account_id: string | null;
  role: "admin" | "editor" | "viewer" | "reviewer" | null;
  roles: Record<string, "admin" | "editor" | "viewer" | "reviewer">;
  scopes: ("metrics" | "ingest" | "read" | "write" | "admin")[] | null;
  experiment_ids: string[] | null;
  expires_ms: number | null;
  csrf_token: string | null;
  experiment_actions: Record<string, Allowed>;
  server_actions: string[];
  needs_set_up: boolean;
  sign_in_with: string | null;
}

/** What an import did. Existing traces were left as they are; of those and of refused ones the first thousand are listed. Runs and models whose ids are taken, and artifacts whose paths are, were left alone, too. */
export interface ImportReport {
  experiment: Experiment;
  traces: number;
  spans: number;
  assessments: number;
  attachments: number;
  existing_count: number;
  existing_traces: string[];
  refused: string[];
  runs: number;
  models: number;
  existing_runs: number;
  existing_models: number;
  datasets: number;
  records: number;
  prompts: number;
  scorers: number;
  metric_points: number;
  prompt_versions: number;
  artifacts: number;
  existing_artifacts: number;
  label_schemas: number;
  labeling_sessions: number;
  labeling_items: number;
  issues: number;
}

/** What a client knows about a trace of `experiment`, beside its spans. What is given wins over what spans say.

Without `experiment` it is that which has the trace, and the default one for a new trace. `finalised` fixes the
metadata. */
export interface InfoBody {
  experiment?: string | null;
  name?: string | null;
  state?: "IN_PROGRESS" | "OK" | "ERROR" | "ABANDONED" | null;
  start_ns?: number | null;
  duration_ns?: number | null;
  request?: string | null;
  response?: string | null;
  session?: string | null;
  user?: string | null;
  environment?: string | null;
  model_id?: string | null;
  run_id?: string | null;
  client_request_id?: string | null;
  tokens?: TokensBody | null;
  cost_usd?: number | null;
  tags?: Record<string, string>;
  metadata?: Record<string, string>;
  finalised?: boolean;
}

/** An interval that covers the true value in a share `level` of repeated samples, by the method named. */
export interface Interval {
  low: number | "NaN" | "Infinity" | "-Infinity";
  high: number | "NaN" | "Infinity" | "-Infinity";
  level: number | "NaN" | "Infinity" | "-Infinity";
  method: "wilson" | "clopper-pearson" | "t" | "cluster-t" | "bootstrap" | "bca" | "cluster-bca" | "tango" | "newcombe" | "order-statistics" | "ppi" | "ppi++";
}

/** One issue. Times are epoch milliseconds. */
export interface Issue {
  issue_id: string;
  experiment_id: string;
  name: string;
  description: string;
  status: "pending" | "rejected" | "resolved";
  created_ms: number;
  updated_ms: number;
  severity: "not_an_issue" | "low" | "medium" | "high" | null;
  root_causes: string[];
  categories: string[];
  source_run_id: string | null;
  created_by: string | null;
}

/** A new issue. */
export interface IssueBody {
  experiment?: string;
  name: string;
  description: string;
  status?: "pending" | "rejected" | "resolved";
  severity?: "not_an_issue" | "low" | "medium" | "high" | null;
  root_causes?: string[];
  categories?: string[];
  source_run_id?: string | null;
  created_by?: string | null;
}

/** A change; what is left out stays as it is. */
export interface IssueChangeBody {
  name?: string | null;
  description?: string | null;
  status?: "pending" | "rejected" | "resolved" | null;
  severity?: "not_an_issue" | "low" | "medium" | "high" | null;
}

/** A key just made. `secret` is the key itself, shown this once. */
export interface IssuedKey {
  key: ApiKey;
  secret: string;
}

/** An item to be added. `gold` are known answers, which no reviewer is shown. */
export interface ItemBody {
  target: TargetBody;
  priority?: number;
  gold?: Record<string, JsonValue>;
  reviews_required?: number | null;
}

/** Records of a dataset's version to be added: those that `filter` finds, at most `limit`. */
export interface ItemRecordsBody {
  dataset_id: string;
  version?: string;
  filter?: string;
  limit?: number;
}

/** Which traces a session takes by itself, of those that `filter` finds (empty: all of the experiment).

- sample: a `share` of them, drawn by `seed`: the same traces whenever it is asked. - low_score: those with a judgment of `name`, of a judge or code, whose number is below `below`. - disagreement: those of which two judges, or two verdicts of one, say different things under `name`.

At most `limit` are added in one call, of a standing rule in one round, and at most `most` by a standing rule in all (None: as many as the session holds). What a person removed is not added again. */
export interface ItemRule {
  kind: "sample" | "low_score" | "disagreement";
  filter: string;
  share: number | "NaN" | "Infinity" | "-Infinity" | null;
  seed: number;
  name: string | null;
  below: number | "NaN" | "Infinity" | "-Infinity" | null;
  limit: number;
  priority: number;
  most: number | null;
}

/** A rule by which traces are added; see `ItemRule`. */
export interface ItemRuleBody {
  kind: "sample" | "low_score" | "disagreement";
  filter?: string;
  share?: number | null;
  seed?: number;
  name?: string | null;
  below?: number | null;
  limit?: number;
  priority?: number;
  most?: number | null;
}

/** Traces of the session's experiment to be added: those that `filter` finds, newest first, at most `limit`. */
export interface ItemSearchBody {
  filter?: string;
  order?: string;
  limit?: number;
  priority?: number;
}

/** Items to be added. */
export interface ItemsBody {
  items: ItemBody[];
}

/** What became of items to be added, in order: their ids, how many were new, how many had been removed by a person before and stay so, and how many were put back. */
export interface ItemsReport {
  item_ids: string[];
  added: number;
  known: number;
  left_removed: number;
  restored: number;
}

/** Any JSON value. */
export type JsonValue = unknown;

/** One judge beside people.

`judged` items have a rating of it, `compared` ones also a decision of people: what most say, on an ordered scale the middle; `undecided` ones none, as people are tied. `agreement` and `confusion` hold the judge to these decisions. Of several versions' ratings the latest of an item count, but for `versions` and `changes`. `corrected` is the rate that people would give all judged items, where values are true or false or a positive one is named. `repeats` is how far the judge agrees with itself: its verdicts on the items that one version of it judged more than once, in the order in which it gave them; None where there are none. */
export interface JudgeReport {
  judge: string;
  judged: number;
  compared: number;
  undecided: number;
  agreement: AgreementReport | null;
  confusion: ConfusionMatrix | null;
  ceiling: HumanCeiling | null;
  calibration: Calibration | null;
  calibration_of: "confidence" | "score" | null;
  corrected: CorrectedRate | null;
  versions: JudgeVersion[];
  changes: VersionChange[];
  repeats: AgreementReport | null;
  warnings: string[];
}

/** One version of a judge: `agreed` of its `compared` ratings are what people decided; `mean` is that of its values where they have one. On an interval scale `agreed` is None and `distance` the mean distance from people. */
export interface JudgeVersion {
  version: string | null;
  ratings: number;
  compared: number;
  agreed: number | null;
  agreement: number | "NaN" | "Infinity" | "-Infinity" | null;
  agreement_interval: Interval | null;
  distance: number | "NaN" | "Infinity" | "-Infinity" | null;
  mean: number | "NaN" | "Infinity" | "-Infinity" | null;
  first_ms: number;
  last_ms: number;
}

/** A new key. Without `experiment_ids` it reaches what its owner reaches; without `owner_id` it is one's own. */
export interface KeyBody {
  name: string;
  scopes: ("metrics" | "ingest" | "read" | "write" | "admin")[];
  experiment_ids?: string[] | null;
  expires_ms?: number | null;
  owner_id?: string | null;
}

/** How many rows a scorer gave this text. */
export interface LabelCount {
  label: string;
  count: number;
}

/** How an answer is given. Which of the fields count is said by `kind`:

- pass_fail: `positive_label`, `negative_label`; the answer is true or false; - categorical: `options`, of which one is chosen, or with `multi_select` any number; `ordered` says that they go   from the least to the most; - numeric: a number from `min_value` to `max_value`, where these are given; - text: at most `max_length` characters; - text_list: at most `max_count` texts of at most `max_length` characters each; - spans: at most `max_count` stretches of what is shown of the item's `marks` (its response, or its request), each   with one of `options` as its label (`domain.text_span`); none is an answer, too. */
export interface LabelInput {
  kind: "pass_fail" | "categorical" | "numeric" | "text" | "text_list" | "spans";
  positive_label: string;
  negative_label: string;
  options: string[];
  multi_select: boolean;
  ordered: boolean;
  min_value: number | "NaN" | "Infinity" | "-Infinity" | null;
  max_value: number | "NaN" | "Infinity" | "-Infinity" | null;
  max_length: number | null;
  max_count: number | null;
  marks: "request" | "response";
}

/** How an answer is given; fields that its kind does not have are left out. */
export interface LabelInputBody {
  kind: "pass_fail" | "categorical" | "numeric" | "text" | "text_list" | "spans";
  positive_label?: string;
  negative_label?: string;
  options?: string[];
  multi_select?: boolean;
  ordered?: boolean;
  min_value?: number | null;
  max_value?: number | null;
  max_length?: number | null;
  max_count?: number | null;
  marks?: "request" | "response";
}

/** One version of a schema. Times are epoch milliseconds; `updated_ms` is when this version was made.

`direction` says which answers are good: true, later options and greater numbers ("higher"), or the other ones. */
export interface LabelSchema {
  schema_id: string;
  experiment_id: string;
  name: string;
  version: number;
  kind: "FEEDBACK" | "EXPECTATION";
  input: LabelInput;
  created_ms: number;
  updated_ms: number;
  title: string;
  instruction: string | null;
  enable_comment: boolean;
  direction: "higher" | "lower" | "none";
  created_by: string | null;
  is_default: boolean;
}

/** A new schema of `experiment` (id or name). */
export interface LabelSchemaBody {
  experiment?: string;
  name: string;
  kind: "FEEDBACK" | "EXPECTATION";
  input: LabelInputBody;
  title?: string;
  instruction?: string | null;
  enable_comment?: boolean;
  direction?: "higher" | "lower" | "none";
  schema_id?: string | null;
}

/** What to change of a schema; an empty instruction takes it away. It makes another version. */
export interface LabelSchemaChangeBody {
  name?: string | null;
  title?: string | null;
  instruction?: string | null;
  enable_comment?: boolean | null;
  input?: LabelInputBody | null;
  direction?: "higher" | "lower" | "none" | null;
}

/** A new session of `experiment` (id or name) that asks with `schemas` (names or ids). */
export interface LabelingBody {
  experiment?: string;
  name?: string;
  run_id?: string | null;
  parent_run_id?: string | null;
  start_ms?: number | null;
  params?: Record<string, string>;
  tags?: Record<string, string>;
  inputs?: RunInputBody[];
  outputs?: RunOutputBody[];
  schemas: string[];
  instructions?: string;
  reviewers?: string[];
  policy?: PolicyBody;
  dataset_id?: string | null;
  state?: "DRAFT" | "OPEN";
  rules?: ItemRuleBody[];
}

/** What to change of a session; what is left out stays, an empty `dataset_id` takes it away.

`policy` takes the place of the whole policy. Items that are complete or in dispute stay so, unless
`extend_completed`. */
export interface LabelingChangeBody {
  state?: "DRAFT" | "OPEN" | "PAUSED" | "CLOSED" | "ARCHIVED" | null;
  name?: string | null;
  instructions?: string | null;
  schemas?: string[] | null;
  reviewers?: string[] | null;
  policy?: PolicyBody | null;
  dataset_id?: string | null;
  rules?: ItemRuleBody[] | null;
  extend_completed?: boolean;
}

/** One item with its assignments in order of their slots, those of earlier rounds included.

`place` numbers the items of a session in the order in which they came. `required` is how many reviews it needs now. A removed item keeps its reviews, is in no list and in nobody's queue. `agreement` is that of the answers of a round that was complete. */
export interface LabelingItem {
  item_id: string;
  run_id: string;
  target: ReviewTarget;
  place: number;
  state: "PENDING" | "IN_REVIEW" | "COMPLETE" | "DISPUTED" | "ADJUDICATED" | "DECLINED" | "UNAVAILABLE";
  required: number;
  added_ms: number;
  priority: number;
  round: number;
  gold: Record<string, unknown>;
  reviews_required: number | null;
  snapshot: string | null;
  source: "hand" | "search" | "rule";
  added_by: string | null;
  removed_ms: number | null;
  removed_by: string | null;
  agreement: number | "NaN" | "Infinity" | "-Infinity" | null;
  assignments: Assignment[];
  adjudications: Adjudication[];
}

/** One page of a list.

`cursor` continues after the last examined row and is None at the end. `partial` says that the search stopped at its deadline: `items` are right but there may be more before the next one; continuing with `cursor` finds them. `hints` are sentences about a filter that is right, found nothing, and may have been meant otherwise. */
export interface LabelingItemPage {
  items: LabelingItem[];
  cursor: string | null;
  partial: boolean;
  hints: string[];
}

/** How far a session is: items by state, reviews made and still to be made, reviewers in order of name.

`reviews_open` are places that nobody has claimed, among them those whose lease has run out. */
export interface LabelingProgress {
  items: Record<string, number>;
  reviews_submitted: number;
  reviews_claimed: number;
  reviews_open: number;
  reviewers: ReviewerProgress[];
}

/** What a labeling session came to. `disputed` are the items in dispute, at most 1,000 of `disputed_items`; `titles` say in a line what each item is about that the report names. */
export interface LabelingReport {
  states: Record<string, number>;
  throughput: Throughput;
  reviewers: ReviewerReport[];
  schemas: SchemaReport[];
  disputed: string[];
  disputed_items: number;
  warnings: string[];
  titles: Record<string, string>;
}

/** One labeling session. `dataset_id` is where `sync` writes unless it is told otherwise; by `rules` it takes traces by itself while it is OPEN.

`schemas` are the versions that the session asks with, `former_schemas` those that it asked with before: answers that were given to them stay as they are. `counts` has the number of items by state, removed ones left out; states without items are missing. */
export interface LabelingSession {
  run: Run;
  state: "DRAFT" | "OPEN" | "PAUSED" | "CLOSED" | "ARCHIVED";
  schemas: LabelSchema[];
  instructions: string;
  reviewers: string[];
  policy: ReviewPolicy;
  dataset_id: string | null;
  counts: Record<string, number>;
  rules: ItemRule[];
  former_schemas: LabelSchema[];
}

/** One page of a list.

`cursor` continues after the last examined row and is None at the end. `partial` says that the search stopped at its deadline: `items` are right but there may be more before the next one; continuing with `cursor` finds them. `hints` are sentences about a filter that is right, found nothing, and may have been meant otherwise. */
export interface LabelingSessionPage {
  items: LabelingSession[];
  cursor: string | null;
  partial: boolean;
  hints: string[];
}

/** Labels are set, which takes them from other versions, then deleted. */
export interface LabelsBody {
  set?: string[];
  delete?: string[];
}

/** Bland and Altman's limits for two raters: the mean difference (second less first) ± 1.96 deviations. */
export interface LimitsOfAgreement {
  n: number;
  bias: number | "NaN" | "Infinity" | "-Infinity";
  low: number | "NaN" | "Infinity" | "-Infinity";
  high: number | "NaN" | "Infinity" | "-Infinity";
}

/** Traces to link to a run. */
export interface LinkBody {
  run_id: string;
  trace_ids: string[];
}

/** How many of the links are new. */
export interface LinkReport {
  linked: number;
}

/** What became of one draft: the assessment, and whether logging it changed anything.

With `parked_until_ms` (epoch milliseconds) it is not in the ledger yet: it waits until then for its trace. */
export interface LoggedAssessment {
  assessment: Assessment;
  changed: boolean;
  parked_until_ms: number | null;
}

/** What became of one row: whether anything changed, and the assessment of each of its scores, in order (None where the row names no trace or one that is not there). */
export interface LoggedRow {
  row_key: string;
  repetition: number;
  changed: boolean;
  assessment_ids: (string | null)[];
}

/** A name and its password. */
export interface LoginBody {
  name: string;
  password: string;
}

/** Tags to set, and then keys to delete, in many traces. */
export interface ManyTagsBody {
  set?: Record<string, string>;
  delete?: string[];
  trace_ids: string[];
}

/** One text in which spans can lie. */
export interface MarkableText {
  field: string;
  text: string;
}

/** One chat message in normal form.

`content` is the joined text of its text parts; `parts` keeps everything that is not text (images and files by reference, reasoning) as JSON. A tool's answer has role "tool" and the `tool_call_id` it answers. */
export interface Message {
  role: "system" | "user" | "assistant" | "tool" | "unknown";
  content: string;
  tool_calls: ToolCall[];
  tool_call_id: string | null;
  reasoning: string | null;
  parts: unknown[];
}

/** One measurement; it may say on which dataset and of which model it is. */
export interface MetricBody {
  key: string;
  value: number | "NaN" | "Infinity" | "-Infinity";
  timestamp_ms: number;
  step?: number;
  dataset_id?: string | null;
  dataset_digest?: string | null;
  model_id?: string | null;
}

/** One measurement; `value` may be NaN or infinite. It may say on which dataset and of which model it is. */
export interface MetricPoint {
  key: string;
  value: number | "NaN" | "Infinity" | "-Infinity";
  timestamp_ms: number;
  step: number;
  dataset_id: string | null;
  dataset_digest: string | null;
  model_id: string | null;
}

/** One page of a list.

`cursor` continues after the last examined row and is None at the end. `partial` says that the search stopped at its deadline: `items` are right but there may be more before the next one; continuing with `cursor` finds them. `hints` are sentences about a filter that is right, found nothing, and may have been meant otherwise. */
export interface MetricPointPage {
  items: MetricPoint[];
  cursor: string | null;
  partial: boolean;
  hints: string[];
}

/** Measurements of a run. */
export interface MetricsBody {
  metrics: MetricBody[];
}

/** What became of logged points: how many were new. A point that equals a known one changes nothing. */
export interface MetricsReport {
  logged: number;
}

/** One version of the application. Times are epoch milliseconds.

FAILED says that it cannot be used, `status_message` why. `aliases` are the names that point at it now. */
export interface Model {
  model_id: string;
  experiment_id: string;
  name: string;
  status: "PENDING" | "READY" | "FAILED";
  lifecycle: "ACTIVE" | "DELETED";
  created_ms: number;
  updated_ms: number;
  status_message: string | null;
  model_type: string | null;
  source_run_id: string | null;
  source_trace_id: string | null;
  parent_model_id: string | null;
  params: Record<string, string>;
  tags: Record<string, string>;
  git: GitInfo | null;
  config_digest: string | null;
  dependencies_digest: string | null;
  prompt_versions: PromptUse[];
  created_by: string | null;
  reuse_key: string | null;
  aliases: string[];
  metrics: ModelMetric[];
}

/** A new model of `experiment` (id or name). With a `reuse_key` that made one before, that one is returned. */
export interface ModelBody {
  experiment?: string;
  name: string;
  status?: "PENDING" | "READY" | "FAILED";
  status_message?: string | null;
  model_type?: string | null;
  source_run_id?: string | null;
  source_trace_id?: string | null;
  parent_model_id?: string | null;
  params?: Record<string, string>;
  tags?: Record<string, string>;
  git?: GitBody | null;
  config_digest?: string | null;
  dependencies_digest?: string | null;
  prompt_versions?: PromptUseBody[];
  reuse_key?: string | null;
  model_id?: string | null;
}

/** A change; what is left out stays as it is. Tags are set, then deleted; a param is set once. */
export interface ModelChangeBody {
  name?: string | null;
  status?: "PENDING" | "READY" | "FAILED" | null;
  status_message?: string | null;
  set_params?: Record<string, string>;
  set_tags?: Record<string, string>;
  delete_tags?: string[];
  add_prompts?: PromptUseBody[];
}

/** How two models differ; what is equal is left out. */
export interface ModelDiff {
  left: string;
  right: string;
  params: ValueDifference[];
  prompts: ValueDifference[];
  git: ValueDifference[];
  metrics: ValueDifference[];
  other: ValueDifference[];
}

/** One measurement of a model: by a run, on a dataset, or neither. The latest by (step, time, value) is kept. */
export interface ModelMetric {
  key: string;
  value: number | "NaN" | "Infinity" | "-Infinity";
  timestamp_ms: number;
  step: number;
  dataset_id: string | null;
  dataset_digest: string | null;
  run_id: string | null;
}

/** One measurement of a model: by a run, on a dataset, or neither. */
export interface ModelMetricBody {
  key: string;
  value: number | "NaN" | "Infinity" | "-Infinity";
  timestamp_ms: number;
  step?: number;
  dataset_id?: string | null;
  dataset_digest?: string | null;
  run_id?: string | null;
}

/** Measurements of a model. */
export interface ModelMetricsBody {
  metrics: ModelMetricBody[];
}

/** One page of a list.

`cursor` continues after the last examined row and is None at the end. `partial` says that the search stopped at its deadline: `items` are right but there may be more before the next one; continuing with `cursor` finds them. `hints` are sentences about a filter that is right, found nothing, and may have been meant otherwise. */
export interface ModelPage {
  items: Model[];
  cursor: string | null;
  partial: boolean;
  hints: string[];
}

/** People's assessments of one name, and the judges beside them. `complete` is false when there are more assessments than the `examined` newest. */
export interface NameTrust {
  name: string;
  panel: PanelReport;
  judges: JudgeReport[];
  examined: number;
  complete: boolean;
}

/** Records that are alike, in the order of the dataset. `similarity` (0 to 1) is the least of the pairs that hold the group together: each record is so near to another one, not to all. `exact` says that the inputs of all are the same. `preview` is the beginning of the text in the first one's inputs. */
export interface NearDuplicateGroup {
  record_ids: string[];
  similarity: number | "NaN" | "Infinity" | "-Infinity";
  exact: boolean;
  preview: string;
}

/** The groups of a version, the largest first, of equally large ones the most alike. `version` is its number, of the draft the one that it would get; `records` were looked at, and `partial` says that there was more to compare. */
export interface NearDuplicateRecords {
  version: number;
  threshold: number | "NaN" | "Infinity" | "-Infinity";
  groups: NearDuplicateGroup[];
  records: number;
  partial: boolean;
}

/** The item that a reviewer is to review now; None when there is none left for them. */
export interface NextReview {
  item: ReviewView | null;
}

/** Which records could be paired by their content. The lists are cut, the numbers are not. */
export interface Pairing {
  paired: number;
  changed: number;
  only_baseline: number;
  only_candidate: number;
  changed_records: ChangedRecord[];
  only_baseline_ids: string[];
  only_candidate_ids: string[];
}

/** How far people agree, and each of them beside the others. `agreement` is None with fewer than two people.

`disputed` has the items they differ most on, at most 100 of `disputed_items`. */
export interface PanelReport {
  scale: "nominal" | "ordinal" | "interval";
  people: string[];
  ratings: number;
  items: number;
  agreement: AgreementReport | null;
  raters: RaterStanding[];
  disputed: DisputedItem[];
  disputed_items: number;
}

/** A new password; one's own needs the old one. */
export interface PasswordBody {
  new: string;
  old?: string | null;
}

/** A review of item `item_id` that was made elsewhere by `reviewer`, at `made_ms` (epoch milliseconds). */
export interface PastReviewBody {
  answers?: Record<string, JsonValue>;
  comments?: Record<string, string>;
  comment?: string | null;
  flags?: string[];
  assertions?: Record<string, string>;
  duration_ms?: number | null;
  item_id: string;
  reviewer: string;
  made_ms?: number | null;
  key?: string;
}

/** Reviews that were made elsewhere. */
export interface PastReviewsBody {
  reviews: PastReviewBody[];
}

/** What became of past reviews: how many were logged, and how many had been before. */
export interface PastReviewsReport {
  logged: number;
  known: number;
}

/** How a session is reviewed. */
export interface PolicyBody {
  reviews_required?: number;
  mode?: "open_pool" | "named" | "round_robin" | "weighted";
  blind_reviewers?: boolean;
  blind_judges?: boolean;
  blind_model?: boolean;
  order?: "priority" | "oldest" | "random";
  overlap?: number;
  min_agreement?: number | null;
  lease_minutes?: number;
  allow_decline?: boolean;
  max_declines?: number | null;
  require_all_answers?: boolean;
  fields?: ("request" | "response" | "spans" | "tags" | "metadata" | "expectations")[];
  weights?: Record<string, number>;
}

/** Own prices of one model, in US dollars per million tokens. */
export interface PriceBody {
  model: string;
  provider?: string | null;
  input_usd_per_mtok?: number | null;
  output_usd_per_mtok?: number | null;
  cache_read_usd_per_mtok?: number | null;
  cache_write_usd_per_mtok?: number | null;
}

/** Own prices of one model, in US dollars per million tokens; None leaves the packaged price in force.

`model` matches the span's model name exactly; `provider` narrows it when given. */
export interface PriceOverride {
  model: string;
  provider: string | null;
  input_usd_per_mtok: number | "NaN" | "Infinity" | "-Infinity" | null;
  output_usd_per_mtok: number | "NaN" | "Infinity" | "-Infinity" | null;
  cache_read_usd_per_mtok: number | "NaN" | "Infinity" | "-Infinity" | null;
  cache_write_usd_per_mtok: number | "NaN" | "Infinity" | "-Infinity" | null;
}

/** What went wrong with a request, by RFC 9457: `code` is stable, `detail` says what, which value, what to do. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  details: Record<string, unknown>;
  request_id: string | null;
}

/** One prompt. Times are epoch milliseconds.

No two prompts of a store have the same name. It belongs to the experiment that registered it first, and may be linked to others, where it is listed and can be read. */
export interface Prompt {
  name: string;
  experiment_id: string;
  latest_version: number;
  created_ms: number;
  updated_ms: number;
  created_by: string | null;
  description: string;
  tags: Record<string, string>;
  aliases: Record<string, number>;
  linked_experiment_ids: string[];
}

/** An alias moved from version `before` (None: it was new) to `after` (None: it was deleted). */
export interface PromptAliasEvent {
  alias: string;
  before: number | null;
  after: number | null;
  at_ms: number;
  by: string | null;
  reason: string;
}

/** A version: either a `template` or `messages`, in which `{{ name }}` stands for a variable. */
export interface PromptBody {
  experiment?: string | null;
  name: string;
  template?: string | null;
  messages?: ChatMessageBody[];
  message?: string;
  tags?: Record<string, string>;
  response_format?: JsonValue;
  config?: Record<string, JsonValue> | null;
  description?: string;
}

/** A change; tags and aliases are set, then deleted; links to experiments are added, then removed. */
export interface PromptChangeBody {
  description?: string | null;
  set_tags?: Record<string, string>;
  delete_tags?: string[];
  set_aliases?: Record<string, number>;
  delete_aliases?: string[];
  reason?: string;
  link?: string[];
  unlink?: string[];
}

/** One page of a list.

`cursor` continues after the last examined row and is None at the end. `partial` says that the search stopped at its deadline: `items` are right but there may be more before the next one; continuing with `cursor` finds them. `hints` are sentences about a filter that is right, found nothing, and may have been meant otherwise. */
export interface PromptPage {
  items: Prompt[];
  cursor: string | null;
  partial: boolean;
  hints: string[];
}

/** A version of a prompt that a model uses. */
export interface PromptUse {
  name: string;
  version: number;
}

/** A version of a prompt that a model uses. */
export interface PromptUseBody {
  name: string;
  version: number;
}

/** One version, which never changes but for its tags. `variables` are the names that its template has, in order.

`experiment_id` is the one that the prompt belongs to. `message` says why it was made. `digest` is over kind, template or messages, response format and model config. */
export interface PromptVersion {
  name: string;
  experiment_id: string;
  version: number;
  kind: "text" | "chat";
  digest: string;
  created_ms: number;
  template: string | null;
  messages: ChatMessage[];
  variables: string[];
  message: string;
  tags: Record<string, string>;
  response_format: unknown;
  model_config: Record<string, unknown> | null;
  author: string | null;
}

/** One page of a list.

`cursor` continues after the last examined row and is None at the end. `partial` says that the search stopped at its deadline: `items` are right but there may be more before the next one; continuing with `cursor` finds them. `hints` are sentences about a filter that is right, found nothing, and may have been meant otherwise. */
export interface PromptVersionPage {
  items: PromptVersion[];
  cursor: string | null;
  partial: boolean;
  hints: string[];
}

/** What a version made of the draft says. */
export interface PublishBody {
  message?: string;
  expected_version?: number | null;
}

/** The latest version after a publish; `made` is false when there was nothing to publish. */
export interface Published {
  version: DatasetVersion;
  made: boolean;
}

/** What a purge has removed, as counts; while it goes on `finished` is false.

`of_traces` is how many traces there were when it began, where that is known. */
export interface PurgeReceipt {
  experiment_id: string;
  name: string;
  traces: number;
  spans: number;
  assessments: number;
  blobs: number;
  bytes_freed: number;
  runs: number;
  models: number;
  datasets: number;
  records: number;
  prompts: number;
  scorers: number;
  label_schemas: number;
  labeling_items: number;
  issues: number;
  of_traces: number | null;
  finished: boolean;
}

/** `value` is the quantile of order `p` (0 to 1), interpolated linearly between closest ranks. */
export interface Quantile {
  p: number | "NaN" | "Infinity" | "-Infinity";
  value: number | "NaN" | "Infinity" | "-Infinity";
}

/** What one rater said. */
export interface RatedBy {
  rater: string;
  value: unknown;
}

/** One rater beside the others.

`agreed` of `compared` ratings are what most of the others said; items whose others are tied are not compared. `deviation` is the mean of the rater's value less the mean of the others' (of 0 and 1 for true and false), over the items that others rated; None for texts without an order. */
export interface RaterStanding {
  rater: string;
  ratings: number;
  compared: number;
  agreed: number;
  agreement: number | "NaN" | "Infinity" | "-Infinity" | null;
  agreement_interval: Interval | null;
  deviation: number | "NaN" | "Infinity" | "-Infinity" | null;
  deviation_interval: Interval | null;
}

/** One record as a version holds it. Times are epoch milliseconds, of this record's first and present content.

`content_hash` is over canonical inputs, expectations and outputs, `input_hash` over the inputs; tags, split and source do not count. */
export interface DatasetRecord {
  record_id: string;
  inputs: Record<string, unknown>;
  expectations: Record<string, unknown>;
  outputs: unknown;
  tags: Record<string, string>;
  split: string | null;
  external_id: string | null;
  source: RecordSource | null;
  content_hash: string;
  input_hash: string;
  created_ms: number;
  updated_ms: number;
  author: string | null;
}

/** One record. With a `record_id` it means that record, else the dataset's identity says which. */
export interface RecordBody {
  inputs: Record<string, JsonValue>;
  expectations?: Record<string, JsonValue>;
  outputs?: JsonValue;
  tags?: Record<string, string>;
  split?: string | null;
  external_id?: string | null;
  source?: RecordSourceBody | null;
  record_id?: string | null;
}

/** One record that two versions do not have the same; `before` or `after` is None where a version lacks it. */
export interface RecordDifference {
  record_id: string;
  kind: "added" | "changed" | "removed";
  before: DatasetRecord | null;
  after: DatasetRecord | null;
}

/** One page of a list.

`cursor` continues after the last examined row and is None at the end. `partial` says that the search stopped at its deadline: `items` are right but there may be more before the next one; continuing with `cursor` finds them. `hints` are sentences about a filter that is right, found nothing, and may have been meant otherwise. */
export interface RecordDifferencePage {
  items: RecordDifference[];
  cursor: string | null;
  partial: boolean;
  hints: string[];
}

/** One page of a list.

`cursor` continues after the last examined row and is None at the end. `partial` says that the search stopped at its deadline: `items` are right but there may be more before the next one; continuing with `cursor` finds them. `hints` are sentences about a filter that is right, found nothing, and may have been meant otherwise. */
export interface RecordPage {
  items: DatasetRecord[];
  cursor: string | null;
  partial: boolean;
  hints: string[];
}

/** A record somewhere: what a trace's records are listed as. `version` is the first one with its content. */
export interface RecordPlace {
  dataset_id: string;
  dataset_name: string;
  experiment_id: string;
  record: DatasetRecord;
  version: number;
}

/** A record as it stands from version `valid_from` on, up to and without version `valid_to` (None: still). */
export interface RecordRevision {
  record: DatasetRecord;
  valid_from: number;
  valid_to: number | null;
}

/** Where a record comes from: `source_id` names the trace, span (``trace/span``), session, person or document; of a review the item (``trace/item`` when it was about a trace). */
export interface RecordSource {
  kind: "TRACE" | "SPAN" | "SESSION" | "HUMAN" | "DOCUMENT" | "SYNTHETIC" | "IMPORT" | "REVIEW";
  source_id: string | null;
  note: string | null;
}

/** Where a record comes from. */
export interface RecordSourceBody {
  kind: "TRACE" | "SPAN" | "SESSION" | "HUMAN" | "DOCUMENT" | "SYNTHETIC" | "IMPORT" | "REVIEW";
  source_id?: string | null;
  note?: string | null;
}

/** A write: append, merge, put or replace `records`, or delete `delete_ids`. It makes one version or a draft. */
export interface RecordsBody {
  operation?: "append" | "merge" | "put" | "replace" | "delete";
  records?: RecordBody[];
  delete_ids?: string[];
  draft?: boolean;
  message?: string;
  expected_version?: number | null;
}

/** The version that a draft became; `made` is false when the latest one said the same already. */
export interface RegisteredPrompt {
  version: PromptVersion;
  made: boolean;
}

/** One version of a registered scorer; the names of an experiment's scorers are its own. */
export interface RegisteredScorer {
  name: string;
  experiment_id: string;
  version: number;
  digest: string;
  definition: Record<string, unknown>;
  created_ms: number;
  message: string;
  created_by: string | null;
}

/** A record that was not taken: its place in what was sent, the JSON pointer within it, and why. */
export interface Rejection {
  index: number;
  pointer: string;
  reason: string;
}

/** A claim to be given up; with `requeue` the item comes last in the reviewer's own order. */
export interface ReleaseBody {
  token: string;
  requeue?: boolean;
  reviewer?: string | null;
}

/** Items whose confidence lies in one bin: their mean confidence and the share that was right. */
export interface ReliabilityBin {
  low: number | "NaN" | "Infinity" | "-Infinity";
  high: number | "NaN" | "Infinity" | "-Infinity";
  n: number;
  confidence: number | "NaN" | "Infinity" | "-Infinity";
  accuracy: number | "NaN" | "Infinity" | "-Infinity";
  interval: Interval;
}

/** Which traces of an experiment to price anew. `cursor` goes on where an earlier answer ended. */
export interface RepriceBody {
  experiment: string;
  filter?: string;
  dialect?: "lodeline" | "mlflow";
  max_traces?: number;
  dry_run?: boolean;
  cursor?: string | null;
}

/** What pricing traces anew has changed, or with `dry_run` would change.

`traces` were looked at; in `changed` of them, in `spans` spans, a span's cost differs. These `changed` traces cost `before_usd` together, and `after_usd` now. `cursor` goes on where this ended, None at the end. */
export interface RepriceReport {
  traces: number;
  changed: number;
  spans: number;
  before_usd: number | "NaN" | "Infinity" | "-Infinity";
  after_usd: number | "NaN" | "Infinity" | "-Infinity";
  dry_run: boolean;
  cursor: string | null;
}

/** What an evaluation is taken up with: when `bindings` are not those it had, it must be forced. */
export interface ResumeBody {
  bindings?: BindingsBody | null;
  force?: boolean;
  rows_total?: number | null;
}

/** How long traces are kept; None means no limit. See `jobs.retention` for what is never removed. */
export interface Retention {
  max_age_days: number | "NaN" | "Infinity" | "-Infinity" | null;
  max_traces: number | null;
  max_bytes: number | null;
}

/** How long traces are kept; null means no limit. */
export interface RetentionBody {
  max_age_days?: number | null;
  max_traces?: number | null;
  max_bytes?: number | null;
}

/** What a reviewer says of an item: answers and comments by schema name, and beside them a comment, flags, and assertions: short claims by key, each of which the output should satisfy. `duration_ms` is the time the reviewer spent, where the client measured it. */
export interface ReviewForm {
  answers: Record<string, unknown>;
  comments: Record<string, string>;
  comment: string | null;
  flags: string[];
  assertions: Record<string, string>;
  duration_ms: number | null;
}

/** What is sent to a reviewer: the address on this server, and whether they must sign in (else the link carries their name, which anybody could change). */
export interface ReviewLink {
  path: string;
  reviewer: string | null;
  signs_in: boolean;
}

/** How a session is reviewed.

Mode open_pool: whoever asks first, of the reviewers if there are any named. named: every reviewer reviews every item, and `reviews_required` does not count. round_robin: each item is given to `reviews_required` reviewers in turn. weighted: to as many, drawn in proportion to their `weights` (1 where none is given), by skill or by the time they have.

`overlap` is the share of items that get `reviews_required` reviews; the others get one. With `min_agreement` an item whose answers agree less (`domain.review_places.agreement_of`) becomes DISPUTED rather than COMPLETE. A reviewer who does not save or submit for `lease_minutes` may lose the item to another one. An item that nobody reviewed is DECLINED when everybody who could review it declined, or `max_declines` reviewers did. `fields` are what reviewers are shown of an item; the blind switches hide other reviewers' answers, judges' verdicts, and which version of the application and which model made the output. With `require_all_answers` a review answers every schema of kind FEEDBACK; what the output should have been may be left out, but for sessions that ask for nothing else. */
export interface ReviewPolicy {
  reviews_required: number;
  mode: "open_pool" | "named" | "round_robin" | "weighted";
  blind_reviewers: boolean;
  blind_judges: boolean;
  blind_model: boolean;
  order: "priority" | "oldest" | "random";
  overlap: number | "NaN" | "Infinity" | "-Infinity";
  min_agreement: number | "NaN" | "Infinity" | "-Infinity" | null;
  lease_minutes: number;
  allow_decline: boolean;
  max_declines: number | null;
  require_all_answers: boolean;
  fields: ("request" | "response" | "spans" | "tags" | "metadata" | "expectations")[];
  weights: Record<string, number | "NaN" | "Infinity" | "-Infinity">;
}

/** A labeling session as one of its reviewers sees it. `mine` is the reviewer's own progress; `items_open` counts items that are not done, whoever is to do them. */
export interface ReviewSession {
  run_id: string;
  experiment_id: string;
  name: string;
  state: "DRAFT" | "OPEN" | "PAUSED" | "CLOSED" | "ARCHIVED";
  instructions: string;
  schemas: LabelSchema[];
  reviewer: string;
  verified: boolean;
  lease_minutes: number;
  allow_decline: boolean;
  require_all_answers: boolean;
  fields: ("request" | "response" | "spans" | "tags" | "metadata" | "expectations")[];
  items_total: number;
  items_open: number;
  mine: ReviewerProgress;
}

/** One page of a list.

`cursor` continues after the last examined row and is None at the end. `partial` says that the search stopped at its deadline: `items` are right but there may be more before the next one; continuing with `cursor` finds them. `hints` are sentences about a filter that is right, found nothing, and may have been meant otherwise. */
export interface ReviewSessionPage {
  items: ReviewSession[];
  cursor: string | null;
  partial: boolean;
  hints: string[];
}

/** What is reviewed. Which fields are set is said by `kind`:

- TRACE: `trace_id`; - SESSION: `session`, the name of a traced conversation; - RECORD: `dataset_id`, `record_id`, and `dataset_version` as of which it is shown; - ROW: `run_id`, `row_key`, `repetition` of an evaluation, and its `trace_id` when it has one; - PAIR: `trace_id` and `other_trace_id`, to be compared. */
export interface ReviewTarget {
  kind: "TRACE" | "SESSION" | "RECORD" | "ROW" | "PAIR";
  trace_id: string | null;
  other_trace_id: string | null;
  session: string | null;
  dataset_id: string | null;
  record_id: string | null;
  dataset_version: number | null;
  run_id: string | null;
  row_key: string | null;
  repetition: number | null;
}

/** An item as a reviewer sees it. `mine` is the reviewer's last assignment of the present round, with its token, draft and submission; None where there is none. `texts` are those in which spans can be marked, where a schema of the session asks for spans. */
export interface ReviewView {
  item_id: string;
  run_id: string;
  state: "PENDING" | "IN_REVIEW" | "COMPLETE" | "DISPUTED" | "ADJUDICATED" | "DECLINED" | "UNAVAILABLE";
  kind: "TRACE" | "SESSION" | "RECORD" | "ROW" | "PAIR";
  round: number;
  mine: Assignment | null;
  contents: ShownContent[];
  judgments: ShownJudgment[];
  reviews: ShownReview[];
  texts: MarkableText[];
}

/** One page of a list.

`cursor` continues after the last examined row and is None at the end. `partial` says that the search stopped at its deadline: `items` are right but there may be more before the next one; continuing with `cursor` finds them. `hints` are sentences about a filter that is right, found nothing, and may have been meant otherwise. */
export interface ReviewViewPage {
  items: ReviewView[];
  cursor: string | null;
  partial: boolean;
  hints: string[];
}

/** Who reviews, where nobody is signed in. */
export interface ReviewerBody {
  reviewer?: string | null;
}

/** How far one reviewer is: assignments by state; OPEN ones are kept for this reviewer. `account` says whether somebody can sign in and review under the name; None where nobody signs in. */
export interface ReviewerProgress {
  reviewer: string;
  verified: boolean;
  submitted: number;
  claimed: number;
  open: number;
  declined: number;
  released: number;
  expired: number;
  account: "ready" | "missing" | "disabled" | "no_role" | null;
}

/** One reviewer: reviews, the median time of one, and how many answers to gold items were the known ones. Beside the other reviewers they stand in the panel of each schema.

`skill` is what the gold answers say of how well they review, from 0 to 1: (right + 1) / (all + 2), Laplace's rule of succession, so that few answers say little and nobody's is 0; 1/2 without any. It is a weight for `ReviewPolicy.weights`. */
export interface ReviewerReport {
  reviewer: string;
  reviews: number;
  median_ms: number | "NaN" | "Infinity" | "-Infinity" | null;
  gold: number;
  gold_right: number;
  gold_accuracy: number | "NaN" | "Infinity" | "-Infinity" | null;
  gold_interval: Interval | null;
  skill: number | "NaN" | "Infinity" | "-Infinity";
}

/** A role, on the whole server or in one experiment; null takes it away. */
export interface RoleBody {
  role: "admin" | "editor" | "viewer" | "reviewer" | null;
  experiment_id?: string | null;
}

/** A row: a record of the data (or the index of one) in one repetition.

Sent again it is taken over: given fields replace those there are, scores replace those of the same name. */
export interface RowBody {
  row_key: string;
  repetition?: number;
  record_id?: string | null;
  content_hash?: string | null;
  cluster?: string | null;
  slices?: Record<string, string>;
  state?: "PENDING" | "PREDICTING" | "SCORING" | "DONE" | "PREDICT_ERROR" | "SCORE_ERROR" | "SKIPPED";
  trace_id?: string | null;
  error?: string | null;
  duration_ms?: number | null;
  cost_usd?: number | null;
  judged_usd?: number | null;
  scores?: ScoreBody[];
  expectations?: Record<string, JsonValue>;
  expected_by?: SourceBody;
}

/** One paired record: its value in both runs, reduced over repetitions. */
export interface RowDifference {
  content_hash: string;
  record_id: string;
  baseline: number | "NaN" | "Infinity" | "-Infinity";
  candidate: number | "NaN" | "Infinity" | "-Infinity";
  difference: number | "NaN" | "Infinity" | "-Infinity";
}

/** What a scorer said of a row, as judged: a value (boolean, number or short text) or the code of an error.

`assessment_id` names the judgment on the row's trace, whose present state may differ. `error_message` is the beginning of what that judgment says of the error: rows do not keep it, lists of them look it up. */
export interface RowScore {
  name: string;
  value: unknown;
  error: string | null;
  assessment_id: string | null;
  rationale: string | null;
  error_message: string;
}

/** A batch of rows with their scores. */
export interface RowsBody {
  rows: RowBody[];
}

/** What became of a batch of rows. Rows of `missing_traces` are kept; log them again when the traces have arrived, and their scores become assessments. `cost_usd` is what the other traces cost, as far as it is known. */
export interface RowsReport {
  rows: LoggedRow[];
  missing_traces: string[];
  cost_usd: number | "NaN" | "Infinity" | "-Infinity";
}

/** How far a standing rule is. Times are epoch milliseconds.

When it last ran (None: not yet), up to when what arrived was looked at (None: it was imported, and begins with its first round), how many items it added then and in all, and what kept it from running, if anything did. */
export interface RuleState {
  rule: ItemRule;
  last_run_ms: number | null;
  seen_ms: number | null;
  last_added: number;
  added: number;
  error: string | null;
}

/** One run. Times are epoch milliseconds; `end_ms` is None while it goes on.

`metrics` holds the latest point of each key: the greatest by (step, time, value). */
export interface Run {
  run_id: string;
  experiment_id: string;
  name: string;
  kind: "RUN" | "EVALUATION" | "LABELING";
  status: "SCHEDULED" | "RUNNING" | "FINISHED" | "FAILED" | "KILLED";
  lifecycle: "ACTIVE" | "DELETED";
  start_ms: number;
  end_ms: number | null;
  created_by: string | null;
  parent_run_id: string | null;
  params: Record<string, string>;
  tags: Record<string, string>;
  metrics: Record<string, MetricPoint>;
  inputs: RunInput[];
  outputs: RunOutput[];
}

/** A new run of `experiment` (id or name). Without `start_ms` it begins now; an id is made unless one is given. */
export interface RunBody {
  experiment?: string;
  name?: string;
  run_id?: string | null;
  parent_run_id?: string | null;
  start_ms?: number | null;
  params?: Record<string, string>;
  tags?: Record<string, string>;
  inputs?: RunInputBody[];
  outputs?: RunOutputBody[];
  status?: "SCHEDULED" | "RUNNING" | "FINISHED" | "FAILED" | "KILLED";
  end_ms?: number | null;
}

/** A change; what is left out stays as it is. Tags are set, then deleted; a param is set once. */
export interface RunChangeBody {
  name?: string | null;
  status?: "SCHEDULED" | "RUNNING" | "FINISHED" | "FAILED" | "KILLED" | null;
  end_ms?: number | null;
  set_params?: Record<string, string>;
  set_tags?: Record<string, string>;
  delete_tags?: string[];
  add_inputs?: RunInputBody[];
  add_outputs?: RunOutputBody[];
}

/** One candidate against the baseline. `not_compared` names scorers that only one of the two has.

`amounts` are those that either run has any value of. */
export interface RunComparison {
  candidate: string;
  pairing: Pairing;
  scorers: ScorerComparison[];
  not_compared: string[];
  amounts: AmountComparison[];
}

/** What went into a run: a dataset (by id or name, with version and digest) or a model. `context` is such as "training". Of a dataset that is kept elsewhere `source` tells where, as its `source_type` says it, `schema` and `profile` what it looks like; each is text that is kept as it came. */
export interface RunInput {
  dataset_id: string | null;
  name: string | null;
  version: number | null;
  digest: string | null;
  context: string | null;
  model_id: string | null;
  source_type: string | null;
  source: string | null;
  schema: string | null;
  profile: string | null;
}

/** What went into a run: a dataset (by id or name) or a model. Of a dataset that is kept elsewhere `source` tells
where, as its `source_type` says it; that, `schema` and `profile` are kept as they come. */
export interface RunInputBody {
  dataset_id?: string | null;
  name?: string | null;
  version?: number | null;
  digest?: string | null;
  context?: string | null;
  model_id?: string | null;
  source_type?: string | null;
  source?: string | null;
  schema?: string | null;
  profile?: string | null;
}

/** A model that a run made, at a step of it. */
export interface RunOutput {
  model_id: string;
  step: number;
}

/** A model that a run made, at a step of it. */
export interface RunOutputBody {
  model_id: string;
  step?: number;
}

/** One page of a list.

`cursor` continues after the last examined row and is None at the end. `partial` says that the search stopped at its deadline: `items` are right but there may be more before the next one; continuing with `cursor` finds them. `hints` are sentences about a filter that is right, found nothing, and may have been meant otherwise. */
export interface RunPage {
  items: Run[];
  cursor: string | null;
  partial: boolean;
  hints: string[];
}

/** One schema: how far reviewers agree (None where answers cannot be compared, which `note` explains), their answers to gold items, and the judges of the same name beside them. Where spans are marked, `spans` says how far they agree on these. */
export interface SchemaReport {
  name: string;
  answers: number;
  panel: PanelReport | null;
  gold: number;
  gold_right: number;
  judges: JudgeReport[];
  note: string | null;
  spans: SpanReport | null;
}

/** A score of a row: a value (boolean, number or short text) or the code of an error. */
export interface ScoreBody {
  name: string;
  value?: boolean | number | string | null;
  error?: string | null;
  error_message?: string;
  rationale?: string | null;
  source?: SourceBody;
  metadata?: Record<string, string>;
  confidence?: number | null;
}

/** One scorer over one run: all rows, then by slices in order of key and value (None last); of a key that has many values the 100 with most rows. */
export interface ScorerAggregate {
  scorer: string;
  reducer: string;
  summary: ValueSummary;
  slices: SliceSummary[];
}

/** A scorer's definition; the `digest` in it, where there is one, tells its versions apart. */
export interface ScorerBody {
  experiment?: string;
  name: string;
  definition: Record<string, JsonValue>;
  message?: string;
}

/** One scorer on the paired records; differences are candidate less baseline.

`n` counts the pairs with a value on both sides; `baseline_lost` and `candidate_lost` the paired records without a value on that side (errors, nothing given, too few repetitions). A win is a pair where the candidate is better by the scorer's direction, with direction "none" where it is higher. `minimal_detectable` is the difference that so many pairs would find with 80 % power; `rows_needed` how many more pairs would find the difference seen (or `delta`, where that is given) with that power. `verdict` is None under six pairs and for texts. It is "equivalent" when the interval of level 1 - 2α lies within ±`delta`; else better, worse or different when the adjusted p is at most α and the interval excludes 0; else inconclusive. `rows` begin with the worst regression. */
export interface ScorerComparison {
  scorer: string;
  direction: "higher" | "lower" | "none";
  kind: "rate" | "mean" | "counts";
  n: number;
  baseline_lost: number;
  candidate_lost: number;
  wins: number;
  ties: number;
  losses: number;
  baseline_value: number | "NaN" | "Infinity" | "-Infinity" | null;
  candidate_value: number | "NaN" | "Infinity" | "-Infinity" | null;
  difference: number | "NaN" | "Infinity" | "-Infinity" | null;
  standard_error: number | "NaN" | "Infinity" | "-Infinity" | null;
  interval: Interval | null;
  p: number | "NaN" | "Infinity" | "-Infinity" | null;
  test: "mcnemar-exact" | "wilcoxon" | "cluster-bootstrap" | "cluster-t" | null;
  p_adjusted: number | "NaN" | "Infinity" | "-Infinity" | null;
  effect: Effect | null;
  minimal_detectable: number | "NaN" | "Infinity" | "-Infinity" | null;
  rows_needed: number | null;
  delta: number | "NaN" | "Infinity" | "-Infinity" | null;
  verdict: "better" | "worse" | "different" | "equivalent" | "inconclusive" | null;
  warnings: string[];
  rows: RowDifference[];
}

/** The version that a definition became; `made` is false when the latest one has its digest already. */
export interface ScorerRegistration {
  scorer: RegisteredScorer;
  made: boolean;
}

/** What this server is. `figures` are the store's sizes and counters, shown to admins only. */
export interface ServerInfo {
  version: string;
  api_versions: string[];
  auth: boolean;
  time_ms: number;
  capabilities: Capabilities;
  figures: Record<string, string> | null;
}

/** One conversation: the traces of an experiment that share a session id.

OPEN until `DEFAULT_SESSION_IDLE_S` have passed since its last activity; a late turn opens it again. `duration_ns` is from the first start to the last activity, which is the latest end (or start) of a trace. Sums are over its traces; `user` is that of the earliest trace that names one. `error_count` counts the traces in state ERROR, `faulty_count` those with spans of status ERROR, whatever their state. */
export interface Session {
  experiment_id: string;
  session: string;
  state: "OPEN" | "CLOSED";
  first_ns: string;
  last_ns: string;
  trace_count: number;
  error_count: number;
  tokens: TokenUsage;
  cost_usd: number | "NaN" | "Infinity" | "-Infinity" | null;
  user: string | null;
  faulty_count: number;
}

/** One page of a list.

`cursor` continues after the last examined row and is None at the end. `partial` says that the search stopped at its deadline: `items` are right but there may be more before the next one; continuing with `cursor` finds them. `hints` are sentences about a filter that is right, found nothing, and may have been meant otherwise. */
export interface SessionPage {
  items: Session[];
  cursor: string | null;
  partial: boolean;
  hints: string[];
}

/** What every incoming trace of an experiment inherits.

What is left out stays as it is, so that two changes at one time keep each other; null is what it is by default. */
export interface SettingsBody {
  capture?: "full" | "hashed" | "structure" | "none" | null;
  mask_patterns?: string[] | null;
  mask_secrets?: boolean | null;
  prices?: PriceBody[] | null;
  retention?: RetentionBody | null;
  recommended_tags?: string[] | null;
  environments?: string[] | null;
  default_environment?: string | null;
  gated_aliases?: string[] | null;
  enforce_label_schemas?: boolean | null;
  budget?: CostBudgetBody | null;
}

/** The first account: the token is the one that the server printed when it started. */
export interface SetupBody {
  token: string;
  name: string;
  password: string;
}

/** One trace or record of an item. What the session does not show is None or empty. */
export interface ShownContent {
  title: string;
  trace_id: string | null;
  request: unknown;
  response: unknown;
  expectations: Record<string, unknown>;
  spans: ShownSpan[];
  tags: Record<string, string>;
  metadata: Record<string, string>;
  model_id: string | null;
}

/** A judgment that is there already: a judge's, or a person's; shown where the session is not blind to it. */
export interface ShownJudgment {
  name: string;
  source: string;
  source_id: string;
  value: unknown;
  rationale: string | null;
}

/** Another reviewer's submission; shown where the session is not blind to reviewers. */
export interface ShownReview {
  reviewer: string;
  form: ReviewForm;
}

/** A span of a trace under review: what went in and what came out, and which model where that is shown. */
export interface ShownSpan {
  name: string;
  kind: string;
  depth: number;
  inputs: unknown;
  outputs: unknown;
  model: string | null;
}

/** Why κ may mislead for two raters and two categories (Byrt, Bishop and Carlin 1993): `prevalence` is how unequal the categories are, `bias` how differently the raters use them; both from 0 to 1. */
export interface Skew {
  prevalence: number | "NaN" | "Infinity" | "-Infinity";
  bias: number | "NaN" | "Infinity" | "-Infinity";
}

/** The summary of the rows whose slice `key` has this `value`; None stands for rows without one. */
export interface SliceSummary {
  key: string;
  value: string | null;
  summary: ValueSummary;
}

/** Who or what judged. */
export interface SourceBody {
  kind?: "HUMAN" | "LLM_JUDGE" | "CODE";
  source_id?: string;
  digest?: string | null;
}

/** A whole span as it was sent: untouched attributes, events, links, its resource and scope, and its view.

`cost_source` says where `cost_usd` is from: ``reported`` by the span itself, or the prices that its tokens had when it was taken in, with their version: ``genai-prices VERSION``, ``override`` (the experiment's own prices), or ``override, genai-prices VERSION`` where the former left some open. None without a cost, and for spans that were taken in before this was kept. */
export interface Span {
  trace_id: string;
  span_id: string;
  parent_id: string | null;
  name: string;
  kind: "AGENT" | "LLM" | "CHAT_MODEL" | "TOOL" | "RETRIEVER" | "EMBEDDING" | "RERANKER" | "PARSER" | "CHAIN" | "GUARDRAIL" | "EVALUATOR" | "TASK" | "UNKNOWN";
  status: "UNSET" | "OK" | "ERROR";
  start_ns: string;
  end_ns: string | null;
  status_message: string;
  otel_kind: string;
  trace_state: string;
  attributes: Record<string, unknown>;
  events: SpanEvent[];
  links: SpanLink[];
  resource: Record<string, unknown>;
  scope: string;
  scope_version: string;
  view: SpanView;
  cost_usd: number | "NaN" | "Infinity" | "-Infinity" | null;
  cost_source: string | null;
}

/** The values of a field over the spans of matching traces: the dearest first, then the most frequent, then by value.

A call that two instrumentations trace, one span within the other, counts twice here; the cost of a trace counts it once. `complete` is false when only the newest `examined` traces were looked at, or the deadline ended it. */
export interface SpanBreakdown {
  field: "model" | "provider" | "name" | "kind";
  values: SpanFigures[];
  examined: number;
  complete: boolean;
}

/** Something that happened within a span; `time_ns` is epoch nanoseconds. */
export interface SpanEvent {
  name: string;
  time_ns: string;
  attributes: Record<string, unknown>;
}

/** What the spans of one value come to: how many, in how many traces, how many failed, percentiles of their durations as `Measure` has them, their tokens and their cost. `value` None stands for spans without one. */
export interface SpanFigures {
  value: string | null;
  spans: number;
  traces: number;
  errors: number;
  duration_p50_ms: number | "NaN" | "Infinity" | "-Infinity" | null;
  duration_p95_ms: number | "NaN" | "Infinity" | "-Infinity" | null;
  tokens_total: number;
  cost_usd: number | "NaN" | "Infinity" | "-Infinity" | null;
}

/** The spans of a trace that a search found, in the order of its skeleton; `partial` says that it ended early. */
export interface SpanHits {
  span_ids: string[];
  partial: boolean;
}

/** A reference to another span, possibly of another trace. */
export interface SpanLink {
  trace_id: string;
  span_id: string;
  attributes: Record<string, unknown>;
}

/** One who marks: on how many items, how many spans, which share of the texts, and by label how many spans. */
export interface SpanRater {
  rater: string;
  answers: number;
  spans: number;
  marked: number | "NaN" | "Infinity" | "-Infinity" | null;
  labels: Record<string, number>;
}

/** How far people agree on spans.

`items` counts those that two or more marked, or found nothing to mark in; `single` those with one answer; `characters` the code points of the texts of `items`, each text once. Items without a text say nothing. `disputed` are the ones that are marked most differently, at most 100 of `disputed_items`. */
export interface SpanReport {
  raters: SpanRater[];
  items: number;
  single: number;
  characters: number;
  coefficients: Coefficient[];
  disputed: DisputedSpans[];
  disputed_items: number;
  warnings: string[];
}

/** A span without its content: what a trace tree and a timeline need. */
export interface SpanSkeleton {
  span_id: string;
  parent_id: string | null;
  name: string;
  kind: "AGENT" | "LLM" | "CHAT_MODEL" | "TOOL" | "RETRIEVER" | "EMBEDDING" | "RERANKER" | "PARSER" | "CHAIN" | "GUARDRAIL" | "EVALUATOR" | "TASK" | "UNKNOWN";
  status: "UNSET" | "OK" | "ERROR";
  start_ns: string;
  end_ns: string | null;
  model: string | null;
  tokens: TokenUsage | null;
  cost_usd: number | "NaN" | "Infinity" | "-Infinity" | null;
  size_bytes: number;
}

/** The normalised view of a span: the same provider call gives the same view whatever instrumentation saw it.

Computed when read, beside the untouched attributes. `dialect` names the convention that was understood. */
export interface SpanView {
  kind: "AGENT" | "LLM" | "CHAT_MODEL" | "TOOL" | "RETRIEVER" | "EMBEDDING" | "RERANKER" | "PARSER" | "CHAIN" | "GUARDRAIL" | "EVALUATOR" | "TASK" | "UNKNOWN";
  dialect: string;
  inputs: unknown;
  outputs: unknown;
  input_messages: Message[];
  output_messages: Message[];
  tool_definitions: unknown[];
  tool_call: ToolCall | null;
  documents: Document[];
  model: string | null;
  provider: string | null;
  parameters: Record<string, unknown>;
  finish_reasons: string[];
  tokens: TokenUsage;
  session: string | null;
  user: string | null;
}

/** What the traces of one experiment have cost in the present period, in US dollars.

The period goes from `from_ms` to before `to_ms`, epoch milliseconds. `projected_usd` is the cost at its end if it goes on as it has since it began; None while less than a twentieth of it has passed. Calls without a price count as nothing. Not `complete` means: at least so much, the deadline ended the sum. */
export interface Spending {
  experiment_id: string;
  period: "day" | "week" | "month";
  from_ms: number;
  to_ms: number;
  spent_usd: number | "NaN" | "Infinity" | "-Infinity";
  max_usd: number | "NaN" | "Infinity" | "-Infinity" | null;
  projected_usd: number | "NaN" | "Infinity" | "-Infinity" | null;
  state: "none" | "within" | "ahead" | "over";
  complete: boolean;
}

/** The shares of the splits, such as {"train": 0.8, "test": 0.2}; `stratify_by` is a tag or expectations.KEY. */
export interface SplitsBody {
  ratios: Record<string, number>;
  seed?: number;
  stratify_by?: string | null;
  draft?: boolean;
  message?: string;
}

/** A form that was handed in. `key` is the client's, by which it is known again. `assessments` are what the answers and assertions became, by name; none where the target takes no assessments (records).

`duration_ms` is what the form says, else the time since the claim; None where neither is known. `text_lengths` says, of each schema whose answer are spans, how many Unicode code points the texts had that could be marked. */
export interface Submission {
  form: ReviewForm;
  submitted_ms: number;
  duration_ms: number | null;
  key: string | null;
  assessments: Record<string, string>;
  text_lengths: Record<string, number>;
}

/** A review: under a claim, or without `token` at once. `key` makes it safe to send again. */
export interface SubmitBody {
  answers?: Record<string, JsonValue>;
  comments?: Record<string, string>;
  comment?: string | null;
  flags?: string[];
  assertions?: Record<string, string>;
  duration_ms?: number | null;
  token?: string | null;
  key?: string | null;
  reviewer?: string | null;
}

/** One thing that may be written: the text to insert, what it is, and a line about it. */
export interface Suggestion {
  text: string;
  kind: "field" | "group" | "operator" | "value" | "keyword";
  doc: string;
}

/** Where to carry what people expect; the session's own dataset when left out. */
export interface SyncBody {
  dataset_id?: string | null;
}

/** What a sync wrote: how many items had expectations, those left out because they are disputed or about something that makes no record, and what became of the records. `version` is the dataset's latest then. */
export interface SyncReport {
  dataset_id: string;
  version: number;
  items: number;
  skipped: number;
  inserted: number;
  updated: number;
  unchanged: number;
  rejected: number;
}

/** How many traces have the tags now, and the ids for which there was no trace, in the order asked for. */
export interface TagReport {
  tagged: number;
  missing: string[];
}

/** Tags to set, and then keys to delete. */
export interface TagsBody {
  set?: Record<string, string>;
  delete?: string[];
}

/** What is to be reviewed; which fields are given is said by `kind`. */
export interface TargetBody {
  kind: "TRACE" | "SESSION" | "RECORD" | "ROW" | "PAIR";
  trace_id?: string | null;
  other_trace_id?: string | null;
  session?: string | null;
  dataset_id?: string | null;
  record_id?: string | null;
  dataset_version?: number | null;
  run_id?: string | null;
  row_key?: string | null;
  repetition?: number | null;
}

/** How fast reviews came. Times of one review are those that are known (`timed` of them): their median with its interval, and the hours they come to; `reviews_per_hour` is of these hours of work, not of the clock. */
export interface Throughput {
  reviews: number;
  first_ms: number | null;
  last_ms: number | null;
  timed: number;
  median_ms: number | "NaN" | "Infinity" | "-Infinity" | null;
  median_interval: Interval | null;
  hours: number | "NaN" | "Infinity" | "-Infinity";
  reviews_per_hour: number | "NaN" | "Infinity" | "-Infinity" | null;
  days: DayReviews[];
}

/** Tokens of one call. Every token is counted in exactly one bucket.

Providers whose "input" includes cached tokens, or whose "output" includes reasoning, are converted by the dialect's translator (`ingest.semconv`). */
export interface TokenUsage {
  input: number;
  output: number;
  total: number;
  input_uncached: number;
  cache_read: number;
  cache_write_5m: number;
  cache_write_1h: number;
  output_text: number;
  output_reasoning: number;
  audio_in: number;
  audio_out: number;
  image: number;
}

/** Tokens, each counted in one bucket. */
export interface TokensBody {
  input_uncached?: number;
  cache_read?: number;
  cache_write_5m?: number;
  cache_write_1h?: number;
  output_text?: number;
  output_reasoning?: number;
  audio_in?: number;
  audio_out?: number;
  image?: number;
}

/** A tool call that a model asked for. `arguments` is parsed JSON, or the text itself when it is not JSON. */
export interface ToolCall {
  name: string;
  arguments: unknown;
  call_id: string | null;
}

/** One trace as lists show it: its summary with the edits made since, and the ids of the runs it is linked to.

`tags` are mutable; `metadata` is fixed once the trace is finalised. Bodies of spans are never part of it. */
export interface Trace {
  trace_id: string;
  experiment_id: string;
  name: string;
  state: "IN_PROGRESS" | "OK" | "ERROR" | "ABANDONED";
  start_ns: string;
  duration_ns: string | null;
  received_ms: number;
  updated_ms: number;
  root_span_id: string | null;
  request: string | null;
  response: string | null;
  session: string | null;
  user: string | null;
  environment: string | null;
  service: string | null;
  client: string | null;
  model_id: string | null;
  run_id: string | null;
  linked_run_ids: string[];
  client_request_id: string | null;
  tokens: TokenUsage;
  cost_usd: number | "NaN" | "Infinity" | "-Infinity" | null;
  span_count: number;
  error_count: number;
  size_bytes: number;
  status_message: string;
  finalised: boolean;
  tags: Record<string, string>;
  metadata: Record<string, string>;
}

/** How many traces match; not `exact` means: at least so many, the deadline ended the count. */
export interface TraceCount {
  count: number;
  exact: boolean;
}

/** One trace without span content: its summary, the skeleton of its spans, and its assessments, oldest first. */
export interface TraceDetail {
  trace: Trace;
  spans: SpanSkeleton[];
  assessments: Assessment[];
}

/** One page of a list.

`cursor` continues after the last examined row and is None at the end. `partial` says that the search stopped at its deadline: `items` are right but there may be more before the next one; continuing with `cursor` finds them. `hints` are sentences about a filter that is right, found nothing, and may have been meant otherwise. */
export interface TracePage {
  items: Trace[];
  cursor: string | null;
  partial: boolean;
  hints: string[];
}

/** One traced end user (never an account): the traces of an experiment that name this user. */
export interface User {
  experiment_id: string;
  user: string;
  first_ns: string;
  last_ns: string;
  trace_count: number;
  error_count: number;
  session_count: number;
  tokens: TokenUsage;
  cost_usd: number | "NaN" | "Infinity" | "-Infinity" | null;
}

/** One page of a list.

`cursor` continues after the last examined row and is None at the end. `partial` says that the search stopped at its deadline: `items` are right but there may be more before the next one; continuing with `cursor` finds them. `hints` are sentences about a filter that is right, found nothing, and may have been meant otherwise. */
export interface UserPage {
  items: User[];
  cursor: string | null;
  partial: boolean;
  hints: string[];
}

/** One thing that two models differ in; None is missing. */
export interface ValueDifference {
  name: string;
  left: string | null;
  right: string | null;
}

/** What values come to. Rows: `n` with a value, `errors` where the scorer failed (or gave NaN, an infinity or a number beyond ±10¹⁰⁰), `missing` where it gave nothing; errors and missing are in no mean.

`records` have a value after reduction, `unreduced` have fewer values than the reducer needs; `clusters` counts the groups that the standard error takes as independent. `value` is the mean over records (for a rate: the share), None without records and for texts, whose `counts` are given instead, most frequent first. Quantiles are those of the records' values. */
export interface ValueSummary {
  n: number;
  errors: number;
  missing: number;
  records: number;
  unreduced: number;
  clusters: number;
  kind: "rate" | "mean" | "counts";
  value: number | "NaN" | "Infinity" | "-Infinity" | null;
  standard_error: number | "NaN" | "Infinity" | "-Infinity" | null;
  interval: Interval | null;
  quantiles: Quantile[];
  counts: LabelCount[];
}

/** From one version of a judge to the next.

`shared` items were rated by both, with another value `changed` times. `difference` is that of their agreement with people: over the `pairs` that both rated and people decided, where there are any, with McNemar's exact p; else over all that each rated (`pairs` is 0, `p` None). None where one of them was never compared. */
export interface VersionChange {
  before: string | null;
  after: string | null;
  shared: number;
  changed: number;
  pairs: number;
  difference: number | "NaN" | "Infinity" | "-Infinity" | null;
  interval: Interval | null;
  p: number | "NaN" | "Infinity" | "-Infinity" | null;
}

/** A record that a dataset's schemas do not let in, with the first place where it is wrong. */
export interface Violation {
  record_id: string;
  pointer: string;
  reason: string;
}

/** One page of a list.

`cursor` continues after the last examined row and is None at the end. `partial` says that the search stopped at its deadline: `items` are right but there may be more before the next one; continuing with `cursor` finds them. `hints` are sentences about a filter that is right, found nothing, and may have been meant otherwise. */
export interface ViolationPage {
  items: Violation[];
  cursor: string | null;
  partial: boolean;
  hints: string[];
}

/** What a write did. `record_ids` has the id of each record sent, in order, None where it was rejected.

`version` is the version made, or None for a draft; of a write that changed nothing the latest. */
export interface WriteReport {
  inserted: number;
  updated: number;
  unchanged: number;
  deleted: number;
  rejected: Rejection[];
  record_ids: (string | null)[];
  version: number | null;
  draft_changes: number;
}

export interface Operations {
  /** Add items: traces, sessions, records, rows of evaluations, pairs of traces. Those that are there stay. */
  add_labeling_items: {
    params: {
      run_id: string;
    };
    body: ItemsBody;
    answer: ItemsReport;
  };
  /** Add the traces that a rule chooses: a sample, low scores, or judges that disagree. */
  add_labeling_items_by_rule: {
    params: {
      run_id: string;
    };
    body: ItemRuleBody;
    answer: ItemsReport;
  };
  /** Add records of a dataset, as a version has them; those that a person removed stay removed. */
  add_labeling_records: {
    params: {
      run_id: string;
    };
    body: ItemRecordsBody;
    answer: ItemsReport;
  };
  /** Add the traces that a filter finds; those that a person removed stay removed. */
  add_labeling_traces: {
    params: {
      run_id: string;
    };
    body: ItemSearchBody;
    answer: ItemsReport;
  };
  /** Merge records made of traces: their inputs, outputs and expectations. */
  add_traces_to_dataset: {
    params: {
      dataset_id: string;
    };
    body: FromTracesBody;
    answer: WriteReport;
  };
  /** Decide a dispute; the answers become judgments in the name of who decides. */
  adjudicate_labeling_item: {
    params: {
      item_id: string;
    };
    body: AdjudicationBody;
    answer: LabelingItem;
  };
  /** Compute counts, error rates, latencies, tokens, cost and assessment means over time and groups. */
  aggregate_traces: {
    params: Record<string, never>;
    body: AggregateBody;
    answer: Aggregate;
  };
  /** Give every record a split, the same for the same records and seed on any machine. */
  assign_splits: {
    params: {
      dataset_id: string;
    };
    body: SplitsBody;
    answer: WriteReport;
  };
  /** Compare the spans of the traces that match a filter: calls, failures, durations, tokens and cost by language
model, provider, name or kind. */
  break_down_spans: {
    params: {
      by: "model" | "provider" | "name" | "kind";
      kind?: ("AGENT" | "LLM" | "CHAT_MODEL" | "TOOL" | "RETRIEVER" | "EMBEDDING" | "RERANKER" | "PARSER" | "CHAIN" | "GUARDRAIL" | "EVALUATOR" | "TASK" | "UNKNOWN")[] | null;
      limit?: number;
      experiment?: string[] | null;
      filter?: string;
      dialect?: "lodeline" | "mlflow";
    };
    body: undefined;
    answer: SpanBreakdown;
  };
  /** Cancel an evaluation; the rows it has stay valid. */
  cancel_evaluation: {
    params: {
      run_id: string;
    };
    body: CancelBody;
    answer: Evaluation;
  };
  /** Claim the next item in the reviewer's order, or return the one that they hold. */
  claim_next_review: {
    params: {
      run_id: string;
    };
    body: ReviewerBody;
    answer: NextReview;
  };
  /** Claim an item, or renew the lease of one's claim. */
  claim_review: {
    params: {
      item_id: string;
    };
    body: ReviewerBody;
    answer: ReviewView;
  };
  /** Compare evaluations with a baseline: per scorer wins, ties and losses, the difference with its interval, a
test, and a verdict; rows in order of regression. */
  compare_evaluations: {
    params: Record<string, never>;
    body: CompareBody;
    answer: Comparison;
  };
  /** Return what may be written at a place of a filter, and the first thing that is wrong with it. */
  complete_filter: {
    params: {
      text?: string;
      position?: number;
      entity?: "trace" | "span" | "assessment" | "experiment" | "session" | "user" | "audit" | "run" | "model" | "dataset" | "record" | "prompt";
    };
    body: undefined;
    answer: FilterReading;
  };
  /** Count the traces that match a filter. */
  count_traces: {
    params: {
      experiment?: string[] | null;
      filter?: string;
      dialect?: "lodeline" | "mlflow";
    };
    body: undefined;
    answer: TraceCount;
  };
  /** Create an account. */
  create_account: {
    params: Record<string, never>;
    body: AccountBody;
    answer: Account;
  };
  /** Create a dataset without records. */
  create_dataset: {
    params: Record<string, never>;
    body: DatasetBody;
    answer: Dataset;
  };
  /** Create an evaluation: a run with rows, bound to data, a model and scorers. */
  create_evaluation: {
    params: Record<string, never>;
    body: EvaluationBody;
    answer: Evaluation;
  };
  /** Create an experiment. */
  create_experiment: {
    params: Record<string, never>;
    body: ExperimentBody;
    answer: Experiment;
  };
  /** Make an issue: a problem that traces show. An assessment of kind `ISSUE_REF` says so of a trace. */
  create_issue: {
    params: Record<string, never>;
    body: IssueBody;
    answer: Issue;
  };
  /** Create an API key; the answer is the only one that ever shows its secret. */
  create_key: {
    params: Record<string, never>;
    body: KeyBody;
    answer: IssuedKey;
  };
  /** Create a label schema: what people are asked, and which answers are sound. */
  create_label_schema: {
    params: Record<string, never>;
    body: LabelSchemaBody;
    answer: LabelSchema;
  };
  /** Create a labeling session: people review items and answer label schemas. */
  create_labeling_session: {
    params: Record<string, never>;
    body: LabelingBody;
    answer: LabelingSession;
  };
  /** Create a model, or return the one that the same `reuse_key` made. */
  create_model: {
    params: Record<string, never>;
    body: ModelBody;
    answer: Model;
  };
  /** Create a run of an experiment. Evaluations are created by their own route. */
  create_run: {
    params: Record<string, never>;
    body: RunBody;
    answer: Run;
  };
  /** Refuse to review an item; that counts for nobody else. */
  decline_review: {
    params: {
      item_id: string;
    };
    body: DeclineBody;
    answer: ReviewView;
  };
  /** Delete an account with its logins and keys. */
  delete_account: {
    params: {
      account_id: string;
    };
    body: undefined;
    answer: undefined;
  };
  /** Delete a file of a run, or a folder with what is in it. */
  delete_artifact: {
    params: {
      run_id: string;
      path: string;
    };
    body: undefined;
    answer: undefined;
  };
  /** Mark an assessment deleted; of a chain's head the one before becomes valid again. */
  delete_assessment: {
    params: {
      assessment_id: string;
    };
    body: undefined;
    answer: undefined;
  };
  /** Delete a file of a trace. */
  delete_attachment: {
    params: {
      trace_id: string;
      name: string;
    };
    body: undefined;
    answer: undefined;
  };
  /** Delete a dataset: it leaves the lists and takes no writes until it is restored. */
  delete_dataset: {
    params: {
      dataset_id: string;
    };
    body: undefined;
    answer: Dataset;
  };
  /** Delete an experiment: hide it with all that is in it. It can be restored until it is purged. */
  delete_experiment: {
    params: {
      experiment_id: string;
    };
    body: undefined;
    answer: Experiment;
  };
  /** Take a schema out of lists for good; the default one is not deleted. */
  delete_label_schema: {
    params: {
      schema_id: string;
    };
    body: undefined;
    answer: undefined;
  };
  /** Delete a model: hide it from lists until it is restored. Its traces stay. */
  delete_model: {
    params: {
      model_id: string;
    };
    body: undefined;
    answer: Model;
  };
  /** Delete a file of a model, or a folder with what is in it. */
  delete_model_artifact: {
    params: {
      model_id: string;
      path: string;
    };
    body: undefined;
    answer: undefined;
  };
  /** Remove a prompt with all of its versions for good. */
  delete_prompt: {
    params: {
      name: string;
      experiment?: string | null;
    };
    body: undefined;
    answer: undefined;
  };
  /** Delete a run: hide it from lists until it is restored. Its traces stay. */
  delete_run: {
    params: {
      run_id: string;
    };
    body: undefined;
    answer: Run;
  };
  /** Remove a registered scorer with all of its versions for good; what it judged stays. */
  delete_scorer: {
    params: {
      name: string;
      experiment?: string;
    };
    body: undefined;
    answer: undefined;
  };
  /** Delete a trace with its spans, assessments and attachments. */
  delete_trace: {
    params: {
      trace_id: string;
    };
    body: undefined;
    answer: DeleteReport;
  };
  /** Delete one tag; an absent one is fine. */
  delete_trace_tag: {
    params: {
      trace_id: string;
      key: string;
    };
    body: undefined;
    answer: Trace;
  };
  /** Delete traces by id, or those that match a filter within a bound. The answer names ids without a trace. */
  delete_traces: {
    params: Record<string, never>;
    body: DeleteBody;
    answer: DeleteReport;
  };
  /** List the records that two versions do not have the same. */
  diff_dataset_versions: {
    params: {
      dataset_id: string;
      before: string;
      after?: string;
      limit?: number;
      cursor?: string | null;
    };
    body: undefined;
    answer: RecordDifferencePage;
  };
  /** Return how two models differ in params, prompts, source and metrics. */
  diff_models: {
    params: {
      left: string;
      right: string;
    };
    body: undefined;
    answer: ModelDiff;
  };
  /** Undo the draft. */
  discard_dataset_draft: {
    params: {
      dataset_id: string;
    };
    body: undefined;
    answer: Dataset;
  };
  /** Return an experiment with all that is in it as one file, for import into any Lodeline server. */
  export_experiment: {
    params: {
      experiment_id: string;
    };
    body: undefined;
    answer: undefined;
  };
  /** Find an active dataset of an experiment, or linked to it, by name. */
  find_dataset: {
    params: {
      name: string;
      experiment?: string;
    };
    body: undefined;
    answer: Dataset;
  };
  /** Find an experiment by id or by exact name, deleted or not. */
  find_experiment: {
    params: {
      name: string;
    };
    body: undefined;
    answer: Experiment;
  };
  /** Return the schema of exactly this name. */
  find_label_schema: {
    params: {
      name: string;
      experiment?: string;
    };
    body: undefined;
    answer: LabelSchema;
  };
  /** Find spans of a trace by words in their names, attributes and events. */
  find_spans: {
    params: {
      trace_id: string;
      text: string;
    };
    body: undefined;
    answer: SpanHits;
  };
  /** End an evaluation: COMPLETED, or COMPLETED_WITH_ERRORS when rows failed or are missing, or as given. */
  finish_evaluation: {
    params: {
      run_id: string;
    };
    body: FinishBody;
    answer: Evaluation;
  };
  /** Hold an evaluation to the rules of a gate file: pass, fail or inconclusive, rule by rule. */
  gate_evaluation: {
    params: {
      run_id: string;
    };
    body: GateBody;
    answer: GateReport;
  };
  /** Return one account. */
  get_account: {
    params: {
      account_id: string;
    };
    body: undefined;
    answer: Account;
  };
  /** Return a file of a run, always to be saved, never shown: its content is a stranger's. */
  get_artifact: {
    params: {
      run_id: string;
      path: string;
    };
    body: undefined;
    answer: undefined;
  };
  /** Return the present revision of an assessment, or the one that stood at a time. */
  get_assessment: {
    params: {
      assessment_id: string;
      as_of_ms?: number | null;
    };
    body: undefined;
    answer: Assessment;
  };
  /** Return how far people agree on one name: coefficients with intervals, each of them beside the others, and the
items they differ on. */
  get_assessment_agreement: {
    params: {
      name: string;
      experiment?: string[] | null;
      filter?: string;
      scale?: "nominal" | "ordinal" | "interval" | null;
      order?: string[] | null;
      positive?: string | null;
      threshold?: number | null;
      level?: number;
    };
    body: undefined;
    answer: NameTrust;
  };
  /** Return every revision of an assessment, oldest first, also of a deleted one. */
  get_assessment_history: {
    params: {
      assessment_id: string;
    };
    body: undefined;
    answer: AssessmentRevision[];
  };
  /** Return how each judge stands to people: confusion, agreement under the human ceiling, calibration, drift by
version, and the rate corrected for the judge's errors. */
  get_assessment_judges: {
    params: {
      name: string;
      experiment?: string[] | null;
      filter?: string;
      judge_name?: string[] | null;
      judge_by?: "source" | "name";
      scale?: "nominal" | "ordinal" | "interval" | null;
      order?: string[] | null;
      positive?: string | null;
      threshold?: number | null;
      level?: number;
    };
    body: undefined;
    answer: NameTrust;
  };
  /** Return a file, always to be saved, never shown: its content is a stranger's. */
  get_attachment: {
    params: {
      trace_id: string;
      name: string;
    };
    body: undefined;
    answer: undefined;
  };
  /** Return what its traces have cost in the present day, week or month, beside the budget. */
  get_budget: {
    params: {
      experiment_id: string;
    };
    body: undefined;
    answer: Spending;
  };
  /** Return one dataset, deleted or not. */
  get_dataset: {
    params: {
      dataset_id: string;
    };
    body: undefined;
    answer: Dataset;
  };
  /** Return one published version. */
  get_dataset_version: {
    params: {
      dataset_id: string;
      version: string;
    };
    body: undefined;
    answer: DatasetVersion;
  };
  /** Return what has arrived from one process. */
  get_delivery: {
    params: {
      instance: string;
    };
    body: undefined;
    answer: Delivery;
  };
  /** Return an evaluation: its run, state, bindings and how many rows are done. */
  get_evaluation: {
    params: {
      run_id: string;
    };
    body: undefined;
    answer: Evaluation;
  };
  /** Return what each scorer's values come to: n, errors, mean or rate with an interval, quantiles. */
  get_evaluation_summary: {
    params: {
      run_id: string;
      view?: "as_judged" | "effective";
      slice?: string[] | null;
      reducer?: string;
      level?: number;
    };
    body: undefined;
    answer: EvaluationSummary;
  };
  /** Return one experiment, deleted or not. */
  get_experiment: {
    params: {
      experiment_id: string;
    };
    body: undefined;
    answer: Experiment;
  };
  /** Return an issue with the number of traces that refer to it. */
  get_issue: {
    params: {
      issue_id: string;
    };
    body: undefined;
    answer: CountedIssue;
  };
  /** Return a version of a schema. */
  get_label_schema: {
    params: {
      schema_id: string;
      version?: number | null;
    };
    body: undefined;
    answer: LabelSchema;
  };
  /** Return an item with all of its reviews. */
  get_labeling_item: {
    params: {
      item_id: string;
    };
    body: undefined;
    answer: LabelingItem;
  };
  /** Return how far a session is: items by state, reviews made and to be made, by reviewer. */
  get_labeling_progress: {
    params: {
      run_id: string;
    };
    body: undefined;
    answer: LabelingProgress;
  };
  /** Return what the reviews come to: throughput, reviewers beside each other and beside gold answers, disputed
items, agreement by schema, and judges of the same names. */
  get_labeling_report: {
    params: {
      run_id: string;
      level?: number;
    };
    body: undefined;
    answer: LabelingReport;
  };
  /** Return a session: its run, state, schemas, reviewers, policy, and its items by state. */
  get_labeling_session: {
    params: {
      run_id: string;
    };
    body: undefined;
    answer: LabelingSession;
  };
  /** Return who is asking; without credentials that is "anonymous". */
  get_me: {
    params: Record<string, never>;
    body: undefined;
    answer: Identity;
  };
  /** List the points of one metric by step, time and value. */
  get_metric_history: {
    params: {
      run_id: string;
      key: string;
      limit?: number;
      cursor?: string | null;
    };
    body: undefined;
    answer: MetricPointPage;
  };
  /** Return one model, deleted or not. */
  get_model: {
    params: {
      model_id: string;
    };
    body: undefined;
    answer: Model;
  };
  /** Return a file of a model, always to be saved, never shown: its content is a stranger's. */
  get_model_artifact: {
    params: {
      model_id: string;
      path: string;
    };
    body: undefined;
    answer: undefined;
  };
  /** Return the model that an alias points at. */
  get_model_by_alias: {
    params: {
      alias: string;
      experiment: string;
    };
    body: undefined;
    answer: Model;
  };
  /** Return the records of a version whose inputs say almost the same, in groups, the largest first. */
  get_near_duplicates: {
    params: {
      dataset_id: string;
      version?: string;
      threshold?: number;
    };
    body: undefined;
    answer: NearDuplicateRecords;
  };
  /** Return one prompt with its aliases. */
  get_prompt: {
    params: {
      name: string;
      experiment?: string | null;
    };
    body: undefined;
    answer: Prompt;
  };
  /** Return one version. */
  get_prompt_version: {
    params: {
      name: string;
      version: string;
      experiment?: string | null;
    };
    body: undefined;
    answer: PromptVersion;
  };
  /** Return what a purge has removed by now, and whether it is finished. */
  get_purge: {
    params: {
      experiment_id: string;
    };
    body: undefined;
    answer: PurgeReceipt;
  };
  /** Return one record as a version has it. */
  get_record: {
    params: {
      dataset_id: string;
      record_id: string;
      version?: string;
    };
    body: undefined;
    answer: DatasetRecord;
  };
  /** Return every revision of a record, oldest first, with the versions that have it. */
  get_record_history: {
    params: {
      dataset_id: string;
      record_id: string;
    };
    body: undefined;
    answer: RecordRevision[];
  };
  /** Return an item as its reviewer sees it: what the session shows, and nothing that it hides. */
  get_review: {
    params: {
      item_id: string;
      reviewer?: string | null;
    };
    body: undefined;
    answer: ReviewView;
  };
  /** Return the address to send to a reviewer. It gives no rights: where accounts are in use they sign in there. */
  get_review_link: {
    params: {
      run_id: string;
      reviewer?: string | null;
    };
    body: undefined;
    answer: ReviewLink;
  };
  /** Return a session as its reviewer sees it, with their own progress. */
  get_review_session: {
    params: {
      run_id: string;
      reviewer?: string | null;
    };
    body: undefined;
    answer: ReviewSession;
  };
  /** Return one run of any kind, deleted or not, with the latest point of each metric. */
  get_run: {
    params: {
      run_id: string;
    };
    body: undefined;
    answer: Run;
  };
  /** Return every version of a registered scorer, the latest first. */
  get_scorer_versions: {
    params: {
      name: string;
      experiment?: string;
    };
    body: undefined;
    answer: RegisteredScorer[];
  };
  /** Return the server's version and capabilities. */
  get_server: {
    params: Record<string, never>;
    body: undefined;
    answer: ServerInfo;
  };
  /** Return one session of an experiment. */
  get_session: {
    params: {
      session: string;
      experiment: string;
    };
    body: undefined;
    answer: Session;
  };
  /** Return whole spans with attributes, events and their normalised view; roots first, then by start. */
  get_spans: {
    params: {
      trace_id: string;
      ids?: string[] | null;
    };
    body: undefined;
    answer: Span[];
  };
  /** Return a trace without the content of its spans: summary, span tree with times and names, assessments. */
  get_trace: {
    params: {
      trace_id: string;
    };
    body: undefined;
    answer: TraceDetail;
  };
  /** Return the assessments of a trace and its spans, oldest first. */
  get_trace_assessments: {
    params: {
      trace_id: string;
    };
    body: undefined;
    answer: Assessment[];
  };
  /** Return the most frequent values of a field over the traces that match a filter. */
  get_trace_facet: {
    params: {
      field: string;
      limit?: number;
      experiment?: string[] | null;
      filter?: string;
      dialect?: "lodeline" | "mlflow";
    };
    body: undefined;
    answer: Facet;
  };
  /** Return all spans as OTLP, as they were sent, with their resources and scopes.

Tags set afterwards, what clients said of the trace and assessments are no part of OTLP. */
  get_trace_otlp: {
    params: {
      trace_id: string;
    };
    body: undefined;
    answer: undefined;
  };
  /** Return the records that were made of a trace or of a span of it. */
  get_trace_records: {
    params: {
      trace_id: string;
    };
    body: undefined;
    answer: RecordPlace[];
  };
  /** Import an exported experiment; traces that exist are listed and left alone. */
  import_experiment: {
    params: {
      as_name?: string | null;
      into?: string | null;
    };
    body: Blob;
    answer: ImportReport;
  };
  /** Set and delete labels of a version; a label is on one version of the dataset. */
  label_dataset_version: {
    params: {
      dataset_id: string;
      version: string;
    };
    body: LabelsBody;
    answer: DatasetVersion;
  };
  /** Let somebody sign in as the account by single sign-on, known by their subject at the provider. */
  link_account: {
    params: {
      account_id: string;
    };
    body: ExternalBody;
    answer: Account;
  };
  /** Link traces of one experiment to a run; links that exist stay. */
  link_traces: {
    params: Record<string, never>;
    body: LinkBody;
    answer: LinkReport;
  };
  /** List all accounts, by name. */
  list_accounts: {
    params: Record<string, never>;
    body: undefined;
    answer: Account[];
  };
  /** List the latest moves of an experiment's aliases, the last first. */
  list_alias_events: {
    params: {
      experiment: string;
      alias?: string | null;
      limit?: number;
    };
    body: undefined;
    answer: AliasEvent[];
  };
  /** List what is in a folder of a run, by name; nothing where there is no such folder. */
  list_artifacts: {
    params: {
      run_id: string;
      path?: string;
    };
    body: undefined;
    answer: Artifact[];
  };
  /** Return the names of feedback and expectations with the types and the most frequent of their values. */
  list_assessment_names: {
    params: {
      experiment?: string[] | null;
    };
    body: undefined;
    answer: AssessmentNames;
  };
  /** List the files of a trace, by name. */
  list_attachments: {
    params: {
      trace_id: string;
    };
    body: undefined;
    answer: Attachment[];
  };
  /** List the published versions, the latest first. */
  list_dataset_versions: {
    params: {
      dataset_id: string;
      limit?: number;
      cursor?: string | null;
    };
    body: undefined;
    answer: DatasetVersionPage;
  };
  /** List what has arrived from the SDK's processes, and what is missing; the one heard of last first. */
  list_deliveries: {
    params: {
      experiment?: string[] | null;
      limit?: number;
    };
    body: undefined;
    answer: Delivery[];
  };
  /** List rows by key and repetition. */
  list_evaluation_rows: {
    params: {
      run_id: string;
      state?: ("PENDING" | "PREDICTING" | "SCORING" | "DONE" | "PREDICT_ERROR" | "SCORE_ERROR" | "SKIPPED")[] | null;
      error_of?: string | null;
      limit?: number;
      cursor?: string | null;
    };
    body: undefined;
    answer: EvaluationRowPage;
  };
  /** List issues, the one made last first, each with the number of traces that refer to it.

Which traces these are is said by assessments: `kind = 'ISSUE_REF' AND name = 'iss-…'` finds them. */
  list_issues: {
    params: {
      experiment?: string[] | null;
      status?: "pending" | "rejected" | "resolved" | null;
      severity?: "not_an_issue" | "low" | "medium" | "high" | null;
      run?: string | null;
      limit?: number;
      cursor?: string | null;
    };
    body: undefined;
    answer: CountedIssuePage;
  };
  /** List one's own keys, newest first, revoked and expired ones too. */
  list_keys: {
    params: {
      all_owners?: boolean;
    };
    body: undefined;
    answer: ApiKey[];
  };
  /** Return every version of a schema, oldest first. */
  list_label_schema_versions: {
    params: {
      schema_id: string;
    };
    body: undefined;
    answer: LabelSchema[];
  };
  /** Return the latest versions of an experiment's schemas, by name; the default one is always among them. */
  list_label_schemas: {
    params: {
      experiment?: string;
    };
    body: undefined;
    answer: LabelSchema[];
  };
  /** List items in the order in which they were added, with all of their reviews. */
  list_labeling_items: {
    params: {
      run_id: string;
      state?: ("PENDING" | "IN_REVIEW" | "COMPLETE" | "DISPUTED" | "ADJUDICATED" | "DECLINED" | "UNAVAILABLE")[] | null;
      trace?: string | null;
      removed?: boolean;
      limit?: number;
      cursor?: string | null;
    };
    body: undefined;
    answer: LabelingItemPage;
  };
  /** Return how far the standing rules of a session are: when each last ran, what it added, what stopped it. */
  list_labeling_rules: {
    params: {
      run_id: string;
    };
    body: undefined;
    answer: RuleState[];
  };
  /** List labeling sessions, newest first. */
  list_labeling_sessions: {
    params: {
      experiment?: string[] | null;
      limit?: number;
      cursor?: string | null;
    };
    body: undefined;
    answer: LabelingSessionPage;
  };
  /** List what is in a folder of a model, by name; nothing where there is no such folder. */
  list_model_artifacts: {
    params: {
      model_id: string;
      path?: string;
    };
    body: undefined;
    answer: Artifact[];
  };
  /** Return the moves of a prompt's aliases, the latest first. */
  list_prompt_alias_events: {
    params: {
      name: string;
      experiment?: string | null;
      limit?: number;
    };
    body: undefined;
    answer: PromptAliasEvent[];
  };
  /** List the versions of a prompt, the latest first. */
  list_prompt_versions: {
    params: {
      name: string;
      experiment?: string | null;
      limit?: number;
      cursor?: string | null;
    };
    body: undefined;
    answer: PromptVersionPage;
  };
  /** List the labeling sessions that name a reviewer, newest first. */
  list_review_sessions: {
    params: {
      reviewer?: string | null;
      limit?: number;
      cursor?: string | null;
    };
    body: undefined;
    answer: ReviewSessionPage;
  };
  /** List the items that a reviewer has claimed, submitted or declined. */
  list_reviews: {
    params: {
      run_id: string;
      reviewer?: string | null;
      limit?: number;
      cursor?: string | null;
    };
    body: undefined;
    answer: ReviewViewPage;
  };
  /** List, of one page of records, those that the dataset's schemas do not let in; go on with the cursor. */
  list_schema_violations: {
    params: {
      dataset_id: string;
      version?: string;
      limit?: number;
      cursor?: string | null;
    };
    body: undefined;
    answer: ViolationPage;
  };
  /** Return the latest version of every registered scorer, by experiment, then name. */
  list_scorers: {
    params: {
      experiment?: string[] | null;
    };
    body: undefined;
    answer: RegisteredScorer[];
  };
  /** Log a judgment. `changed` is false when the same one was known already.

202 when it is parked: in the ledger once its trace or span is here, and dropped at `parked_until_ms` otherwise. */
  log_assessment: {
    params: Record<string, never>;
    body: AssessmentBody;
    answer: LoggedAssessment;
  };
  /** Log many judgments; the answer has one item for each, in order. */
  log_assessments: {
    params: Record<string, never>;
    body: AssessmentBatchBody;
    answer: BatchItem[];
  };
  /** Log rows with their scores, which become assessments on the rows' traces, in one transaction.

The same rows sent again change nothing. Rows of traces that are not there are kept and named. */
  log_evaluation_rows: {
    params: {
      run_id: string;
    };
    body: RowsBody;
    answer: RowsReport;
  };
  /** Log reviews that were made elsewhere, in the names that they give; all or none. Again changes nothing. */
  log_labeling_reviews: {
    params: {
      run_id: string;
    };
    body: PastReviewsBody;
    answer: PastReviewsReport;
  };
  /** Log measurements of a model; of each key, dataset and run the latest is kept. */
  log_model_metrics: {
    params: {
      model_id: string;
    };
    body: ModelMetricsBody;
    answer: Model;
  };
  /** Log points of metrics. A point that is known already changes nothing. */
  log_run_metrics: {
    params: {
      run_id: string;
    };
    body: MetricsBody;
    answer: MetricsReport;
  };
  /** Say what is known about a trace beside its spans, which may come before or after. */
  log_trace_info: {
    params: {
      trace_id: string;
    };
    body: InfoBody;
    answer: Trace;
  };
  /** Make a version of the draft; `made` is false when there was nothing to publish. */
  publish_dataset: {
    params: {
      dataset_id: string;
    };
    body: PublishBody;
    answer: Published;
  };
  /** Remove a deleted experiment and everything in it for good; answer when that is done.

It goes on when the caller leaves, and after a restart of the server; `GET` tells how far it is. */
  purge_experiment: {
    params: {
      experiment_id: string;
    };
    body: undefined;
    answer: PurgeReceipt;
  };
  /** Store the body as a file of a run, whole or not at all, replacing one of the same path. */
  put_artifact: {
    params: {
      run_id: string;
      path: string;
    };
    body: Blob;
    answer: Artifact;
  };
  /** Store a file beside a trace, replacing one of the same name. */
  put_attachment: {
    params: {
      trace_id: string;
      name: string;
    };
    body: Blob;
    answer: Attachment;
  };
  /** Store the body as a file of a model, whole or not at all, replacing one of the same path. */
  put_model_artifact: {
    params: {
      model_id: string;
      path: string;
    };
    body: Blob;
    answer: Artifact;
  };
  /** Register a version; `made` is false when the latest one says the same already. */
  register_prompt: {
    params: Record<string, never>;
    body: PromptBody;
    answer: RegisteredPrompt;
  };
  /** Register a version of a scorer; `made` is false when the latest one has its digest already. */
  register_scorer: {
    params: Record<string, never>;
    body: ScorerBody;
    answer: ScorerRegistration;
  };
  /** Give a claim up. */
  release_review: {
    params: {
      item_id: string;
    };
    body: ReleaseBody;
    answer: ReviewView;
  };
  /** Take an item out of its session; its reviews stay, and no search or rule adds it again. */
  remove_labeling_item: {
    params: {
      item_id: string;
    };
    body: undefined;
    answer: LabelingItem;
  };
  /** Begin another round of reviews of an item that is done; what was submitted stays. */
  reopen_labeling_item: {
    params: {
      item_id: string;
    };
    body: undefined;
    answer: LabelingItem;
  };
  /** Give traces the costs that they have by the prices of today, at the time of their calls.

Costs that programs reported stand. Repeat the request with the answer's `cursor` until it is null. */
  reprice_traces: {
    params: Record<string, never>;
    body: RepriceBody;
    answer: RepriceReport;
  };
  /** Restore a deleted dataset; 409 when its name was taken meanwhile. */
  restore_dataset: {
    params: {
      dataset_id: string;
    };
    body: undefined;
    answer: Dataset;
  };
  /** Restore a deleted experiment without loss. */
  restore_experiment: {
    params: {
      experiment_id: string;
    };
    body: undefined;
    answer: Experiment;
  };
  /** Restore a deleted model without loss. */
  restore_model: {
    params: {
      model_id: string;
    };
    body: undefined;
    answer: Model;
  };
  /** Restore a deleted run without loss. */
  restore_run: {
    params: {
      run_id: string;
    };
    body: undefined;
    answer: Run;
  };
  /** Take up an evaluation that has ended; its rows stay. */
  resume_evaluation: {
    params: {
      run_id: string;
    };
    body: ResumeBody;
    answer: Evaluation;
  };
  /** Revoke a key at once; again is fine. */
  revoke_key: {
    params: {
      key_id: string;
    };
    body: undefined;
    answer: ApiKey;
  };
  /** Keep a draft under a claim, and renew its lease. */
  save_review_draft: {
    params: {
      item_id: string;
    };
    body: DraftBody;
    answer: ReviewView;
  };
  /** List assessments that match a filter, newest first. */
  search_assessments: {
    params: {
      experiment?: string[] | null;
      filter?: string;
      order?: string;
      limit?: number;
      cursor?: string | null;
    };
    body: undefined;
    answer: AssessmentPage;
  };
  /** List who changed what, newest first. */
  search_audit: {
    params: {
      experiment?: string[] | null;
      filter?: string;
      order?: string;
      limit?: number;
      cursor?: string | null;
    };
    body: undefined;
    answer: AuditEntryPage;
  };
  /** List the datasets of experiments, and those linked to them, newest created first. */
  search_datasets: {
    params: {
      lifecycle?: "ACTIVE" | "DELETED" | "ALL";
      experiment?: string[] | null;
      filter?: string;
      order?: string;
      limit?: number;
      cursor?: string | null;
    };
    body: undefined;
    answer: DatasetPage;
  };
  /** List experiments, newest created first. */
  search_experiments: {
    params: {
      lifecycle?: "ACTIVE" | "DELETED" | "ALL";
      filter?: string;
      order?: string;
      limit?: number;
      cursor?: string | null;
      dialect?: "lodeline" | "mlflow";
    };
    body: undefined;
    answer: ExperimentPage;
  };
  /** List models that match a filter, newest first, without the diffs of their source. */
  search_models: {
    params: {
      lifecycle?: "ACTIVE" | "DELETED" | "ALL";
      experiment?: string[] | null;
      filter?: string;
      order?: string;
      limit?: number;
      cursor?: string | null;
    };
    body: undefined;
    answer: ModelPage;
  };
  /** List prompts, newest created first. */
  search_prompts: {
    params: {
      experiment?: string[] | null;
      filter?: string;
      order?: string;
      limit?: number;
      cursor?: string | null;
    };
    body: undefined;
    answer: PromptPage;
  };
  /** List the records of a version that match a filter, in the order of the dataset. */
  search_records: {
    params: {
      dataset_id: string;
      version?: string;
      filter?: string;
      limit?: number;
      cursor?: string | null;
    };
    body: undefined;
    answer: RecordPage;
  };
  /** List runs of every kind that match a filter, newest start first. */
  search_runs: {
    params: {
      lifecycle?: "ACTIVE" | "DELETED" | "ALL";
      experiment?: string[] | null;
      filter?: string;
      order?: string;
      limit?: number;
      cursor?: string | null;
    };
    body: undefined;
    answer: RunPage;
  };
  /** List sessions that match a filter, last activity first. */
  search_sessions: {
    params: {
      experiment?: string[] | null;
      filter?: string;
      order?: string;
      limit?: number;
      cursor?: string | null;
    };
    body: undefined;
    answer: SessionPage;
  };
  /** List traces that match a filter, newest start first.

With `follow` and without a cursor: the latest `limit` to arrive. Every such page has a `cursor`, which gives what
arrived since, now or later; nothing is missed or given twice. */
  search_traces: {
    params: {
      follow?: boolean;
      experiment?: string[] | null;
      filter?: string;
      order?: string;
      limit?: number;
      cursor?: string | null;
      dialect?: "lodeline" | "mlflow";
    };
    body: undefined;
    answer: TracePage;
  };
  /** List traced end users that match a filter, last activity first. */
  search_users: {
    params: {
      experiment?: string[] | null;
      filter?: string;
      order?: string;
      limit?: number;
      cursor?: string | null;
    };
    body: undefined;
    answer: UserPage;
  };
  /** Shut an account out at once, with its keys and logins, or let it in again. */
  set_account_disabled: {
    params: {
      account_id: string;
    };
    body: DisabledBody;
    answer: Account;
  };
  /** Set a password; the account's logins end. */
  set_account_password: {
    params: {
      account_id: string;
    };
    body: PasswordBody;
    answer: Account;
  };
  /** Give or take a role, on the whole server or in one experiment. */
  set_account_role: {
    params: {
      account: string;
    };
    body: RoleBody;
    answer: Account;
  };
  /** Move an alias to a model, or take it away; return the model that it points at now, null for none. */
  set_model_alias: {
    params: {
      alias: string;
    };
    body: AliasBody;
    answer: Model | null;
  };
  /** Make the first account, an admin; possible once. */
  set_up: {
    params: Record<string, never>;
    body: SetupBody;
    answer: Account;
  };
  /** Sign in; the answer sets the login cookie, which no script can read. */
  sign_in: {
    params: Record<string, never>;
    body: LoginBody;
    answer: Identity;
  };
  /** End the login of the cookie; without one it is fine. */
  sign_out: {
    params: Record<string, never>;
    body: undefined;
    answer: undefined;
  };
  /** Start an evaluation, which takes rows from now on; of one that is RUNNING nothing changes. */
  start_evaluation: {
    params: {
      run_id: string;
    };
    body: undefined;
    answer: Evaluation;
  };
  /** Hand a review in; its answers become assessments. Sent again it changes nothing. */
  submit_review: {
    params: {
      item_id: string;
    };
    body: SubmitBody;
    answer: ReviewView;
  };
  /** Carry what people expect into a dataset as a new version of it; the same again makes none. */
  sync_labeling_session: {
    params: {
      run_id: string;
    };
    body: SyncBody;
    answer: SyncReport;
  };
  /** Set and delete tags. */
  tag_trace: {
    params: {
      trace_id: string;
    };
    body: TagsBody;
    answer: Trace;
  };
  /** Set and delete tags of many traces, of all or of none; ids without a trace are named in the answer.

Of traces in several experiments, those of one are changed together. */
  tag_traces: {
    params: Record<string, never>;
    body: ManyTagsBody;
    answer: TagReport;
  };
  /** Take one's own submission back; its judgments are withdrawn, and it is a draft again. */
  undo_review: {
    params: {
      item_id: string;
    };
    body: ReviewerBody;
    answer: ReviewView;
  };
  /** Let nobody sign in as the account by single sign-on any more; its logins end. */
  unlink_account: {
    params: {
      account_id: string;
    };
    body: undefined;
    answer: Account;
  };
  /** Revise an assessment; the revisions before stay readable. */
  update_assessment: {
    params: {
      assessment_id: string;
    };
    body: AssessmentChangeBody;
    answer: Assessment;
  };
  /** Rename, describe, tag, set schemas, link to experiments. */
  update_dataset: {
    params: {
      dataset_id: string;
    };
    body: DatasetChangeBody;
    answer: Dataset;
  };
  /** Rename, describe, tag or set settings. */
  update_experiment: {
    params: {
      experiment_id: string;
    };
    body: ExperimentChangeBody;
    answer: Experiment;
  };
  /** Rename an issue, describe it anew, or say what became of it and how severe it is. */
  update_issue: {
    params: {
      issue_id: string;
    };
    body: IssueChangeBody;
    answer: Issue;
  };
  /** Make another version of a schema; labeling sessions keep the versions that they have. */
  update_label_schema: {
    params: {
      schema_id: string;
    };
    body: LabelSchemaChangeBody;
    answer: LabelSchema;
  };
  /** Change a session, or open, pause, close or archive it; its items are brought in line. */
  update_labeling_session: {
    params: {
      run_id: string;
    };
    body: LabelingChangeBody;
    answer: LabelingSession;
  };
  /** Rename a model, set its status, add params and prompts, set and delete tags. */
  update_model: {
    params: {
      model_id: string;
    };
    body: ModelChangeBody;
    answer: Model;
  };
  /** Describe and tag a prompt, move its aliases, link it to experiments. */
  update_prompt: {
    params: {
      name: string;
      experiment?: string | null;
    };
    body: PromptChangeBody;
    answer: Prompt;
  };
  /** Rename, end or revive a run; add params, inputs and outputs; set and delete tags. */
  update_run: {
    params: {
      run_id: string;
    };
    body: RunChangeBody;
    answer: Run;
  };
  /** Write records; what is rejected says why in the report and stops no other. */
  write_records: {
    params: {
      dataset_id: string;
    };
    body: RecordsBody;
    answer: WriteReport;
  };
}

export const OPERATIONS = {
  add_labeling_items: ["POST", "/labeling/{run_id}/items"],
  add_labeling_items_by_rule: ["POST", "/labeling/{run_id}/items/rule"],
  add_labeling_records: ["POST", "/labeling/{run_id}/items/records"],
  add_labeling_traces: ["POST", "/labeling/{run_id}/items/search"],
  add_traces_to_dataset: ["POST", "/datasets/{dataset_id}/records/from-traces"],
  adjudicate_labeling_item: ["POST", "/labeling/items/{item_id}/adjudicate"],
  aggregate_traces: ["POST", "/traces/aggregate"],
  assign_splits: ["POST", "/datasets/{dataset_id}/splits"],
  break_down_spans: ["GET", "/traces/breakdown"],
  cancel_evaluation: ["POST", "/evaluations/{run_id}/cancel"],
  claim_next_review: ["POST", "/reviews/sessions/{run_id}/next"],
  claim_review: ["POST", "/reviews/items/{item_id}/claim"],
  compare_evaluations: ["POST", "/evaluations/compare"],
  complete_filter: ["GET", "/filters/complete"],
  count_traces: ["GET", "/traces/count"],
  create_account: ["POST", "/accounts"],
  create_dataset: ["POST", "/datasets"],
  create_evaluation: ["POST", "/evaluations"],
  create_experiment: ["POST", "/experiments"],
  create_issue: ["POST", "/issues"],
  create_key: ["POST", "/keys"],
  create_label_schema: ["POST", "/label-schemas"],
  create_labeling_session: ["POST", "/labeling"],
  create_model: ["POST", "/models"],
  create_run: ["POST", "/runs"],
  decline_review: ["POST", "/reviews/items/{item_id}/decline"],
  delete_account: ["DELETE", "/accounts/{account_id}"],
  delete_artifact: ["DELETE", "/runs/{run_id}/artifacts/content"],
  delete_assessment: ["DELETE", "/assessments/{assessment_id}"],
  delete_attachment: ["DELETE", "/traces/{trace_id}/attachments/{name}"],
  delete_dataset: ["DELETE", "/datasets/{dataset_id}"],
  delete_experiment: ["DELETE", "/experiments/{experiment_id}"],
  delete_label_schema: ["DELETE", "/label-schemas/{schema_id}"],
  delete_model: ["DELETE", "/models/{model_id}"],
  delete_model_artifact: ["DELETE", "/models/{model_id}/artifacts/content"],
  delete_prompt: ["DELETE", "/prompts/{name}"],
  delete_run: ["DELETE", "/runs/{run_id}"],
  delete_scorer: ["DELETE", "/scorers/{name}"],
  delete_trace: ["DELETE", "/traces/{trace_id}"],
  delete_trace_tag: ["DELETE", "/traces/{trace_id}/tags/{key}"],
  delete_traces: ["POST", "/traces/delete"],
  diff_dataset_versions: ["GET", "/datasets/{dataset_id}/diff"],
  diff_models: ["GET", "/models/diff"],
  discard_dataset_draft: ["DELETE", "/datasets/{dataset_id}/draft"],
  export_experiment: ["GET", "/experiments/{experiment_id}/export"],
  find_dataset: ["GET", "/datasets/find"],
  find_experiment: ["GET", "/experiments/find"],
  find_label_schema: ["GET", "/label-schemas/find"],
  find_spans: ["GET", "/traces/{trace_id}/spans/find"],
  finish_evaluation: ["POST", "/evaluations/{run_id}/finish"],
  gate_evaluation: ["POST", "/evaluations/{run_id}/gate"],
  get_account: ["GET", "/accounts/{account_id}"],
  get_artifact: ["GET", "/runs/{run_id}/artifacts/content"],
  get_assessment: ["GET", "/assessments/{assessment_id}"],
  get_assessment_agreement: ["GET", "/assessment-agreement"],
  get_assessment_history: ["GET", "/assessments/{assessment_id}/history"],
  get_assessment_judges: ["GET", "/assessment-judges"],
  get_attachment: ["GET", "/traces/{trace_id}/attachments/{name}"],
  get_budget: ["GET", "/experiments/{experiment_id}/budget"],
  get_dataset: ["GET", "/datasets/{dataset_id}"],
  get_dataset_version: ["GET", "/datasets/{dataset_id}/versions/{version}"],
  get_delivery: ["GET", "/deliveries/{instance}"],
  get_evaluation: ["GET", "/evaluations/{run_id}"],
  get_evaluation_summary: ["GET", "/evaluations/{run_id}/summary"],
  get_experiment: ["GET", "/experiments/{experiment_id}"],
  get_issue: ["GET", "/issues/{issue_id}"],
  get_label_schema: ["GET", "/label-schemas/{schema_id}"],
  get_labeling_item: ["GET", "/labeling/items/{item_id}"],
  get_labeling_progress: ["GET", "/labeling/{run_id}/progress"],
  get_labeling_report: ["GET", "/labeling/{run_id}/report"],
  get_labeling_session: ["GET", "/labeling/{run_id}"],
  get_me: ["GET", "/me"],
  get_metric_history: ["GET", "/runs/{run_id}/metrics"],
  get_model: ["GET", "/models/{model_id}"],
  get_model_artifact: ["GET", "/models/{model_id}/artifacts/content"],
  get_model_by_alias: ["GET", "/models/aliases/{alias}"],
  get_near_duplicates: ["GET", "/datasets/{dataset_id}/near-duplicates"],
  get_prompt: ["GET", "/prompts/{name}"],
  get_prompt_version: ["GET", "/prompts/{name}/versions/{version}"],
  get_purge: ["GET", "/experiments/{experiment_id}/purge"],
  get_record: ["GET", "/datasets/{dataset_id}/records/{record_id}"],
  get_record_history: ["GET", "/datasets/{dataset_id}/records/{record_id}/history"],
  get_review: ["GET", "/reviews/items/{item_id}"],
  get_review_link: ["GET", "/labeling/{run_id}/link"],
  get_review_session: ["GET", "/reviews/sessions/{run_id}"],
  get_run: ["GET", "/runs/{run_id}"],
  get_scorer_versions: ["GET", "/scorers/{name}"],
  get_server: ["GET", "/server"],
  get_session: ["GET", "/sessions/{session}"],
  get_spans: ["GET", "/traces/{trace_id}/spans"],
  get_trace: ["GET", "/traces/{trace_id}"],
  get_trace_assessments: ["GET", "/traces/{trace_id}/assessments"],
  get_trace_facet: ["GET", "/traces/facet"],
  get_trace_otlp: ["GET", "/traces/{trace_id}/otlp"],
  get_trace_records: ["GET", "/traces/{trace_id}/records"],
  import_experiment: ["POST", "/experiments/import"],
  label_dataset_version: ["PATCH", "/datasets/{dataset_id}/versions/{version}/labels"],
  link_account: ["PUT", "/accounts/{account_id}/external"],
  link_traces: ["POST", "/traces/link"],
  list_accounts: ["GET", "/accounts"],
  list_alias_events: ["GET", "/models/aliases"],
  list_artifacts: ["GET", "/runs/{run_id}/artifacts"],
  list_assessment_names: ["GET", "/assessment-names"],
  list_attachments: ["GET", "/traces/{trace_id}/attachments"],
  list_dataset_versions: ["GET", "/datasets/{dataset_id}/versions"],
  list_deliveries: ["GET", "/deliveries"],
  list_evaluation_rows: ["GET", "/evaluations/{run_id}/rows"],
  list_issues: ["GET", "/issues"],
  list_keys: ["GET", "/keys"],
  list_label_schema_versions: ["GET", "/label-schemas/{schema_id}/versions"],
  list_label_schemas: ["GET", "/label-schemas"],
  list_labeling_items: ["GET", "/labeling/{run_id}/items"],
  list_labeling_rules: ["GET", "/labeling/{run_id}/rules"],
  list_labeling_sessions: ["GET", "/labeling"],
  list_model_artifacts: ["GET", "/models/{model_id}/artifacts"],
  list_prompt_alias_events: ["GET", "/prompts/{name}/alias-events"],
  list_prompt_versions: ["GET", "/prompts/{name}/versions"],
  list_review_sessions: ["GET", "/reviews/sessions"],
  list_reviews: ["GET", "/reviews/sessions/{run_id}/items"],
  list_schema_violations: ["GET", "/datasets/{dataset_id}/violations"],
  list_scorers: ["GET", "/scorers"],
  log_assessment: ["POST", "/assessments"],
  log_assessments: ["POST", "/assessments/batch"],
  log_evaluation_rows: ["POST", "/evaluations/{run_id}/rows"],
  log_labeling_reviews: ["POST", "/labeling/{run_id}/reviews"],
  log_model_metrics: ["POST", "/models/{model_id}/metrics"],
  log_run_metrics: ["POST", "/runs/{run_id}/metrics"],
  log_trace_info: ["PUT", "/traces/{trace_id}/info"],
  publish_dataset: ["POST", "/datasets/{dataset_id}/publish"],
  purge_experiment: ["POST", "/experiments/{experiment_id}/purge"],
  put_artifact: ["PUT", "/runs/{run_id}/artifacts/content"],
  put_attachment: ["PUT", "/traces/{trace_id}/attachments/{name}"],
  put_model_artifact: ["PUT", "/models/{model_id}/artifacts/content"],
  register_prompt: ["POST", "/prompts"],
  register_scorer: ["POST", "/scorers"],
  release_review: ["POST", "/reviews/items/{item_id}/release"],
  remove_labeling_item: ["DELETE", "/labeling/items/{item_id}"],
  reopen_labeling_item: ["POST", "/labeling/items/{item_id}/reopen"],
  reprice_traces: ["POST", "/traces/reprice"],
  restore_dataset: ["POST", "/datasets/{dataset_id}/restore"],
  restore_experiment: ["POST", "/experiments/{experiment_id}/restore"],
  restore_model: ["POST", "/models/{model_id}/restore"],
  restore_run: ["POST", "/runs/{run_id}/restore"],
  resume_evaluation: ["POST", "/evaluations/{run_id}/resume"],
  revoke_key: ["DELETE", "/keys/{key_id}"],
  save_review_draft: ["PUT", "/reviews/items/{item_id}/draft"],
  search_assessments: ["GET", "/assessments"],
  search_audit: ["GET", "/audit"],
  search_datasets: ["GET", "/datasets"],
  search_experiments: ["GET", "/experiments"],
  search_models: ["GET", "/models"],
  search_prompts: ["GET", "/prompts"],
  search_records: ["GET", "/datasets/{dataset_id}/records"],
  search_runs: ["GET", "/runs"],
  search_sessions: ["GET", "/sessions"],
  search_traces: ["GET", "/traces"],
  search_users: ["GET", "/users"],
  set_account_disabled: ["PUT", "/accounts/{account_id}/disabled"],
  set_account_password: ["PUT", "/accounts/{account_id}/password"],
  set_account_role: ["PUT", "/accounts/{account}/role"],
  set_model_alias: ["PUT", "/models/aliases/{alias}"],
  set_up: ["POST", "/setup"],
  sign_in: ["POST", "/login"],
  sign_out: ["POST", "/logout"],
  start_evaluation: ["POST", "/evaluations/{run_id}/start"],
  submit_review: ["POST", "/reviews/items/{item_id}/submit"],
  sync_labeling_session: ["POST", "/labeling/{run_id}/sync"],
  tag_trace: ["PATCH", "/traces/{trace_id}/tags"],
  tag_traces: ["POST", "/traces/tags"],
  undo_review: ["POST", "/reviews/items/{item_id}/undo"],
  unlink_account: ["DELETE", "/accounts/{account_id}/external"],
  update_assessment: ["PATCH", "/assessments/{assessment_id}"],
  update_dataset: ["PATCH", "/datasets/{dataset_id}"],
  update_experiment: ["PATCH", "/experiments/{experiment_id}"],
  update_issue: ["PATCH", "/issues/{issue_id}"],
  update_label_schema: ["PATCH", "/label-schemas/{schema_id}"],
  update_labeling_session: ["PATCH", "/labeling/{run_id}"],
  update_model: ["PATCH", "/models/{model_id}"],
  update_prompt: ["PATCH", "/prompts/{name}"],
  update_run: ["PATCH", "/runs/{run_id}"],
  write_records: ["POST", "/datasets/{dataset_id}/records"],
} as const;
