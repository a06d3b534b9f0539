import { TextInput } from "@mantine/core";
import { Fragment, useState } from "react";
import type { Span } from "@/api/schema";
import { CopyButton } from "@/components/copy-button";
import { JsonView } from "@/components/json-view";
import { SafeText } from "@/components/safe-text";
import { jsonText } from "@/lib/jsonnumbers";
import { text } from "@/strings";
import classes from "./span-attributes.module.css";

const t = text.trace;

/** The attributes of a span as they were sent, those of its resource, its scope and its links. */
export function SpanAttributes({ span }: { span: Span }) {
  const [find, setFind] = useState("");
  const scope = span.scope === "" ? {} : { name: span.scope, version: span.scope_version };
  return (
    <>
      <TextInput
        aria-label={t.attributesFind}
        placeholder={t.attributesFind}
        value={find}
        mb="xs"
        onChange={(event) => setFind(event.currentTarget.value)}
      />
      <Entries entries={span.attributes} find={find} />
      <Group title={t.resource} entries={span.resource} find={find} />
      <Group title={t.scope} entries={scope} find={find} />
      {span.links.length > 0 && (
        <>
          <h3 className={classes.title}>{t.links}</h3>
          <JsonView value={span.links} />
        </>
      )}
    </>
  );
}

function Group({ title, entries, find }: { title: string; entries: Record<string, unknown>; find: string }) {
  if (Object.keys(entries).length === 0) return null;
  return (
    <>
      <h3 className={classes.title}>{title}</h3>
      <Entries entries={entries} find={find} />
    </>
  );
}

export function Entries({ entries, find = "" }: { entries: Record<string, unknown>; find?: string }) {
  const word = find.toLowerCase();
  const shown = Object.entries(entries)
    .filter(([key, value]) => word === "" || `${key} ${jsonText(value)}`.toLowerCase().includes(word))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return (
    <div className={classes.entries}>
      {shown.map(([key, value]) => (
        <div key={key} className={classes.entry}>
          <code className={classes.key}>
            <Key name={key} />
          </code>
          <div className={classes.value}>
            <JsonView value={value} />
          </div>
          <CopyButton
            label={`${text.common.copy} ${key}`}
            value={typeof value === "string" ? value : jsonText(value)}
          />
        </div>
      ))}
    </div>
  );
}

/** A key that breaks after its dots and underscores, where its line is too short. */
function Key({ name }: { name: string }) {
  return name.split(/(?<=[._])/).map((part, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a part is its place
    <Fragment key={index}>
      {index > 0 && <wbr />}
      <SafeText text={part} />
    </Fragment>
  ));
}
