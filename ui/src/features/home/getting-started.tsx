import { IconCircle, IconCircleCheck } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { datasetsQuery } from "@/api/asset-queries";
import { runsQuery } from "@/api/evaluation-queries";
import { Snippet } from "@/components/snippet";
import { evaluateSnippet } from "@/lib/snippets";
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
  const signs = useSigns(experimentId);
  return (
    <section>
      <h2>{t.start}</h2>
      <p className="dim">{t.startHint}</p>
      <ol className={classes.steps}>
        {stepsOf(experimentId, name, signs).map((step) => (
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

/** Whether a dataset and an evaluation are there, which the first traces may come after. */
function useSigns(experimentId: string) {
  const one = { experiment: experimentId, filter: "", order: "" };
  const datasets = useInfiniteQuery(datasetsQuery(one));
  const evaluations = useInfiniteQuery(runsQuery(experimentId, "kind = 'EVALUATION'", ""));
  return {
    dataset: (datasets.data?.pages[0]?.items.length ?? 0) > 0,
    evaluation: (evaluations.data?.pages[0]?.items.length ?? 0) > 0,
  };
}

function stepsOf(experimentId: string, name: string, signs: ReturnType<typeof useSigns>): Step[] {
  const origin = window.location.origin;
  const send = [
    `export OTEL_EXPORTER_OTLP_ENDPOINT=${origin}`,
    "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
    `export OTEL_EXPORTER_OTLP_HEADERS=x-lodeline-experiment=${experimentId}`,
  ].join("\n");
  const dataset = [
    `lodeline datasets create cases -e ${experimentId}`,
    `lodeline datasets add-traces cases -e ${experimentId} -f "state = 'OK'"`,
  ].join("\n");
  const quoted = `'${name.replace(/'/g, "'\\''")}'`;
  return [
    { title: t.steps.create, done: true },
    { title: t.steps.trace, hint: t.steps.traceHint, code: send, done: false },
    { title: t.steps.dataset, hint: t.steps.datasetHint, code: dataset, done: signs.dataset },
    {
      title: t.steps.evaluate,
      hint: t.steps.evaluateHint,
      code: evaluateSnippet(experimentId),
      done: signs.evaluation,
    },
    {
      title: t.steps.analyse,
      hint: t.steps.analyseHint,
      code: `lodeline traces search --experiment ${quoted} --filter "feedback.right = false"`,
      done: false,
    },
  ];
}
