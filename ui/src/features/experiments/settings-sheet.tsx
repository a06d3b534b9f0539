import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call } from "@/api/client";
import type { Experiment } from "@/api/schema";
import { ProblemNote } from "@/components/problem-note";
import { showToast } from "@/components/toast-store";
import { bytes } from "@/lib/format";
import { text } from "@/strings";
import classes from "./experiment-settings.module.css";
import { PriceSettings } from "./price-settings";
import {
  CaptureSetting,
  LineSetting,
  LinesSetting,
  PeriodSetting,
  type SettingsForm,
  SwitchSetting,
} from "./setting-fields";
import { changedIn, changeOf, draftOf, faultsOf, type SettingsDraft, shortened } from "./settings-draft";
import { ShorterRetention } from "./shorter-retention";
import { parseTags } from "./tag-lines";

const t = text.experimentSettings;
const MOST_NAME = 500;
const MOST_ENVIRONMENT = 250;

/** All settings of an experiment with their values; whoever may edit it changes and saves them here. */
export function SettingsSheet({ experiment, mayEdit }: { experiment: Experiment; mayEdit: boolean }) {
  const { experiment_id } = experiment;
  const [before, setBefore] = useState(() => draftOf(experiment));
  const [draft, setDraft] = useState(before);
  const [asking, setAsking] = useState(false);
  const client = useQueryClient();
  const save = useMutation({
    meta: { shown: true },
    mutationFn: () => call("update_experiment", { experiment_id }, { body: changeOf(before, draft) }),
    onSuccess: async (saved) => {
      setBefore(draftOf(saved));
      setDraft(draftOf(saved));
      showToast(t.saved);
      client.setQueryData(["experiment", experiment_id], saved);
      await client.invalidateQueries({ queryKey: ["experiments"] });
    },
    onSettled: () => setAsking(false),
  });
  const wrongTag = parseTags(draft.tags).wrong;
  const faults = faultsOf(save.error);
  const change = (next: Partial<SettingsDraft>) => setDraft((now) => ({ ...now, ...next }));
  const form: SettingsForm = {
    draft,
    change,
    faults: wrongTag === null ? faults : { ...faults, tags: t.noTag(wrongTag) },
  };
  const changed = changedIn(before, draft);
  const shorter = shortened(before, draft);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (changed.length === 0 || wrongTag !== null) return;
    if (Object.keys(shorter).length > 0) setAsking(true);
    else save.mutate();
  };
  const undo = () => {
    setDraft(before);
    save.reset();
  };
  return (
    <form className={classes.sheet} aria-label={t.title} onSubmit={submit}>
      <fieldset disabled={!mayEdit} className={classes.all}>
        <Groups form={form} />
      </fieldset>
      {mayEdit && (
        <div className={classes.foot}>
          {save.isError && Object.keys(faults).length === 0 && <ProblemNote error={save.error} />}
          <p aria-live="polite">
            {changed.length === 0
              ? t.nothing
              : t.changed(changed.map((key) => t.fields[key].label).join(", "))}
          </p>
          <div className={classes.buttons}>
            <Button type="submit" loading={save.isPending} disabled={changed.length === 0}>
              {t.save}
            </Button>
            <Button variant="default" disabled={changed.length === 0} onClick={undo}>
              {t.undo}
            </Button>
          </div>
        </div>
      )}
      {asking && (
        <ShorterRetention
          experimentId={experiment_id}
          limits={shorter}
          busy={save.isPending}
          onConfirm={() => save.mutate()}
          close={() => setAsking(false)}
        />
      )}
    </form>
  );
}

function Groups({ form }: { form: SettingsForm }) {
  const size = Number(form.draft.max_bytes);
  return (
    <>
      <fieldset className={classes.group}>
        <legend>{t.about}</legend>
        <LineSetting form={form} setting="name" most={MOST_NAME} />
        <LinesSetting form={form} setting="description" />
        <LinesSetting form={form} setting="tags" />
      </fieldset>
      <fieldset className={classes.group}>
        <legend>{t.content}</legend>
        <CaptureSetting form={form} />
        <SwitchSetting form={form} setting="mask_secrets" />
        <LinesSetting form={form} setting="mask_patterns" mono />
      </fieldset>
      <fieldset className={classes.group}>
        <legend>{t.retention}</legend>
        <LineSetting form={form} setting="max_age_days" numeric />
        <LineSetting form={form} setting="max_traces" numeric />
        <LineSetting
          form={form}
          setting="max_bytes"
          numeric
          note={Number.isFinite(size) && size > 0 ? t.size(bytes(size)) : null}
        />
      </fieldset>
      <fieldset className={classes.group}>
        <legend>{t.tracesGroup}</legend>
        <PriceSettings form={form} />
        <LinesSetting form={form} setting="recommended_tags" />
        <LineSetting form={form} setting="default_environment" most={MOST_ENVIRONMENT} />
        <LinesSetting form={form} setting="environments" />
      </fieldset>
      <fieldset className={classes.group}>
        <legend>{t.budget}</legend>
        <LineSetting form={form} setting="max_usd" numeric />
        <PeriodSetting form={form} />
      </fieldset>
      <fieldset className={classes.group}>
        <legend>{t.people}</legend>
        <SwitchSetting form={form} setting="enforce_label_schemas" />
        <LinesSetting form={form} setting="gated_aliases" />
      </fieldset>
    </>
  );
}
