import {
  IconArrowsSort,
  IconBraces,
  IconChecklist,
  IconCircleDot,
  IconDatabaseSearch,
  IconLink,
  IconMessageChatbot,
  type IconProps,
  IconRobot,
  IconShieldCheck,
  IconSubtask,
  IconTool,
  IconVector,
} from "@tabler/icons-react";
import type { ComponentType } from "react";
import type { SpanSkeleton } from "@/api/schema";
import classes from "./kind.module.css";

type Kind = SpanSkeleton["kind"];

const ICONS: Record<Kind, ComponentType<IconProps>> = {
  AGENT: IconRobot,
  LLM: IconMessageChatbot,
  CHAT_MODEL: IconMessageChatbot,
  TOOL: IconTool,
  RETRIEVER: IconDatabaseSearch,
  EMBEDDING: IconVector,
  RERANKER: IconArrowsSort,
  PARSER: IconBraces,
  CHAIN: IconLink,
  GUARDRAIL: IconShieldCheck,
  EVALUATOR: IconChecklist,
  TASK: IconSubtask,
  UNKNOWN: IconCircleDot,
};

/** Which of the six colours a kind has. */
export function kindGroup(kind: Kind): string {
  if (kind === "AGENT") return "agent";
  if (kind === "LLM" || kind === "CHAT_MODEL") return "model";
  if (kind === "TOOL") return "tool";
  if (kind === "RETRIEVER" || kind === "RERANKER" || kind === "EMBEDDING") return "retriever";
  return kind === "GUARDRAIL" || kind === "EVALUATOR" ? "judge" : "other";
}

/** The kind of a span as an icon with its name as its title. */
export function KindIcon({ kind, size = 15 }: { kind: Kind; size?: number }) {
  const Icon = ICONS[kind];
  return (
    <span className={classes.icon} data-group={kindGroup(kind)} title={kind}>
      <Icon size={size} aria-hidden />
      <span className="visually-hidden">{kind}</span>
    </span>
  );
}
