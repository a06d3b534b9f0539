// Generated from the server's OpenAPI document by `make docs`. Do not edit.

/** Someone who signs in. `role` holds for the whole server; `roles` overrides it per experiment.

`role` None means: nothing but what `roles` grants. */
export interface Account {
  account_id: string;
  name: string;
  role: "admin" | "editor" | "viewer" | "reviewer" | null;
  created_ms: number;
  disabled: boolean;
  roles: Record<string, "admin" | "editor" | "viewer" | "reviewer">;
}

/** A new account; without a password it cannot sign in but can own keys. */
export interface AccountBody {
  name: string;
  role?: "admin" | "editor" | "viewer" | "reviewer" | null;
  password?: string | null;
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

/** Where something is allowed: in `experiment_ids`; or, with `all_but`, in every other one, future ones too. */
export interface Allowed {
  experiment_ids: string[];
  all_but: boolean;
}

/** A key as it may be shown: never the secret, only its visible prefix.

`experiment_ids` None means every experiment the owner can reach. Times are epoch milliseconds; a key without `expires_ms` does not expire. A key can never do more than its owner; one without `owner_id` was made by the holder of the store and has an admin's role, within its scopes. */
export interface ApiKey {
  key_id: string;
  name: string;
  prefix: string;
  owner_id: string | null;
  scopes: ("ingest" | "read" | "write" | "admin")[];
  created_ms: number;
  experiment_ids: string[] | null;
  expires_ms: number | null;
  revoked_ms: number | null;
  last_used_ms: number | null;
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

With an `identifier` it is idempotent. `overrides` names the head of the chain that this one continues. */
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
}

/** A revision; what is left out stays. `value` and `error` are taken when `replace_value` says so. */
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

/** Who or what judged: a person, a model or code. `digest` pins the version of a judge. */
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

/** One file of a trace. */
export interface Attachment {
  name: string;
  size_bytes: number;
  modified_ms: number;
}

/** One change, written in the same transaction as the change itself.

`action` is "<noun>.<verb>", such as "experiment.rename" or "key.revoke". `details` never holds content of traces, passwords or keys. `entry_id` is given by the store and grows. */
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

/** What became of one draft of a batch: either `assessment` or the error's `code` and `message`. */
export interface BatchItem {
  assessment: Assessment | null;
  changed: boolean;
  code: string | null;
  message: string | null;
}

/** What a backend can do beyond the contract's core; the server reports it, tests opt out by it. */
export interface Capabilities {
  backend: string;
  durable: boolean;
  full_text_index: boolean;
  multi_process: boolean;
  backup: boolean;
}

/** Suggestions that replace ``text[start:end]``, in the order in which they are offered.

`field` is the text field of the entity, as written, whose value comes next: one of which a facet tells the values that there are. None elsewhere. */
export interface Completion {
  start: number;
  end: number;
  items: Suggestion[];
  field: string | null;
}

/** What to delete: either `trace_ids`, or what matches `filter` in `experiments`, at most `max_traces`. */
export interface DeleteBody {
  trace_ids?: string[] | null;
  experiments?: string[] | null;
  filter?: string;
  dialect?: "lodeline" | "mlflow";
  max_traces?: number;
}

/** What a delete removed; `more` says that matching traces are left over its bound. */
export interface DeleteReport {
  deleted: number;
  more: boolean;
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

/** One document that a retriever or a reranker returned. */
export interface Document {
  content: string;
  document_id: string | null;
  score: number | "NaN" | "Infinity" | "-Infinity" | null;
  metadata: unknown;
}

/** Why there is no value. */
export interface ErrorBody {
  code: string;
  message?: string;
  stack_digest?: string | null;
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

`mask_patterns` are RE2 expressions; each match in a captured string is replaced by ``[masked]`` before anything is stored. `recommended_tags` are the tag keys that people are asked to set. `environments` are the names offered first; `default_environment` is given to traces that name none. */
export interface ExperimentSettings {
  capture: "full" | "hashed" | "structure" | "none";
  mask_patterns: string[];
  mask_secrets: boolean;
  prices: PriceOverride[];
  retention: Retention;
  recommended_tags: string[];
  environments: string[];
  default_environment: string | null;
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

/** Who is asking, and what limits them. `csrf_token` is for the header `x-lodeline-csrf` of a browser's login.

`experiment_actions` says for each action in which experiments the server lets this one do it, `server_actions` what it lets them do to the server itself; both follow roles, scopes and experiments. `needs_set_up` says that the server has no account yet. */
export interface Identity {
  kind: "local" | "account" | "key" | "system" | "anonymous";
  name: string;
  account_id: string | null;
  role: "admin" | "editor" | "viewer" | "reviewer" | null;
  roles: Record<string, "admin" | "editor" | "viewer" | "reviewer">;
  scopes: ("ingest" | "read" | "write" | "admin")[] | null;
  experiment_ids: string[] | null;
  expires_ms: number | null;
  csrf_token: string | null;
  experiment_actions: Record<string, Allowed>;
  server_actions: string[];
  needs_set_up: boolean;
}

/** What an import did. Existing traces were left as they are; of those and of refused ones the first thousand are listed. */
export interface ImportReport {
  experiment: Experiment;
  traces: number;
  spans: number;
  assessments: number;
  attachments: number;
  existing_count: number;
  existing_traces: string[];
  refused: string[];
}

/** What a client knows about a trace of `experiment`, beside its spans. What is given wins over what spans say.

`finalised` fixes the metadata. */
export interface InfoBody {
  experiment?: string;
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

/** A key just made. `secret` is the key itself, shown this once. */
export interface IssuedKey {
  key: ApiKey;
  secret: string;
}

/** Any JSON value. */
export type JsonValue = unknown;

/** A new key. Without `experiment_ids` it reaches what its owner reaches; without `owner_id` it is one's own. */
export interface KeyBody {
  name: string;
  scopes: ("ingest" | "read" | "write" | "admin")[];
  experiment_ids?: string[] | null;
  expires_ms?: number | null;
  owner_id?: string | null;
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

/** What became of one draft: the assessment, and whether logging it changed anything. */
export interface LoggedAssessment {
  assessment: Assessment;
  changed: boolean;
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

/** A new password; one's own needs the old one. */
export interface PasswordBody {
  new: string;
  old?: string | null;
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

/** What a purge removed, as counts. */
export interface PurgeReceipt {
  experiment_id: string;
  name: string;
  traces: number;
  spans: number;
  assessments: number;
  blobs: number;
  bytes_freed: number;
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

/** A role, on the whole server or in one experiment; null takes it away. */
export interface RoleBody {
  role: "admin" | "editor" | "viewer" | "reviewer" | null;
  experiment_id?: string | null;
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

OPEN until `DEFAULT_SESSION_IDLE_S` have passed since its last activity; a late turn opens it again. `duration_ns` is from the first start to the last activity, which is the latest end (or start) of a trace. Sums are over its traces; `user` is that of the earliest trace that names one. */
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
}

/** One page of a list.

`cursor` continues after the last examined row and is None at the end. `partial` says that the search stopped at its deadline: `items` are right but there may be more before the next one; continuing with `cursor` finds them. `hints` are sentences about a filter that is right, found nothing, and may have been meant otherwise. */
export interface SessionPage {
  items: Session[];
  cursor: string | null;
  partial: boolean;
  hints: string[];
}

/** What every incoming trace of an experiment inherits; replaces all settings at once. */
export interface SettingsBody {
  capture?: "full" | "hashed" | "structure" | "none";
  mask_patterns?: string[];
  mask_secrets?: boolean;
  prices?: PriceBody[];
  retention?: RetentionBody;
  recommended_tags?: string[];
  environments?: string[];
  default_environment?: string | null;
}

/** The first account: the token is the one that the server printed when it started. */
export interface SetupBody {
  token: string;
  name: string;
  password: string;
}

/** Who or what judged. */
export interface SourceBody {
  kind?: "HUMAN" | "LLM_JUDGE" | "CODE";
  source_id?: string;
  digest?: string | null;
}

/** A whole span as it was sent: untouched attributes, events, links, its resource and scope, and its view. */
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
}

/** Something that happened within a span; `time_ns` is epoch nanoseconds. */
export interface SpanEvent {
  name: string;
  time_ns: string;
  attributes: Record<string, unknown>;
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

/** One thing that may be written: the text to insert, what it is, and a line about it. */
export interface Suggestion {
  text: string;
  kind: "field" | "group" | "operator" | "value" | "keyword";
  doc: string;
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

export interface Operations {
  /** Compute counts, error rates, latencies, tokens, cost and assessment means over time and groups. */
  aggregate_traces: {
    params: Record<string, never>;
    body: AggregateBody;
    answer: Aggregate;
  };
  /** Return what may be written at a place of a filter, and the first thing that is wrong with it. */
  complete_filter: {
    params: {
      text?: string;
      position?: number;
      entity?: "trace" | "span" | "assessment" | "experiment" | "session" | "user" | "audit" | "account";
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
  /** Create an experiment. */
  create_experiment: {
    params: Record<string, never>;
    body: ExperimentBody;
    answer: Experiment;
  };
  /** Create an API key; the answer is the only one that ever shows its secret. */
  create_key: {
    params: Record<string, never>;
    body: KeyBody;
    answer: IssuedKey;
  };
  /** Delete an account with its logins and keys. */
  delete_account: {
    params: {
      account_id: string;
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
  /** Delete an experiment: hide it with all that is in it. It can be restored until it is purged. */
  delete_experiment: {
    params: {
      experiment_id: string;
    };
    body: undefined;
    answer: Experiment;
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
  /** Delete traces by id, or those that match a filter within a bound. */
  delete_traces: {
    params: Record<string, never>;
    body: DeleteBody;
    answer: DeleteReport;
  };
  /** Return an experiment with all that is in it as one file, for import into any Lodeline server. */
  export_experiment: {
    params: {
      experiment_id: string;
    };
    body: undefined;
    answer: undefined;
  };
  /** Find an experiment by id or by exact name, deleted or not. */
  find_experiment: {
    params: {
      name: string;
    };
    body: undefined;
    answer: Experiment;
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
  /** Return one account. */
  get_account: {
    params: {
      account_id: string;
    };
    body: undefined;
    answer: Account;
  };
  /** Return the present revision of an assessment. */
  get_assessment: {
    params: {
      assessment_id: string;
    };
    body: undefined;
    answer: Assessment;
  };
  /** Return every revision of an assessment, oldest first, also of a deleted one. */
  get_assessment_history: {
    params: {
      assessment_id: string;
    };
    body: undefined;
    answer: AssessmentRevision[];
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
  /** Return what has arrived from one process. */
  get_delivery: {
    params: {
      instance: string;
    };
    body: undefined;
    answer: Delivery;
  };
  /** Return one experiment, deleted or not. */
  get_experiment: {
    params: {
      experiment_id: string;
    };
    body: undefined;
    answer: Experiment;
  };
  /** Return who is asking; without credentials that is "anonymous". */
  get_me: {
    params: Record<string, never>;
    body: undefined;
    answer: Identity;
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
  /** Import an exported experiment; traces that exist are listed and left alone. */
  import_experiment: {
    params: {
      as_name?: string | null;
    };
    body: Blob;
    answer: ImportReport;
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
  /** List the files of a trace, by name. */
  list_attachments: {
    params: {
      trace_id: string;
    };
    body: undefined;
    answer: Attachment[];
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
  /** List one's own keys, newest first, revoked and expired ones too. */
  list_keys: {
    params: {
      all_owners?: boolean;
    };
    body: undefined;
    answer: ApiKey[];
  };
  /** Log a judgment. `changed` is false when the same one was known already. */
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
  /** Say what is known about a trace beside its spans, which may come before or after. */
  log_trace_info: {
    params: {
      trace_id: string;
    };
    body: InfoBody;
    answer: Trace;
  };
  /** Remove a deleted experiment and everything in it for good. */
  purge_experiment: {
    params: {
      experiment_id: string;
    };
    body: undefined;
    answer: PurgeReceipt;
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
  /** Restore a deleted experiment without loss. */
  restore_experiment: {
    params: {
      experiment_id: string;
    };
    body: undefined;
    answer: Experiment;
  };
  /** Revoke a key at once; again is fine. */
  revoke_key: {
    params: {
      key_id: string;
    };
    body: undefined;
    answer: ApiKey;
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
  /** Revise an assessment; the revisions before stay readable. */
  update_assessment: {
    params: {
      assessment_id: string;
    };
    body: AssessmentChangeBody;
    answer: Assessment;
  };
  /** Rename, describe, tag or set settings. */
  update_experiment: {
    params: {
      experiment_id: string;
    };
    body: ExperimentChangeBody;
    answer: Experiment;
  };
}

export const OPERATIONS = {
  aggregate_traces: ["POST", "/traces/aggregate"],
  complete_filter: ["GET", "/filters/complete"],
  count_traces: ["GET", "/traces/count"],
  create_account: ["POST", "/accounts"],
  create_experiment: ["POST", "/experiments"],
  create_key: ["POST", "/keys"],
  delete_account: ["DELETE", "/accounts/{account_id}"],
  delete_assessment: ["DELETE", "/assessments/{assessment_id}"],
  delete_attachment: ["DELETE", "/traces/{trace_id}/attachments/{name}"],
  delete_experiment: ["DELETE", "/experiments/{experiment_id}"],
  delete_trace: ["DELETE", "/traces/{trace_id}"],
  delete_trace_tag: ["DELETE", "/traces/{trace_id}/tags/{key}"],
  delete_traces: ["POST", "/traces/delete"],
  export_experiment: ["GET", "/experiments/{experiment_id}/export"],
  find_experiment: ["GET", "/experiments/find"],
  find_spans: ["GET", "/traces/{trace_id}/spans/find"],
  get_account: ["GET", "/accounts/{account_id}"],
  get_assessment: ["GET", "/assessments/{assessment_id}"],
  get_assessment_history: ["GET", "/assessments/{assessment_id}/history"],
  get_attachment: ["GET", "/traces/{trace_id}/attachments/{name}"],
  get_delivery: ["GET", "/deliveries/{instance}"],
  get_experiment: ["GET", "/experiments/{experiment_id}"],
  get_me: ["GET", "/me"],
  get_server: ["GET", "/server"],
  get_session: ["GET", "/sessions/{session}"],
  get_spans: ["GET", "/traces/{trace_id}/spans"],
  get_trace: ["GET", "/traces/{trace_id}"],
  get_trace_assessments: ["GET", "/traces/{trace_id}/assessments"],
  get_trace_facet: ["GET", "/traces/facet"],
  import_experiment: ["POST", "/experiments/import"],
  link_traces: ["POST", "/traces/link"],
  list_accounts: ["GET", "/accounts"],
  list_attachments: ["GET", "/traces/{trace_id}/attachments"],
  list_deliveries: ["GET", "/deliveries"],
  list_keys: ["GET", "/keys"],
  log_assessment: ["POST", "/assessments"],
  log_assessments: ["POST", "/assessments/batch"],
  log_trace_info: ["PUT", "/traces/{trace_id}/info"],
  purge_experiment: ["POST", "/experiments/{experiment_id}/purge"],
  put_attachment: ["PUT", "/traces/{trace_id}/attachments/{name}"],
  restore_experiment: ["POST", "/experiments/{experiment_id}/restore"],
  revoke_key: ["DELETE", "/keys/{key_id}"],
  search_assessments: ["GET", "/assessments"],
  search_audit: ["GET", "/audit"],
  search_experiments: ["GET", "/experiments"],
  search_sessions: ["GET", "/sessions"],
  search_traces: ["GET", "/traces"],
  search_users: ["GET", "/users"],
  set_account_disabled: ["PUT", "/accounts/{account_id}/disabled"],
  set_account_password: ["PUT", "/accounts/{account_id}/password"],
  set_account_role: ["PUT", "/accounts/{account}/role"],
  set_up: ["POST", "/setup"],
  sign_in: ["POST", "/login"],
  sign_out: ["POST", "/logout"],
  tag_trace: ["PATCH", "/traces/{trace_id}/tags"],
  tag_traces: ["POST", "/traces/tags"],
  update_assessment: ["PATCH", "/assessments/{assessment_id}"],
  update_experiment: ["PATCH", "/experiments/{experiment_id}"],
} as const;
