import { useMemo } from "react";
import { saidIn } from "@/lib/said";
import { text } from "@/strings";
import { Content } from "./content";
import classes from "./conversation.module.css";
import { SafeText } from "./safe-text";

/** Content of a trace; a conversation message by message. */
export function Conversation({ value }: { value: unknown }) {
  const said = useMemo(() => saidIn(value), [value]);
  if (said === null) return <Content value={value} markdown />;
  return said.map(({ role, content }, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: messages have no identity but their place
    <div key={index} className={classes.said}>
      <strong>
        <SafeText text={text.trace.role[role] ?? role} />
      </strong>
      <Content value={content} markdown />
    </div>
  ));
}
