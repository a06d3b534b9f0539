import { ActionIcon, Button, NativeSelect, TextInput } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call } from "@/api/client";
import { useMayIn } from "@/api/permissions";
import { experimentsQuery } from "@/api/queries";
import type { Experiment, PriceBody } from "@/api/schema";
import { ProblemNote } from "@/components/problem-note";
import { ReadOnly } from "@/components/read-only";
import { SafeText } from "@/components/safe-text";
import { showToast } from "@/components/toast-store";
import { finite, MISSING } from "@/lib/format";
import { text } from "@/strings";
import { Repricing } from "./repricing";
import classes from "./settings-page.module.css";
import { SettingsTable, useAgain } from "./settings-table";

const t = text.settings;
const BUCKETS = [
  ["input_usd_per_mtok", t.input],
  ["output_usd_per_mtok", t.output],
  ["cache_read_usd_per_mtok", t.cacheRead],
  ["cache_write_usd_per_mtok", t.cacheWrite],
] as const;

/** The prices that an experiment has of its own. */
export function PricesSection() {
  const experiments = useQuery(experimentsQuery("ACTIVE"));
  const [id, setId] = useState<string | null>(null);
  const items = experiments.data?.items ?? [];
  const experiment = items.find((each) => each.experiment_id === id) ?? items[0];
  return (
    <>
      <p className="dim">{t.pricesHint}</p>
      {experiments.isError && <ProblemNote error={experiments.error} />}
      <NativeSelect
        label={t.experiment}
        maw={360}
        data={items.map((each) => ({ value: each.experiment_id, label: each.name }))}
        value={experiment?.experiment_id ?? ""}
        onChange={(event) => setId(event.currentTarget.value)}
      />
      {experiment !== undefined && <Prices key={experiment.experiment_id} experiment={experiment} />}
    </>
  );
}

function Prices({ experiment }: { experiment: Experiment }) {
  const again = useAgain(["experiments"]);
  const { settings, experiment_id } = experiment;
  const may = useMayIn(experiment_id);
  const mayEdit = may("experiment.edit");
  const mayReprice = may("trace.edit");
  const prices = settings.prices.map((price) => price as PriceBody);
  const save = useMutation({
    mutationFn: (next: PriceBody[]) =>
      call("update_experiment", { experiment_id }, { body: { settings: { prices: next } } }),
    onSuccess: async () => {
      showToast(text.experiments.changed);
      await again();
    },
  });
  return (
    <>
      {mayEdit ? (
        <NewPrice add={(price) => save.mutate([...prices, price])} />
      ) : (
        <p>
          <ReadOnly experimentId={experiment_id} />
        </p>
      )}
      {prices.length === 0 ? (
        <p className="dim">{t.noPrices}</p>
      ) : (
        <SettingsTable
          label={t.prices}
          heads={[
            { label: t.model },
            { label: t.provider },
            ...BUCKETS.map(([, label]) => ({ label, numeric: true })),
          ]}
        >
          {prices.map((price) => (
            <tr key={`${price.model} ${price.provider}`}>
              <td>
                <SafeText text={price.model} />
              </td>
              <td>{price.provider ?? MISSING}</td>
              {BUCKETS.map(([field]) => (
                <td key={field} data-num>
                  {finite(price[field]) ?? MISSING}
                </td>
              ))}
              <td>
                {mayEdit && (
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    aria-label={`${t.remove} ${price.model}`}
                    onClick={() => save.mutate(prices.filter((each) => each !== price))}
                  >
                    <IconX size={14} />
                  </ActionIcon>
                )}
              </td>
            </tr>
          ))}
        </SettingsTable>
      )}
      {mayReprice && <Repricing experimentId={experiment_id} />}
    </>
  );
}

function NewPrice({ add }: { add: (price: PriceBody) => void }) {
  const [draft, setDraft] = useState<Record<string, string>>({});
  const field = (name: string) => ({
    value: draft[name] ?? "",
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget;
      setDraft((before) => ({ ...before, [name]: value }));
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const price: PriceBody = { model: (draft.model ?? "").trim(), provider: draft.provider?.trim() || null };
    for (const [name] of BUCKETS)
      price[name] = draft[name] === undefined || draft[name] === "" ? null : Number(draft[name]);
    add(price);
    setDraft({});
  };
  return (
    <form className={classes.form} onSubmit={submit} aria-label={t.addPrice}>
      <TextInput label={t.model} required {...field("model")} />
      <TextInput label={t.provider} {...field("provider")} />
      {BUCKETS.map(([name, label]) => (
        <TextInput key={name} label={label} type="number" min={0} step="any" w={96} {...field(name)} />
      ))}
      <Button type="submit">{t.addPrice}</Button>
    </form>
  );
}
