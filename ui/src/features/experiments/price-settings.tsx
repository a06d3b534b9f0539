import { ActionIcon, Button } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { LineField } from "@/components/text-fields";
import { text } from "@/strings";
import classes from "./experiment-settings.module.css";
import { About, type SettingsForm } from "./setting-fields";
import { AMOUNTS, EMPTY_PRICE, type PriceDraft } from "./settings-draft";

const t = text.experimentSettings;

/** The prices of an experiment: a row of fields for each. */
export function PriceSettings({ form }: { form: SettingsForm }) {
  const { draft, change, faults } = form;
  const set = (at: number, next: PriceDraft) =>
    change({ prices: draft.prices.map((each, index) => (index === at ? next : each)) });
  return (
    <fieldset className={classes.prices}>
      <legend>{t.fields.prices.label}</legend>
      <p className={classes.about}>
        <About draft={draft} setting="prices" />
      </p>
      {faults.prices !== undefined && <p className="bad">{faults.prices}</p>}
      {draft.prices.map((price, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: while it is written a price has no identity but its place
        <fieldset key={at} className={classes.price} aria-label={t.price(at + 1)}>
          {(["model", "provider", ...AMOUNTS] as const).map((name) => (
            <LineField
              key={name}
              label={t.priceFields[name]}
              inputMode={name === "model" || name === "provider" ? undefined : "decimal"}
              value={price[name]}
              error={faults[`prices.${at}.${name}`]}
              onText={(written) => set(at, { ...price, [name]: written })}
            />
          ))}
          <ActionIcon
            variant="subtle"
            color="gray"
            className={classes.remove}
            aria-label={t.removePrice(price.model === "" ? t.price(at + 1) : price.model)}
            onClick={() => change({ prices: draft.prices.filter((_, index) => index !== at) })}
          >
            <IconX size={14} aria-hidden />
          </ActionIcon>
        </fieldset>
      ))}
      <Button
        variant="default"
        className={classes.add}
        leftSection={<IconPlus size={14} aria-hidden />}
        onClick={() => change({ prices: [...draft.prices, EMPTY_PRICE] })}
      >
        {t.addPrice}
      </Button>
    </fieldset>
  );
}
