import { useMemo } from "react";
import { saidIn, soleTextIn } from "@/lib/said";
import { Chat } from "./chat";
import { Content } from "./content";
import { SafeText } from "./safe-text";

/** Content of a trace; a conversation message by message, with its tool calls. */
export function Conversation({ value, out = false }: { value: unknown; out?: boolean }) {
  const said = useMemo(() => saidIn(value), [value]);
  const sole = useMemo(() => soleTextIn(value), [value]);
  if (sole !== null)
    return (
      <>
        <div className="dim">
          <SafeText text={sole.name} />
        </div>
        <Content value={sole.text} markdown />
      </>
    );
  if (said === null) return <Content value={value} markdown />;
  return out ? <Chat input={[]} output={said} markdown bare /> : <Chat input={said} output={[]} markdown />;
}
