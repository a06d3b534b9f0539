import { IconPaperclip } from "@tabler/icons-react";
import { text } from "@/strings";
import classes from "./chat.module.css";
import { JsonView } from "./json-view";
import { SafeText } from "./safe-text";

const INLINE_IMAGE = /^data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+$/;
const MOST_ADDRESS = 200;

/** A part of a message that is no text: an image that came with it is shown, everything else by reference. */
export function MessagePart({ part }: { part: unknown }) {
  const kind = kindOf(part);
  const address = addressOf(part);
  if (address !== null && INLINE_IMAGE.test(address))
    return <img className={classes.image} src={address} alt={text.trace.part(kind)} />;
  return (
    <div className={classes.part}>
      <span className={classes.callName}>
        <IconPaperclip size={13} aria-hidden /> {text.trace.part(kind)}
      </span>
      {address !== null && !address.startsWith("data:") ? (
        <code className={classes.address}>
          <SafeText text={address.slice(0, MOST_ADDRESS)} />
        </code>
      ) : (
        <JsonView value={part} />
      )}
    </div>
  );
}

function kindOf(part: unknown): string {
  const kind = fieldOf(part, "type");
  return typeof kind === "string" ? kind : text.common.unknown;
}

/** Where the part's content is: an address, or a data address made of its bytes and media type. */
export function addressOf(part: unknown): string | null {
  for (const name of ["url", "uri", "image_url", "file_url", "file_uri", "file_id"]) {
    const value = fieldOf(part, name);
    const inner = typeof value === "object" ? fieldOf(value, "url") : value;
    if (typeof inner === "string" && inner !== "") return inner;
  }
  const source = fieldOf(part, "source") ?? part;
  const data = fieldOf(source, "data") ?? fieldOf(source, "content");
  const media = fieldOf(source, "media_type") ?? fieldOf(source, "mime_type");
  return typeof data === "string" && typeof media === "string" ? `data:${media};base64,${data}` : null;
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !(name in value)) return undefined;
  return (value as Record<string, unknown>)[name];
}
