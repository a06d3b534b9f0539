import { ActionIcon, Menu, TextInput, Tooltip } from "@mantine/core";
import {
  IconAlertCircle,
  IconArrowsMaximize,
  IconArrowsMinimize,
  IconChevronDown,
  IconChevronUp,
  IconFold,
  IconRoute,
  IconSearch,
  IconZoomIn,
  IconZoomReset,
} from "@tabler/icons-react";
import type { ReactNode, RefObject } from "react";
import { KindIcon } from "@/components/kind";
import { exactNumber } from "@/lib/format";
import { text } from "@/strings";
import classes from "./tree-toolbar.module.css";
import type { TreeState } from "./use-tree-state";

const t = text.trace;

interface TreeToolbarProps {
  state: TreeState;
  searchBox: RefObject<HTMLInputElement | null>;
  at: number;
  zoomed: boolean;
  hasErrors: boolean;
  onMatch: (step: number) => void;
  onError: () => void;
  onZoom: () => void;
}

/** Finding spans, folding, the critical path, zooming. */
export function TreeToolbar(props: TreeToolbarProps) {
  const { state, searchBox, at, zoomed, onMatch } = props;
  const kinds = [...new Set(state.tree.nodes.filter((n) => n.children.length > 0).map((n) => n.span.kind))];
  const count = state.matches.length;
  const shown = `${exactNumber(count)}${state.partial ? "+" : ""}${state.looking ? "…" : ""}`;
  const found = count === 0 ? (state.looking ? t.looking : t.noMatch) : placed(at, shown);
  return (
    <div className={classes.bar}>
      <TextInput
        ref={searchBox}
        className={classes.search}
        leftSection={<IconSearch size={14} aria-hidden />}
        aria-label={t.search}
        data-search-spans
        placeholder={t.search}
        value={state.search}
        title={t.searchHint}
        rightSectionWidth={state.search === "" ? 0 : 100}
        rightSection={
          state.search !== "" && (
            <span className={classes.count} role="status">
              {found}
            </span>
          )
        }
        onChange={(event) => state.setSearch(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") onMatch(event.shiftKey ? -1 : 1);
          if (event.key === "Escape") {
            state.setSearch("");
            document.querySelector<HTMLElement>("[data-autofocus-tree]")?.focus();
          }
        }}
      />
      {state.search !== "" && (
        <>
          <Tool label={t.previous} run={() => onMatch(-1)}>
            <IconChevronUp size={16} />
          </Tool>
          <Tool label={t.next} run={() => onMatch(1)}>
            <IconChevronDown size={16} />
          </Tool>
        </>
      )}
      {props.hasErrors && (
        <Tool label={`${t.errorsOnly} (e)`} run={props.onError}>
          <IconAlertCircle size={16} color="var(--bad)" />
        </Tool>
      )}
      <Tool label={`${t.critical} (c)`} run={state.toggleCritical} pressed={state.critical !== null}>
        <IconRoute size={16} />
      </Tool>
      <Tool label={zoomed ? t.unzoom : `${t.zoom} (z)`} run={props.onZoom} pressed={zoomed}>
        {zoomed ? <IconZoomReset size={16} /> : <IconZoomIn size={16} />}
      </Tool>
      <Tool label={t.collapseAll} run={state.collapseAll}>
        <IconArrowsMinimize size={16} />
      </Tool>
      <Tool label={t.expandAll} run={state.expandAll}>
        <IconArrowsMaximize size={16} />
      </Tool>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={t.collapseKind} title={t.collapseKind}>
            <IconFold size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{t.collapseKind}</Menu.Label>
          {kinds.map((kind) => (
            <Menu.Item
              key={kind}
              leftSection={<KindIcon kind={kind} />}
              onClick={() => state.collapseKind(kind)}
            >
              {kind}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}

/** How many were found, and which of them is selected, if one is. */
function placed(at: number, count: string): string {
  return at < 0 ? t.searchFound(count) : t.searchCount(at + 1, count);
}

interface ToolProps {
  label: string;
  run: () => void;
  pressed?: boolean;
  children: ReactNode;
}

function Tool({ label, run, pressed, children }: ToolProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant={pressed === true ? "light" : "subtle"}
        color={pressed === true ? undefined : "gray"}
        aria-label={label}
        aria-pressed={pressed}
        onClick={run}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
