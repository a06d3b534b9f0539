import { Button } from "@mantine/core";
import { IconTool } from "@tabler/icons-react";
import { useState } from "react";
import type { ToolCall } from "@/api/schema";
import type { Said } from "@/lib/said";
import { text } from "@/strings";
import classes from "./chat.module.css";
import { Content } from "./content";
import { MessagePart } from "./message-part";
import { SafeText } from "./safe-text";

const t = text.trace;
const LAST_SHOWN = 4;

interface ChatProps {
  input: readonly Said[];
  output: readonly Said[];
  markdown: boolean;
  /** The output stands below a heading of its own already. */
  bare?: boolean;
}

/** A conversation as the model saw it: its input, of which the latest messages are open, and its output. */
export function Chat({ input, output, markdown, bare = false }: ChatProps) {
  const [all, setAll] = useState(false);
  const hidden = all || input.length <= LAST_SHOWN + 1 ? 0 : input.length - LAST_SHOWN;
  return (
    <div className={classes.chat}>
      {input.slice(0, hidden > 0 ? 0 : undefined).map((message, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: messages have no identity but their place
        <MessageCard key={index} message={message} markdown={markdown} folded={message.role === "system"} />
      ))}
      {hidden > 0 && (
        <>
          <Button variant="default" onClick={() => setAll(true)}>
            {t.earlier(hidden)}
          </Button>
          {input.slice(hidden).map((message, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: messages have no identity but their place
            <MessageCard key={hidden + index} message={message} markdown={markdown} />
          ))}
        </>
      )}
      {output.length > 0 && !bare && <h3 className={classes.heading}>{t.output}</h3>}
      {output.map((message, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: messages have no identity but their place
        <MessageCard key={index} message={message} markdown={markdown} out />
      ))}
    </div>
  );
}

interface MessageCardProps {
  message: Said;
  markdown: boolean;
  out?: boolean;
  folded?: boolean;
}

function MessageCard({ message, markdown, out = false, folded = false }: MessageCardProps) {
  const [open, setOpen] = useState(!folded || message.content.length < 400);
  const empty = message.content === "" && message.tool_calls.length === 0 && message.parts.length === 0;
  return (
    <article className={classes.message} data-role={message.role} data-out={out || undefined}>
      <header className={classes.role}>
        {message.role === "tool" && <IconTool size={13} aria-hidden />}
        {t.role[message.role] ?? message.role}
        {message.tool_call_id !== null && (
          <code className="dim clip">
            <SafeText text={message.tool_call_id} />
          </code>
        )}
        {!open && (
          <Button size="compact-xs" variant="subtle" onClick={() => setOpen(true)}>
            {t.showAll(message.content.length.toLocaleString("en"))}
          </Button>
        )}
      </header>
      {message.reasoning !== null && (
        <details className={classes.reasoning}>
          <summary>{t.reasoning}</summary>
          <Content value={message.reasoning} />
        </details>
      )}
      {open && message.content !== "" && <Content value={message.content} markdown={markdown} />}
      {empty && <p className="dim">{t.nothing}</p>}
      {message.parts.map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts have no identity but their place
        <MessagePart key={index} part={part} />
      ))}
      {message.tool_calls.map((call, index) => (
        <ToolCallCard key={call.call_id ?? index} call={call} />
      ))}
    </article>
  );
}

export function ToolCallCard({ call }: { call: ToolCall }) {
  return (
    <div className={classes.call}>
      <div className={classes.callName}>
        <IconTool size={13} aria-hidden />
        <strong>
          <SafeText text={call.name} />
        </strong>
        {call.call_id !== null && (
          <code className="dim clip">
            <SafeText text={call.call_id} />
          </code>
        )}
      </div>
      {call.arguments !== null && call.arguments !== undefined && <Content value={call.arguments} />}
    </div>
  );
}
