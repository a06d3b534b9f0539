import { IconCircle, IconCircleCheck } from "@tabler/icons-react";
import { Snippet } from "@/components/snippet";
import { text } from "@/strings";
import classes from "./home-page.module.css";

const t = text.home;

interface Step {
  title: string;
  hint?: string;
  code?: string;
  done: boolean;
}

/** What to do in an experiment that has no traces yet, with snippets to copy. */
export function GettingStarted({ experimentId, name }: { experimentId: string; name: string }) {
  return (
    <section>
      <h2>{t.start}</h2>
      <p className="dim">{t.startHint}</p>
      <ol className={classes.steps}>
        {stepsOf(experimentId, name).map((step) => (
          <li key={step.title} className={classes.step}>
            <span className={classes.mark} data-done={step.done || undefined}>
              {step.done ? <IconCircleCheck size={22} aria-hidden /> : <IconCircle size={22} aria-hidden />}
              <span className="visually-hidden">{step.done ? t.doneStep : t.openStep}</span>
            </span>
            <div>
              <h3>{step.title}</h3>
              {step.hint !== undefined && <div className="dim">{step.hint}</div>}
              {step.code !== undefined && <Snippet code={step.code} />}
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}

function stepsOf(experimentId: string, name: string): Step[] {
  const origin = window.location.origin;
  const send = [
    `export OTEL_EXPORTER_OTLP_ENDPOINT=${origin}`,
    "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
    `export OTEL_EXPORTER_OTLP_HEADERS=x-lodeline-experiment=${experimentId}`,
  ].join("\n");
  const quoted = `'${name.replace(/'/g, "'\\''")}'`;
  const find = `lodeline traces search --experiment ${quoted}`;
  return [
    { title: t.steps.create, done: true },
    { title: t.steps.trace, hint: t.steps.traceHint, code: send, done: false },
    {
      title: t.steps.judge,
      hint: t.steps.judgeHint,
      code: "lodeline assessments log correctness false --trace TRACE_ID --rationale 'why'",
      done: false,
    },
    {
      title: t.steps.find,
      hint: t.steps.findHint,
      code: `${find} --filter "feedback.correctness = false"`,
      done: false,
    },
    {
      title: t.steps.follow,
      hint: t.steps.followHint,
      code: `span.set_attribute("session.id", "chat-1")`,
      done: false,
    },
  ];
}
