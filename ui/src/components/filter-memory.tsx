import { ActionIcon, Button, Popover, TextInput, Tooltip, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBookmark, IconX } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { text } from "@/strings";
import classes from "./filter-memory.module.css";
import type { FilterMemoryState } from "./use-filter-memory";

const t = text.traces;

interface FilterMemoryProps {
  memory: FilterMemoryState;
  filter: string;
  choose: (filter: string) => void;
}

/** Saved and recent filters, and the way to save the present one. */
export function FilterMemory({ memory, filter, choose }: FilterMemoryProps) {
  const [open, { toggle, close }] = useDisclosure(false);
  const [name, setName] = useState("");
  const pick = (chosen: string) => {
    choose(chosen);
    close();
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === "") return;
    memory.save(name.trim(), filter);
    setName("");
  };
  return (
    <Popover opened={open} onChange={close} position="bottom-end" trapFocus width={420}>
      <Popover.Target>
        <Tooltip label={t.saved}>
          <ActionIcon variant="default" size={30} aria-label={t.saved} onClick={toggle}>
            <IconBookmark size={16} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown>
        {filter !== "" && (
          <form onSubmit={save} className={classes.save}>
            <TextInput
              aria-label={t.saveName}
              placeholder={t.saveName}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <Button type="submit">{t.saveAs}</Button>
          </form>
        )}
        <h3>{t.saved}</h3>
        <p className={`${classes.hint} dim`}>{t.savedHere}</p>
        {Object.entries(memory.saved).map(([name, saved]) => (
          <div key={name} className={classes.item}>
            <UnstyledButton className={classes.choice} onClick={() => pick(saved)}>
              <strong>{name}</strong>
              <code className="dim clip">{saved}</code>
            </UnstyledButton>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="sm"
              aria-label={t.forget(name)}
              onClick={() => memory.forget(name)}
            >
              <IconX size={14} />
            </ActionIcon>
          </div>
        ))}
        <h3>{t.recent}</h3>
        {memory.recent.length === 0 && <p className="dim">{t.noRecent}</p>}
        {memory.recent.map((recent) => (
          <UnstyledButton key={recent} className={classes.choice} onClick={() => pick(recent)}>
            <code className="clip">{recent}</code>
          </UnstyledButton>
        ))}
      </Popover.Dropdown>
    </Popover>
  );
}
