import { useMemo } from "react";
import { saidIn } from "@/lib/said";
import { Chat } from "./chat";
import { Content } from "./content";

/** Content of a trace; a conversation message by message, with its tool calls. */
export function Conversation({ value, out = false }: { value: unknown; out?: boolean }) {
  const said = useMemo(() => saidIn(value), [value]);
  if (said === null) return <Content value={value} markdown />;
  return out ? <Chat input={[]} output={said} markdown bare /> : <Chat input={said} output={[]} markdown />;
}
