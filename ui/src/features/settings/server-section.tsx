import { useQuery } from "@tanstack/react-query";
import { serverQuery } from "@/api/queries";
import { Moment } from "@/components/figures";
import { ProblemNote } from "@/components/problem-note";
import { bytes, exactNumber } from "@/lib/format";
import { text } from "@/strings";
import classes from "./settings-page.module.css";

const t = text.settings;

/** What the server is, and how its store fares. */
export function ServerSection() {
  const server = useQuery(serverQuery);
  if (server.isError) return <ProblemNote error={server.error} retry={() => void server.refetch()} />;
  if (server.data === undefined) return null;
  const { version, capabilities, auth, time_ms, figures } = server.data;
  return (
    <>
      <dl className={classes.facts}>
        <dt>{t.version}</dt>
        <dd>{version}</dd>
        <dt>{t.backend}</dt>
        <dd>{capabilities.backend}</dd>
        <dt>{t.auth}</dt>
        <dd>{auth ? t.authOn : t.authOff}</dd>
        <dt>{t.time}</dt>
        <dd>
          <Moment ms={time_ms} />
        </dd>
      </dl>
      <h3>{t.figures}</h3>
      {figures === null ? (
        <p className="dim">{t.figuresHidden}</p>
      ) : (
        <dl className={classes.facts}>
          {Object.entries(figures)
            // It stands above.
            .filter(([name]) => name !== "backend")
            .map(([name, value]) => (
              <Figure key={name} name={name} value={value} />
            ))}
        </dl>
      )}
    </>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  const number = /^\d+$/.test(value) ? Number(value) : null;
  const shown = number === null ? value : name.endsWith("bytes") ? bytes(number) : exactNumber(number);
  return (
    <>
      <dt>{t.figureNames[name] ?? name.replace(/_/g, " ")}</dt>
      <dd title={value}>{shown}</dd>
    </>
  );
}
