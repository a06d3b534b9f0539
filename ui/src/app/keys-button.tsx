import { ActionIcon, Modal, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconKeyboard } from "@tabler/icons-react";
import { usePresentKeys } from "@/components/page-keys";
import { useShortcuts } from "@/components/use-shortcuts";
import { text } from "@/strings";
import classes from "./keys-button.module.css";

const t = text.keys;

/** A button that lists the keys of the page in sight; so does the key `?`, on every page. */
export function KeysButton() {
  const [opened, { open, close }] = useDisclosure(false);
  const keys = usePresentKeys();
  useShortcuts({ "?": open });
  return (
    <>
      <Tooltip label={`${t.title} (?)`}>
        <ActionIcon variant="subtle" color="gray" aria-label={t.title} onClick={open}>
          <IconKeyboard size={17} />
        </ActionIcon>
      </Tooltip>
      <Modal opened={opened} onClose={close} title={t.title}>
        {keys.length > 0 && <h3 className={classes.title}>{t.here}</h3>}
        <KeyList keys={keys} />
        <h3 className={classes.title}>{t.onEveryPage}</h3>
        <KeyList keys={t.everywhere} />
      </Modal>
    </>
  );
}

function KeyList({ keys }: { keys: readonly (readonly [string, string])[] }) {
  return (
    <dl className={classes.keys}>
      {keys.map(([key, what]) => (
        <div key={key}>
          <dt>
            <kbd>{key}</kbd>
          </dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
  );
}
