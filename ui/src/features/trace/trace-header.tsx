import { ActionIcon, Badge, Menu } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconArrowsDiff, IconDots, IconFilter, IconTrash } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { call } from "@/api/client";
import { useMayIn } from "@/api/permissions";
import type { Trace } from "@/api/schema";
import { CopyButton } from "@/components/copy-button";
import { Count, Duration, Moment, Usd } from "@/components/figures";
import { SafeText } from "@/components/safe-text";
import { State } from "@/components/state";
import { VersionName } from "@/components/version-name";
import { keyed, quote } from "@/lib/filtertext";
import { nsToMs, nullableNsToMs } from "@/lib/format";
import { visibleText } from "@/lib/hidden";
import { jsonText } from "@/lib/jsonnumbers";
import { promptsOf, type UsedPrompt } from "@/lib/prompts";
import { text } from "@/strings";
import { DeleteTrace } from "./delete-trace";
import { Entries } from "./span-attributes";
import classes from "./trace-header.module.css";

const t = text.trace;
/** What a trace says of where it comes from: the field to find its like by, its label, its value. */
const NAMED: readonly [string, string, (trace: Trace) => string | null][] = [
  ["user", t.user, (trace) => trace.user],
  ["environment", text.traces.column.environment, (trace) => trace.environment],
  ["model", text.traces.column.model, (trace) => trace.model_id],
  ["service", text.traces.column.service, (trace) => trace.service],
  ["client", text.traces.column.client, (trace) => trace.client],
  ["run", t.run, (trace) => trace.run_id],
];
const FILTERED = "/experiments/$experimentId/traces";

