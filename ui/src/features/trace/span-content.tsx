import type { Document, Span } from "@/api/schema";
import { Chat, ToolCallCard } from "@/components/chat";
import { Content } from "@/components/content";
import { JsonView } from "@/components/json-view";
import { SafeText } from "@/components/safe-text";
import { finite } from "@/lib/format";
import { text } from "@/strings";
import classes from "./span-content.module.css";

const t = text.trace;

/** What went in and came out, as the kind of the span suggests. */
export function SpanContent({ span, markdown }: { span: Span; markdown: boolean }) {
  const { view } = span;
  const chat = view.input_messages.length > 0 || view.output_messages.length > 0;
  const parameters = Object.keys(view.parameters).length > 0;
  const nothing =
    view.inputs === null &&
    view.outputs === null &&
    !chat &&
    view.tool_call === null &&
    view.documents.length === 0;
  const mode = span.attributes["lodeline.capture"];
  const claimed = mode === "hashed" || mode === "structure" || mode === "none" ? mode : undefined;
  // Where the server keeps everything the attribute is what a sender says, and may be untrue.
  const notKept = claimed === undefined || (claimed === "none" && !nothing) ? undefined : t.notKept[claimed];
  return (
    <div className={classes.content}>
      {notKept !== undefined && <p className="dim">{notKept}</p>}
      {chat && <Chat input={view.input_messages} output={view.output_messages} markdown={markdown} />}
      {view.tool_call !== null && (
        <Section title={t.toolCall}>
          <ToolCallCard call={view.tool_call} />
        </Section>
      )}
      {!chat && view.inputs !== null && view.tool_call === null && (
        <Section title={t.input}>
          <Content value={view.inputs} markdown={markdown} />
        </Section>
      )}
      {!chat && view.outputs !== null && view.documents.length === 0 && (
        <Section title={view.tool_call === null ? t.output : t.toolAnswer}>
          <Content value={view.outputs} markdown={markdown} />
        </Section>
      )}
      {view.documents.length > 0 && <Documents documents={view.documents} />}
      {nothing && notKept === undefined && <p className="dim">{t.nothing}</p>}
      {view.finish_reasons.length > 0 && (
        <p className="dim">
          {t.finish}: <SafeText text={view.finish_reasons.join(", ")} />
        </p>
      )}
      {parameters && (
        <details className={classes.fold}>
          <summary>{t.parameters}</summary>
          <JsonView value={view.parameters} />
        </details>
      )}
      {view.tool_definitions.length > 0 && (
        <details className={classes.fold}>
          <summary>{t.tools(view.tool_definitions.length)}</summary>
          <JsonView value={view.tool_definitions} />
        </details>
      )}
    </div>
  );
}

function Section({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section className={classes.section}>
      <h3>{title}</h3>
      <div className={classes.box}>{children}</div>
    </section>
  );
}

function Documents({ documents }: { documents: readonly Document[] }) {
  return (
    <section className={classes.section}>
      <h3>
        {t.documents} <span className="dim">{documents.length}</span>
      </h3>
      {documents.map((document, index) => {
        const score = finite(document.score);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: documents may lack an id, and their place is their rank
          <article key={index} className={classes.box}>
            <header className={classes.documentHead}>
              <strong>{index + 1}</strong>
              {document.document_id !== null && (
                <code className="clip">
                  <SafeText text={document.document_id} />
                </code>
              )}
              {score !== null && (
                <span className="dim" title={String(score)}>
                  {t.score} {Number(score.toPrecision(4))}
                </span>
              )}
            </header>
            <Content value={document.content} />
            {hasMetadata(document.metadata) && (
              <details className={classes.fold}>
                <summary>{t.metadata}</summary>
                <JsonView value={document.metadata} />
              </details>
            )}
          </article>
        );
      })}
    </section>
  );
}

function hasMetadata(metadata: unknown): boolean {
  return typeof metadata === "object" && metadata !== null && Object.keys(metadata).length > 0;
}
