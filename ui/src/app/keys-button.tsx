import { ActionIcon, Modal, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconKeyboard } from "@tabler/icons-react";
import { text } from "@/strings";
import classes from "./keys-dialog.module.css";
import { useShortcuts } from "./use-shortcuts";

const t = text.keys;

/** A button that lists the keys of a page; so does the key `?`. */
export function KeysButton({ keys }: { keys: readonly (readonly [string, string])[] }) {
  const [opened, { open, close }] = useDisclosure(false);
  useShortcuts({ "?": open });
  return (
    <>
      <Tooltip label={`${t.title} (?)`}>
        <ActionIcon variant="subtle" color="gray" aria-label={t.title} onClick={open}>
          <IconKeyboard size={17} />
        </ActionIcon>
      </Tooltip>
      <Modal opened={opened} onClose={close} title={t.title}>
        <dl className={classes.keys}>
          {[...keys, ...t.everywhere].map(([key, what]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </Modal>
    </>
  );
}
