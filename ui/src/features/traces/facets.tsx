import { Checkbox, Skeleton, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { facetQuery } from "@/api/queries";
import { SafeText } from "@/components/safe-text";
import { VersionName } from "@/components/version-name";
import { chosenValues, withoutField, withValues } from "@/lib/conditions";
import { keyed } from "@/lib/filtertext";
import { exactNumber, shortNumber } from "@/lib/format";
import { joinClauses } from "@/lib/timerange";
import { text } from "@/strings";
import classes from "./facets.module.css";
import { JudgmentFacets } from "./judgment-facets";

const t = text.traces;
const FIELDS = ["state", "name", "environment", "model", "user", "service", "client"];
const OPEN_AT_FIRST = new Set(["state", "name", "environment"]);
const VALUES = 12;
const STATES: Readonly<Record<string, string>> = text.state;

interface FacetsProps {
  experimentId: string;
  filter: string;
  clause: string;
  recommendedTags: readonly string[];
  onFilter: (filter: string) => void;
}

/** The most frequent values of some fields; a click asks for them. Each loads by itself and holds up nothing. */
export function Facets({ recommendedTags, ...rest }: FacetsProps) {
  const tags = recommendedTags.map((key) => keyed("tags", key));
  return (
    <aside className={classes.facets} aria-label={t.facets}>
      {[...FIELDS, ...tags].map((field) => (
        <FacetGroup key={field} field={field} {...rest} />
      ))}
      <JudgmentFacets {...rest} />
    </aside>
  );
}

function FacetGroup({ field, ...rest }: Omit<FacetsProps, "recommendedTags"> & { field: string }) {
  const chosen = chosenValues(rest.filter, field).length > 0;
  const [open, setOpen] = useState(OPEN_AT_FIRST.has(field) || chosen);
  const Icon = open ? IconChevronDown : IconChevronRight;
  return (
    <section>
      <h2 className={classes.title}>
        <UnstyledButton className={classes.toggle} aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon size={14} aria-hidden /> {t.facet[field] ?? field}
        </UnstyledButton>
      </h2>
      {open && <FacetValues field={field} {...rest} />}
    </section>
  );
}

function FacetValues({
  experimentId,
  filter,
  clause,
  field,
  onFilter,
}: Omit<FacetsProps, "recommendedTags"> & { field: string }) {
  const list = { experiment: experimentId, filter: joinClauses(withoutField(filter, field), clause) };
  const facet = useQuery({ ...facetQuery(list, field, VALUES), retry: false });
  const chosen = chosenValues(filter, field);
  if (facet.isError && facet.data === undefined) return <p className={classes.note}>{text.problem.title}</p>;
  if (facet.data === undefined) return <Skeleton height={72} mt={4} />;
  const known = facet.data.values.map((each) => each.value);
  const absent = chosen.filter((value) => !known.includes(value)).map((value) => ({ value, count: 0 }));
  const toggle = (value: string | null) => {
    const on = chosen.includes(value);
    const others = chosen.filter((each) => each !== value && each !== null && value !== null);
    onFilter(withValues(filter, field, on ? others : [...others, value]));
  };
  return (
    <ul className={classes.values}>
      {[...facet.data.values, ...absent].map(({ value, count }) => (
        <li key={value ?? "\u0000"}>
          <Checkbox
            size="xs"
            classNames={{ body: classes.value, labelWrapper: classes.wide }}
            checked={chosen.includes(value)}
            onChange={() => toggle(value)}
            label={
              <span className={classes.label}>
                <span className="clip" title={value ?? undefined}>
                  {value === null ? (
                    <em>{t.noValue}</em>
                  ) : field === "model" ? (
                    <VersionName experimentId={experimentId} modelId={value} />
                  ) : (
                    <SafeText text={field === "state" ? (STATES[value] ?? value) : value} />
                  )}
                </span>
                <span className="dim num" title={exactNumber(count)}>
                  {shortNumber(count)}
                </span>
              </span>
            }
          />
        </li>
      ))}
      {!facet.data.complete && (
        <li className={classes.note}>{t.facetPartial(shortNumber(facet.data.examined))}</li>
      )}
    </ul>
  );
}
