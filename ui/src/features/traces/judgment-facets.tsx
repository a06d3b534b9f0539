import { Checkbox, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { assessmentNamesQuery, countQuery } from "@/api/queries";
import { Count } from "@/components/figures";
import { SafeText } from "@/components/safe-text";
import { conjuncts, keyed } from "@/lib/filtertext";
import { filterLiteral, shownValue } from "@/lib/judgment";
import { joinClauses } from "@/lib/timerange";
import { text } from "@/strings";
import classes from "./facets.module.css";

const t = text.traces;
const MOST_NAMES = 8;
const MOST_VALUES = 6;

interface JudgmentFacetsProps {
  experimentId: string;
  filter: string;
  clause: string;
  onFilter: (filter: string) => void;
}

/** Feedback by name, with the values that it has when they are few; a click asks for one. */
export function JudgmentFacets(props: JudgmentFacetsProps) {
  const known = useQuery(assessmentNamesQuery(props.experimentId));
  const names = (known.data?.names ?? [])
    .filter((each) => each.kind === "FEEDBACK" && each.values.length <= MOST_VALUES)
    .slice(0, MOST_NAMES);
  return names.map((each) => {
    const values = each.values.flatMap(({ value }) => {
      const literal = filterLiteral(value);
      return literal === null ? [] : [{ literal, shown: shownValue(value) }];
    });
    return values.length === 0 ? null : (
      <JudgmentGroup key={each.name} name={each.name} values={values} {...props} />
    );
  });
}

interface GroupProps extends JudgmentFacetsProps {
  name: string;
  values: readonly { literal: string; shown: string }[];
}

function JudgmentGroup({ name, values, ...rest }: GroupProps) {
  const field = keyed("feedback", name);
  const own = values.map(({ literal }) => `${field} = ${literal}`);
  const chosen = conjuncts(rest.filter)?.find((part) => own.includes(part));
  const [open, setOpen] = useState(chosen !== undefined);
  const Icon = open ? IconChevronDown : IconChevronRight;
  const parts = conjuncts(rest.filter) ?? (rest.filter.trim() === "" ? [] : [`(${rest.filter.trim()})`]);
  const others = parts.filter((part) => !own.includes(part));
  return (
    <section>
      <h2 className={classes.title}>
        <UnstyledButton className={classes.toggle} aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon size={14} aria-hidden /> <span className="dim">{t.feedback}</span>
          <SafeText text={name} />
        </UnstyledButton>
      </h2>
      {open && (
        <ul className={classes.values}>
          {values.map(({ literal, shown }) => {
            const condition = `${field} = ${literal}`;
            const on = condition === chosen;
            return (
              <li key={literal}>
                <Checkbox
                  size="xs"
                  classNames={{ body: classes.value, labelWrapper: classes.wide }}
                  checked={on}
                  onChange={() => rest.onFilter([...others, ...(on ? [] : [condition])].join(" AND "))}
                  label={
                    <span className={classes.label}>
                      <span className="clip" title={shown}>
                        <SafeText text={shown} />
                      </span>
                      <Matching
                        experiment={rest.experimentId}
                        filter={joinClauses(others.join(" AND "), condition, rest.clause)}
                      />
                    </span>
                  }
                />
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}

/** How many traces have this; asked when the group is open, and it holds up nothing. */
function Matching({ experiment, filter }: { experiment: string; filter: string }) {
  const count = useQuery({ ...countQuery({ experiment, filter }), retry: false });
  return (
    <span className="dim num">
      {count.data?.exact === false && t.orMore}
      <Count value={count.data?.count} />
    </span>
  );
}
