import { Menu, UnstyledButton } from "@mantine/core";
import { IconApi, IconFlask, IconSelector, IconSettings, IconUserCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Fragment } from "react";
import { maySomewhere } from "@/api/permissions";
import { experimentQuery, experimentsQuery, meQuery } from "@/api/queries";
import { SafeText } from "@/components/safe-text";
import { text } from "@/strings";
import { EXPERIMENT_PAGES } from "./navigation";
import classes from "./navigation.module.css";

/** The navigation: the pages of the experiment that is open, and those of the server. */
export function Navigation() {
  const { experimentId } = useParams({ strict: false });
  const me = useQuery(meQuery);
  return (
    <nav aria-label={text.nav.label} className={classes.nav}>
      {(me.data === undefined || maySomewhere(me.data, "experiment.read")) && (
        <Link to="/experiments" className={classes.item} activeOptions={{ exact: true }}>
          <IconFlask size={16} aria-hidden /> {text.nav.experiments}
        </Link>
      )}
      {me.data?.kind === "account" && maySomewhere(me.data, "labeling.review") && (
        <Link to="/reviews" className={classes.item}>
          <IconUserCheck size={16} aria-hidden /> {text.reviews.title}
        </Link>
      )}
      {experimentId !== undefined && (
        <>
          <ExperimentSwitch experimentId={experimentId} />
          {EXPERIMENT_PAGES.map(({ to, group, label, icon: Icon }) => (
            <Fragment key={to}>
              {group !== undefined && <div className={classes.group}>{group}</div>}
              <Link
                to={to}
                params={{ experimentId }}
                className={classes.item}
                activeOptions={{ exact: to === "/experiments/$experimentId", includeSearch: false }}
              >
                <Icon size={16} aria-hidden /> {label}
              </Link>
            </Fragment>
          ))}
        </>
      )}
      <div className={classes.space} />
      <Link to="/settings" className={classes.item}>
        <IconSettings size={16} aria-hidden /> {text.nav.settings}
      </Link>
      <a href="/api/v1/docs" className={classes.item}>
        <IconApi size={16} aria-hidden /> {text.nav.api}
      </a>
    </nav>
  );
}

function ExperimentSwitch({ experimentId }: { experimentId: string }) {
  const experiment = useQuery(experimentQuery(experimentId));
  const others = useQuery(experimentsQuery("ACTIVE"));
  return (
    <Menu position="bottom-start" width={280}>
      <Menu.Target>
        <UnstyledButton className={classes.switch}>
          <span className="visually-hidden">{text.nav.switch}</span>
          <span className="clip">
            <SafeText text={experiment.data?.name ?? experimentId} />
          </span>
          <IconSelector size={14} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown className={classes.menu}>
        {(others.data?.items ?? []).map((other) => (
          <Menu.Item
            key={other.experiment_id}
            component={Link}
            to="/experiments/$experimentId"
            params={{ experimentId: other.experiment_id } as never}
          >
            <SafeText text={other.name} />
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
