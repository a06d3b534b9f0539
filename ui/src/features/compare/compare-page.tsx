import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { IconArrowsExchange } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { traceQuery } from "@/api/queries";
import { Empty } from "@/components/empty";
import { Page } from "@/components/page";
import { ProblemNote } from "@/components/problem-note";
import { text } from "@/strings";
import classes from "./compare-page.module.css";
import { Comparison } from "./comparison";

const t = text.compare;
const FROM = "/experiments/$experimentId/compare";

/** Two traces side by side, step by step. */
export function ComparePage() {
  const { left = "", right = "", steps } = useSearch({ from: FROM });
  const { experimentId } = useParams({ from: FROM });
  const navigate = useNavigate({ from: FROM });
  const one = useQuery({ ...traceQuery(left), enabled: left !== "" });
  const other = useQuery({ ...traceQuery(right), enabled: right !== "" });
  const change = (next: { left?: string; right?: string; steps?: string }) =>
    void navigate({ search: (before) => ({ ...before, ...next }) });
  const problem = one.error ?? other.error;
  return (
    <Page
      title={t.title}
      aside={
        <SegmentedControl
          aria-label={t.what}
          data={[
            { value: "calls", label: t.tools },
            { value: "all", label: t.everything },
          ]}
          value={steps === "all" ? "all" : "calls"}
          onChange={(value) => change({ steps: value === "all" ? "all" : undefined })}
        />
      }
    >
      <Choice key={`${left} ${right}`} left={left} right={right} onChange={change} />
      {problem !== null && <ProblemNote error={problem} />}
      {(left === "" || right === "") && <Empty title={t.title}>{t.hint}</Empty>}
      {one.data !== undefined && other.data !== undefined && (
        <Comparison left={one.data} right={other.data} all={steps === "all"} experimentId={experimentId} />
      )}
    </Page>
  );
}

interface ChoiceProps {
  left: string;
  right: string;
  onChange: (next: { left?: string; right?: string }) => void;
}

function Choice({ left, right, onChange }: ChoiceProps) {
  const [one, setOne] = useState(left);
  const [other, setOther] = useState(right);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onChange({ left: one.trim() || undefined, right: other.trim() || undefined });
  };
  return (
    <form className={classes.choice} onSubmit={submit}>
      <TextInput label={t.left} value={one} onChange={(event) => setOne(event.currentTarget.value)} />
      <Button
        variant="default"
        aria-label={t.swap}
        title={t.swap}
        onClick={() => onChange({ left: right || undefined, right: left || undefined })}
      >
        <IconArrowsExchange size={16} />
      </Button>
      <TextInput label={t.right} value={other} onChange={(event) => setOther(event.currentTarget.value)} />
      <Button type="submit">{text.nav.compare}</Button>
    </form>
  );
}
