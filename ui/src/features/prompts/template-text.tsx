import { Fragment } from "react";
import type { PromptVersion } from "@/api/schema";
import { SafeText } from "@/components/safe-text";
import { lineDiff } from "@/lib/textdiff";
import { text } from "@/strings";
import classes from "./prompts.module.css";

const t = text.prompt;
const VARIABLE = /(\{\{\s*[\w.-]+\s*\}\})/;
const MARKS = { same: " ", added: "+", removed: "−" } as const;

/** The text of a version, or its messages, with its variables marked. */
export function TemplateText({ version }: { version: PromptVersion }) {
  if (version.template !== null) return <Marked source={version.template} />;
  return version.messages.map((message, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: messages have no identity but their place
    <section key={at}>
      <h3 className={classes.role}>
        <SafeText text={text.trace.role[message.role] ?? message.role} />
      </h3>
      <Marked source={message.content} />
    </section>
  ));
}

function Marked({ source }: { source: string }) {
  return (
    <div className={classes.template}>
      {source.split(VARIABLE).map((part, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts have no identity but their place
        <Fragment key={at}>
          {at % 2 === 1 ? (
            <span className={classes.variable}>
              <SafeText text={part} />
            </span>
          ) : (
            <SafeText text={part} />
          )}
        </Fragment>
      ))}
    </div>
  );
}

/** What changed from one version to another, line by line. */
export function TemplateDiff({ before, after }: { before: PromptVersion; after: PromptVersion }) {
  const lines = lineDiff(whole(before), whole(after));
  const differs = lines.some((line) => line.kind !== "same");
  return (
    <section aria-label={t.diff(before.version, after.version)}>
      <h2>{t.diff(before.version, after.version)}</h2>
      {!differs && <p>{t.same}</p>}
      <div className={classes.template}>
        {lines.map((line, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity but their place
          <div key={at} className={classes.line} data-kind={line.kind}>
            <span className={classes.mark} aria-hidden>
              {MARKS[line.kind]}
            </span>
            {line.kind !== "same" && <span className="visually-hidden">{t[line.kind]}: </span>}
            <SafeText text={line.text} />
          </div>
        ))}
      </div>
    </section>
  );
}

function whole(version: PromptVersion): string {
  if (version.template !== null) return version.template;
  return version.messages.map(({ role, content }) => `${role}:\n${content}`).join("\n\n");
}
