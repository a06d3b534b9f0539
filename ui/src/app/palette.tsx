import { Modal, TextInput, useMantineColorScheme } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { experimentsQuery } from "@/api/queries";
import { SafeText } from "@/components/safe-text";
import { quote } from "@/lib/filtertext";
import { text } from "@/strings";
import { EXPERIMENT_PAGES } from "./navigation";
import classes from "./palette.module.css";

interface Entry {
  id: string;
  group: string;
  label: string;
  run: () => void;
}

const TRACE_ID = /^(?:tr-)?[0-9a-f]{32}$|^tr-\S{1,47}$/;
const MOST = 50;

/** The command palette: everything that has an address, by a few letters of its name. */
export function Palette({ close }: { close: () => void }) {
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const entries = useEntries(query.trim());
  const list = useRef<HTMLDivElement>(null);
  const chosen = Math.min(at, Math.max(entries.length - 1, 0));
  useEffect(() => {
    list.current?.querySelector(`#palette-${chosen}`)?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const run = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    close();
    entry.run();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setAt((chosen + step + entries.length) % Math.max(entries.length, 1));
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(entries[chosen]);
    }
  };
  return (
    <Modal
      opened
      onClose={close}
      transitionProps={{ duration: 0 }}
      withCloseButton={false}
      padding={0}
      size={560}
      yOffset="12dvh"
      centered={false}
    >
      <TextInput
        data-autofocus
        size="md"
        variant="unstyled"
        className={classes.input}
        leftSection={<IconSearch size={16} aria-hidden />}
        placeholder={text.palette.placeholder}
        aria-label={text.palette.title}
        role="combobox"
        aria-expanded
        aria-controls="palette-list"
        aria-activedescendant={entries.length > 0 ? `palette-${chosen}` : undefined}
        value={query}
        onKeyDown={onKey}
        onChange={(event) => {
          setQuery(event.currentTarget.value);
          setAt(0);
        }}
      />
      <div
        id="palette-list"
        role="listbox"
        aria-label={text.palette.title}
        ref={list}
        className={classes.list}
      >
        {entries.length === 0 && <p className={classes.nothing}>{text.palette.nothing}</p>}
        {entries.map((entry, index) => (
          <div
            key={entry.id}
            id={`palette-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            className={classes.entry}
            onMouseMove={() => setAt(index)}
            onClick={() => run(entry)}
            onKeyDown={onKey}
          >
            <span className="clip">
              <SafeText text={entry.label} />
            </span>
            <span className="dim">{entry.group}</span>
          </div>
        ))}
      </div>
    </Modal>
  );
}

function useEntries(query: string): Entry[] {
  const navigate = useNavigate();
  const { experimentId } = useParams({ strict: false });
  const experiments = useQuery(experimentsQuery("ACTIVE"));
  const { setColorScheme } = useMantineColorScheme();
  return useMemo(() => {
    const found: Entry[] = [];
    const pages = text.palette.pages;
    if (experimentId !== undefined)
      for (const page of EXPERIMENT_PAGES)
        found.push({ id: page.to, group: pages, label: page.label, run: () => go(page.to) });
    found.push(
      {
        id: "experiments",
        group: pages,
        label: text.nav.experiments,
        run: () => void navigate({ to: "/experiments" }),
      },
      {
        id: "settings",
        group: pages,
        label: text.nav.settings,
        run: () => void navigate({ to: "/settings" }),
      },
    );
    for (const experiment of experiments.data?.items ?? [])
      found.push({
        id: `experiment ${experiment.experiment_id}`,
        group: text.palette.experiments,
        label: experiment.name,
        run: () => go("/experiments/$experimentId", experiment.experiment_id),
      });
    const actions = text.palette.actions;
    found.push(
      { id: "light", group: actions, label: text.palette.light, run: () => setColorScheme("light") },
      { id: "dark", group: actions, label: text.palette.dark, run: () => setColorScheme("dark") },
      { id: "system", group: actions, label: text.palette.system, run: () => setColorScheme("auto") },
    );
    function go(to: (typeof EXPERIMENT_PAGES)[number]["to"], id = experimentId ?? "0") {
      void navigate({ to, params: { experimentId: id } });
    }
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const matching = found.filter((entry) => words.every((word) => entry.label.toLowerCase().includes(word)));
    if (TRACE_ID.test(query)) {
      const traceId = query.startsWith("tr-") ? query : `tr-${query}`;
      const run = () => void navigate({ to: "/traces/$traceId", params: { traceId } });
      matching.unshift({ id: "trace", group: pages, label: text.palette.openTrace(traceId), run });
    } else if (query !== "" && experimentId !== undefined) {
      const filter = `text ~ ${quote(query)}`;
      const to = "/experiments/$experimentId/traces";
      const run = () => void navigate({ to, params: { experimentId }, search: { filter } });
      matching.push({ id: "text", group: actions, label: text.palette.searchText(query), run });
    }
    return matching.slice(0, MOST);
  }, [query, experimentId, experiments.data, navigate, setColorScheme]);
}
