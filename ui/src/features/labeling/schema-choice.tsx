import { Button, Checkbox, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useMayIn } from "@/api/permissions";
import { labelSchemasQuery } from "@/api/review-queries";
import { ProblemNote } from "@/components/problem-note";
import { SafeText } from "@/components/safe-text";
import { text } from "@/strings";
import classes from "./labeling.module.css";
import { SchemaForm } from "./schema-form";
import { SchemaOrder } from "./schema-order";
import { inputOf } from "./setup-view";

const t = text.newSession;

interface SchemaChoiceProps {
  experimentId: string;
  /** Ids of schemas, in the order in which they were chosen. */
  chosen: readonly string[];
  onChange: (chosen: readonly string[]) => void;
}

/** Chooses what is asked of the schemas that there are, and makes further ones. */
export function SchemaChoice({ experimentId, chosen, onChange }: SchemaChoiceProps) {
  const found = useQuery(labelSchemasQuery(experimentId));
  const may = useMayIn(experimentId);
  const [making, setMaking] = useState(false);
  if (found.isError) return <ProblemNote error={found.error} retry={() => void found.refetch()} />;
  if (found.data === undefined) return <Skeleton height={130} />;
  const asked = chosen.flatMap((id) => found.data.filter(({ schema_id }) => schema_id === id));
  return (
    <div className={classes.schemas}>
      {found.data.map((schema) => {
        const place = chosen.indexOf(schema.schema_id);
        return (
          <Checkbox
            key={schema.schema_id}
            label={
              <>
                <strong>
                  <SafeText text={schema.title} />
                </strong>{" "}
                <span className="dim">
                  <SafeText text={`${schema.name} · ${inputOf(schema)}`} />
                </span>
              </>
            }
            checked={place >= 0}
            onChange={(event) =>
              onChange(
                event.currentTarget.checked
                  ? [...chosen, schema.schema_id]
                  : chosen.filter((id) => id !== schema.schema_id),
              )
            }
          />
        );
      })}
      {asked.length > 1 && <SchemaOrder asked={asked} onChange={onChange} />}
      {may("label_schema.write") && (
        <div>
          <Button size="compact-xs" variant="default" onClick={() => setMaking(true)}>
            {t.makeSchema}
          </Button>
        </div>
      )}
      {making && (
        <SchemaForm
          experimentId={experimentId}
          close={() => setMaking(false)}
          made={(schema) => onChange([...chosen, schema.schema_id])}
        />
      )}
    </div>
  );
}
