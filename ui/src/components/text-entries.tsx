import { FactList } from "./facts";
import { SafeText } from "./safe-text";
import { Part } from "./side-panel";

/** Texts by key, such as params or tags, under a heading; nothing when there is none. */
export function TextEntries({ title, entries }: { title: string; entries: Record<string, string> }) {
  const all = Object.entries(entries);
  if (all.length === 0) return null;
  return (
    <Part title={title}>
      <FactList facts={all.map(([key, value]) => [key, <SafeText key={key} text={value} />])} />
    </Part>
  );
}
