import { Button } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useMatches, useNavigate, useRouter } from "@tanstack/react-router";
import { SafeText } from "@/components/safe-text";
import { unknownKeys } from "@/lib/addresskeys";
import { oneLine } from "@/lib/format";
import { text } from "@/strings";
import classes from "./unknown-parameters.module.css";

const t = text.problem;
const MOST_SHOWN = 100;

/** Says which parameters of an address its page does not have: a misspelt filter must not look like one that holds. */
export function UnknownParameters() {
  const navigate = useNavigate();
  const { routesById } = useRouter();
  // Of what is shown, not of where the way leads: an address changes before its page has come.
  const matches = useMatches();
  const given: object = matches.at(-1)?.search ?? {};
  const known = matches.flatMap(({ routeId }) => keysOf(routesById[routeId]?.options.validateSearch));
  const unknown = unknownKeys(given, known);
  if (unknown.length === 0) return null;
  const leaveOut = () => {
    const kept = Object.fromEntries(Object.entries(given).filter(([key]) => known.includes(key)));
    void navigate({ to: ".", search: kept as never, replace: true });
  };
  return (
    <div className={classes.note} role="alert">
      <IconAlertTriangle size={16} className={classes.icon} aria-hidden />
      <span className={classes.said}>
        <SafeText text={t.unknownParameters(unknown.map((key) => oneLine(key, MOST_SHOWN)))} />{" "}
        {known.length > 0 && t.knownParameters(known)}
      </span>
      <Button size="compact-sm" variant="default" onClick={leaveOut}>
        {t.leaveOut}
      </Button>
    </div>
  );
}

/** The parameters that a route takes; none for one that takes no parameter of its own. */
function keysOf(validate: unknown): readonly string[] {
  return typeof validate === "function" && "keys" in validate ? (validate.keys as readonly string[]) : [];
}
