/** The pages that the frame and the palette offer. A new page of an experiment is one line here. */

import {
  IconArrowsDiff,
  IconLayoutDashboard,
  IconListTree,
  IconMessages,
  type IconProps,
  IconUsers,
} from "@tabler/icons-react";
import type { ComponentType } from "react";
import { text } from "@/strings";

export interface NavigationItem {
  to:
    | "/experiments/$experimentId"
    | "/experiments/$experimentId/traces"
    | "/experiments/$experimentId/sessions"
    | "/experiments/$experimentId/users"
    | "/experiments/$experimentId/compare";
  label: string;
  icon: ComponentType<IconProps>;
}

export const EXPERIMENT_PAGES: readonly NavigationItem[] = [
  { to: "/experiments/$experimentId", label: text.nav.overview, icon: IconLayoutDashboard },
  { to: "/experiments/$experimentId/traces", label: text.nav.traces, icon: IconListTree },
  { to: "/experiments/$experimentId/sessions", label: text.nav.sessions, icon: IconMessages },
  { to: "/experiments/$experimentId/users", label: text.nav.users, icon: IconUsers },
  { to: "/experiments/$experimentId/compare", label: text.nav.compare, icon: IconArrowsDiff },
];
