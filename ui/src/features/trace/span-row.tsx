import { IconAlertCircleFilled, IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { type CSSProperties, memo } from "react";
import { KindIcon, kindGroup } from "@/components/kind";
import { SafeText } from "@/components/safe-text";
import { duration, exactNumber, shortNumber } from "@/lib/format";
import type { SpanNode } from "@/lib/spantree";
import { text } from "@/strings";
import type { TimeWindow } from "./span-tree";
import classes from "./span-tree.module.css";

const INDENT_PX = 14;
const MOST_INDENT = 14;

interface SpanRowProps {
  node: SpanNode;
  top: number;
  window: TimeWindow;
  selected: boolean;
  collapsed: boolean;
  found: boolean;
  faded: boolean;
  critical: boolean;
  onSelect: (node: SpanNode) => void;
  onToggle: (node: SpanNode) => void;
}

export const SpanRow = memo(function SpanRow(props: SpanRowProps) {
  const { node, selected, collapsed, onSelect, onToggle } = props;
  const { span } = node;
  const open = node.children.length > 0 ? !collapsed : undefined;
  const Chevron = collapsed ? IconChevronRight : IconChevronDown;
  const indent = Math.min(node.depth, MOST_INDENT) * INDENT_PX;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree takes the keys
    <div
      id={`span-${span.span_id}`}
      role="treeitem"
      aria-level={node.depth + 1}
      aria-expanded={open}
      aria-selected={selected}
      className={classes.row}
      data-found={props.found || undefined}
      data-faded={props.faded || undefined}
      style={{ transform: `translateY(${props.top}px)` }}
      onClick={() => onSelect(node)}
    >
      <div className={classes.label} style={{ paddingLeft: indent }}>
        {open === undefined ? (
          <span className={classes.leaf} />
        ) : (
          <button
            type="button"
            tabIndex={-1}
            className={classes.chevron}
            aria-hidden
            onClick={(event) => {
              event.stopPropagation();
              onToggle(node);
            }}
          >
            <Chevron size={14} />
          </button>
        )}
        <KindIcon kind={span.kind} />
        <span className={classes.name} title={node.orphan ? text.trace.orphan : span.name}>
          <SafeText text={span.name || span.span_id} />
        </span>
        {node.orphan && <span className={classes.orphan} title={text.trace.orphan} />}
        {span.status === "ERROR" && (
          <IconAlertCircleFilled size={14} className={classes.error} aria-label={text.state.ERROR} />
        )}
        {collapsed && node.errors > (span.status === "ERROR" ? 1 : 0) && (
          <span className={classes.below}>{node.errors}</span>
        )}
        {span.tokens !== null && span.tokens.total > 0 && (
          <span className={classes.tokens} title={text.trace.tokensExactly(exactNumber(span.tokens.total))}>
            {shortNumber(span.tokens.total)}
          </span>
        )}
      </div>
      <Bar {...props} />
    </div>
  );
});

/** The span's place in time; its length stands beside it where there is room. */
function Bar({ node, window, critical }: SpanRowProps) {
  const length = window.toMs - window.fromMs;
  const at = (ms: number) => ((ms - window.fromMs) / length) * 100;
  const end = node.endMs ?? window.toMs;
  const left = Math.max(0, Math.min(100, at(node.startMs)));
  const right = Math.max(left, Math.min(100, at(end)));
  const outside = at(end) < 0 || at(node.startMs) > 100;
  const length_ms = node.endMs === null ? null : node.endMs - node.startMs;
  const label = length_ms === null ? text.trace.running : duration(length_ms);
  const place = right < 70 ? "after" : left > 28 ? "before" : "inside";
  return (
    <div className={classes.track}>
      {!outside && (
        <div
          className={classes.bar}
          data-group={kindGroup(node.span.kind)}
          data-error={node.span.status === "ERROR" || undefined}
          data-running={node.endMs === null || undefined}
          data-critical={critical || undefined}
          style={{ left: `${left}%`, width: `max(2px, ${right - left}%)` }}
        />
      )}
      <span
        className={classes.length}
        title={length_ms === null ? undefined : `${exactNumber(length_ms)} ms`}
        data-inside={place === "inside" || undefined}
        style={labelStyle(place, left, right)}
      >
        {label}
      </span>
    </div>
  );
}

/** Where the length stands: beside the bar, on the side with room; in the bar when it fills the track. */
function labelStyle(place: "after" | "before" | "inside", left: number, right: number): CSSProperties {
  if (place === "after") return { left: `calc(${right}% + 6px)` };
  return place === "before" ? { right: `calc(${100 - left}% + 6px)` } : { left: `calc(${left}% + 4px)` };
}