/** What a trace comes to, and what can be done with it. */
export function TraceHeader({ trace }: { trace: Trace }) {
  const experimentId = trace.experiment_id;
  const [deleting, remove] = useDisclosure(false);
  const navigate = useNavigate();
  const client = useQueryClient();
  const prompts = promptsOf(trace.metadata);
  const may = useMayIn(experimentId);
  const whole = useMutation({
    mutationFn: async () => {
      const params = { trace_id: trace.trace_id };
      const [detail, spans] = await Promise.all([call("get_trace", params), call("get_spans", params)]);
      return jsonText({ trace: detail.trace, assessments: detail.assessments, spans }, 2);
    },
  });
  const compare = () =>
    void navigate({
      to: "/experiments/$experimentId/compare",
      params: { experimentId },
      search: { left: trace.trace_id },
    });
  const gone = async () => {
    await client.invalidateQueries({ queryKey: ["traces"] });
    await navigate({ to: FILTERED, params: { experimentId } });
  };
  return (
    <header className={classes.header}>
      <div className={classes.top}>
        <Link to={FILTERED} params={{ experimentId }} className={classes.back}>
          {text.nav.traces}
        </Link>
        <span className="dim">/</span>
        <h1 className="clip" title={visibleText(trace.name)}>
          <SafeText text={trace.name || trace.trace_id} />
        </h1>
        <State state={trace.state} />
        <div className={classes.actions}>
          <code className={`${classes.id} dim`}>{trace.trace_id}</code>
          <CopyButton label={t.copyId} value={trace.trace_id} />
          <CopyButton label={t.copyJson} value={() => whole.mutateAsync()} named />
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" aria-label={text.common.actions}>
                <IconDots size={17} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconArrowsDiff size={14} />} onClick={compare}>
                {t.compare}
              </Menu.Item>
              {may("trace.delete") && (
                <Menu.Item leftSection={<IconTrash size={14} />} color="red" onClick={remove.open}>
                  {t.delete}
                </Menu.Item>
              )}
            </Menu.Dropdown>
          </Menu>
        </div>
      </div>
      <dl className={classes.facts}>
        <Fact name={t.started}>
          <Moment ms={nsToMs(trace.start_ns)} />
        </Fact>
        <Fact name={t.duration}>
          {trace.duration_ns === null ? t.running : <Duration ms={nullableNsToMs(trace.duration_ns)} />}
        </Fact>
        <Fact name={t.spanCount}>
          <Count value={trace.span_count} />
          {trace.error_count > 0 && (
            <span className={classes.bad}>
              {" "}
              · <Count value={trace.error_count} /> {t.errorsOf(trace.error_count)}
            </span>
          )}
        </Fact>
        {trace.tokens.total > 0 && (
          <Fact name={t.tokens}>
            <Count value={trace.tokens.input} /> → <Count value={trace.tokens.output} />
          </Fact>
        )}
        {trace.cost_usd !== null && (
          <Fact name={t.cost}>
            <Usd value={trace.cost_usd} />
          </Fact>
        )}
        {trace.session !== null && (
          <Fact name={t.session}>
            <Link
              to="/experiments/$experimentId/sessions/$session"
              params={{ experimentId, session: trace.session }}
            >
              <SafeText text={trace.session} />
            </Link>
          </Fact>
        )}
        {NAMED.map(([field, label, of]) => {
          const value = of(trace);
          if (value === null || value === "") return null;
          return (
            <Fact key={field} name={label}>
              <Link to={FILTERED} params={{ experimentId }} search={{ filter: `${field} = ${quote(value)}` }}>
                {field === "model" ? (
                  <VersionName experimentId={experimentId} modelId={value} />
                ) : (
                  <SafeText text={value} />
                )}
              </Link>
            </Fact>
          );
        })}
        {prompts.length > 0 && (
          <Fact name={t.prompts(prompts.length)}>
            <span className={classes.tags}>
              {prompts.map((prompt) => (
                <UsedPromptLink
                  key={JSON.stringify([prompt.name, prompt.version])}
                  experimentId={experimentId}
                  used={prompt}
                />
              ))}
            </span>
          </Fact>
        )}
        {Object.keys(trace.tags).length > 0 && (
          <Fact name={t.tags}>
            <span className={classes.tags}>
              {Object.entries(trace.tags).map(([key, value]) => (
                <Link
                  key={key}
                  to={FILTERED}
                  params={{ experimentId }}
                  search={{ filter: `${keyed("tags", key)} = ${quote(value)}` }}
                >
                  <Badge size="sm" variant="default" tt="none" fw={400} maw={220}>
                    <SafeText text={`${key}=${value}`} />
                  </Badge>
                </Link>
              ))}
            </span>
          </Fact>
        )}
      </dl>
      {Object.keys(trace.metadata).length > 0 && (
        <details className={classes.metadata}>
          <summary>
            {t.metadata} <span className="dim">{Object.keys(trace.metadata).length}</span>
          </summary>
          <Entries entries={trace.metadata} />
        </details>
      )}
      {trace.state === "ERROR" && trace.status_message !== "" && (
        <p className={classes.message} title={visibleText(trace.status_message)}>
          <SafeText text={trace.status_message} />
        </p>
      )}
      {deleting && <DeleteTrace traceId={trace.trace_id} close={remove.close} done={gone} />}
    </header>
  );
}

/** A version of a prompt, with the way to the other traces that used it. */
function UsedPromptLink({ experimentId, used }: { experimentId: string; used: UsedPrompt }) {
  const { name, version, filter } = used;
  const said = t.promptVersion(name, version);
  return (
    <span className={classes.prompt}>
      <Link
        to="/experiments/$experimentId/prompts/$name"
        params={{ experimentId, name }}
        search={{ version }}
        preload={false}
      >
        <SafeText text={said} />
      </Link>
      {filter !== null && (
        <Link
          to={FILTERED}
          params={{ experimentId }}
          search={{ filter }}
          title={visibleText(t.tracesWith(said))}
          aria-label={visibleText(t.tracesWith(said))}
        >
          <IconFilter size={13} aria-hidden />
        </Link>
      )}
    </span>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
