/** The pages that the frame and the palette offer. A new page of an experiment is one line here. */

import {
  IconArrowsDiff,
  IconBug,
  IconChecklist,
  IconDatabase,
  IconLayoutDashboard,
  IconListTree,
  IconMessages,
  type IconProps,
  IconRuler2,
  IconSettings,
  IconTemplate,
  IconTimeline,
  IconUserCheck,
  IconUsers,
  IconVersions,
} from "@tabler/icons-react";
import type { ComponentType } from "react";
import { text } from "@/strings";

export interface NavigationItem {
  to:
    | "/experiments/$experimentId"
    | "/experiments/$experimentId/traces"
    | "/experiments/$experimentId/sessions"
    | "/experiments/$experimentId/users"
    | "/experiments/$experimentId/issues"
    | "/experiments/$experimentId/compare"
    | "/experiments/$experimentId/evaluations"
    | "/experiments/$experimentId/runs"
    | "/experiments/$experimentId/datasets"
    | "/experiments/$experimentId/scorers"
    | "/experiments/$experimentId/labeling"
    | "/experiments/$experimentId/models"
    | "/experiments/$experimentId/prompts"
    | "/experiments/$experimentId/settings";
  /** What it belongs to, when it begins a group. */
  group?: string;
  label: string;
  icon: ComponentType<IconProps>;
}

export const EXPERIMENT_PAGES: readonly NavigationItem[] = [
  { to: "/experiments/$experimentId", label: text.nav.overview, icon: IconLayoutDashboard },
  {
    to: "/experiments/$experimentId/traces",
    group: text.nav.observe,
    label: text.nav.traces,
    icon: IconListTree,
  },
  { to: "/experiments/$experimentId/sessions", label: text.nav.sessions, icon: IconMessages },
  { to: "/experiments/$experimentId/users", label: text.nav.users, icon: IconUsers },
  { to: "/experiments/$experimentId/issues", label: text.issues.title, icon: IconBug },
  { to: "/experiments/$experimentId/compare", label: text.nav.compare, icon: IconArrowsDiff },
  {
    to: "/experiments/$experimentId/evaluations",
    group: text.nav.evaluate,
    label: text.nav.evaluations,
    icon: IconChecklist,
  },
  { to: "/experiments/$experimentId/runs", label: text.nav.runs, icon: IconTimeline },
  { to: "/experiments/$experimentId/datasets", label: text.nav.datasets, icon: IconDatabase },
  { to: "/experiments/$experimentId/scorers", label: text.nav.scorers, icon: IconRuler2 },
  { to: "/experiments/$experimentId/labeling", label: text.nav.labeling, icon: IconUserCheck },
  {
    to: "/experiments/$experimentId/models",
    group: text.nav.build,
    label: text.nav.models,
    icon: IconVersions,
  },
  { to: "/experiments/$experimentId/prompts", label: text.nav.prompts, icon: IconTemplate },
  {
    to: "/experiments/$experimentId/settings",
    group: text.nav.configure,
    label: text.experimentSettings.title,
    icon: IconSettings,
  },
];
