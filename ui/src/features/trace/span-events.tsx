import type { Span } from "@/api/schema";
import { Duration } from "@/components/figures";
import { SafeText } from "@/components/safe-text";
import { nsToMs } from "@/lib/format";
import { text } from "@/strings";
import { Entries } from "./span-attributes";
import classes from "./span-events.module.css";

/** What happened within a span, with the time since its start. */
export function SpanEvents({ span }: { span: Span }) {
  if (span.events.length === 0) return <p className="dim">{text.trace.noEvents}</p>;
  const startNs = BigInt(span.start_ns);
  return (
    <div className={classes.events}>
      {span.events.map((event, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: events have no identity but their place
        <article key={index}>
          <header className={classes.head}>
            <strong>
              <SafeText text={event.name} />
            </strong>
            <span className="dim">
              +<Duration ms={nsToMs(String(BigInt(event.time_ns) - startNs))} />
            </span>
          </header>
          {Object.keys(event.attributes).length > 0 && <Entries entries={event.attributes} />}
        </article>
      ))}
    </div>
  );
}
