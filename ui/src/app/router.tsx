/** Every page and its address. A page is a file of its own, loaded when its address is first opened. */

import {
  createRootRoute,
  createRoute,
  createRouter,
  redirect,
  retainSearchParams,
} from "@tanstack/react-router";
import { PageProblem } from "@/components/page-problem";
import { addressOfLink } from "@/lib/mlflow-links";
import { NotFoundPage } from "./not-found-page";
import { pageFile } from "./page-file";
import { Root } from "./root";

type Search<K extends string> = Partial<Record<K, string>>;

/** Takes the named texts from an address and nothing else: whatever is in a link, a page gets texts. */
function texts<K extends string>(...keys: K[]) {
  const take = (given: Record<string, unknown>): Search<K> => {
    const found: Search<K> = {};
    for (const key of keys) if (typeof given[key] === "string" && given[key] !== "") found[key] = given[key];
    return found;
  };
  // For telling which parameters of an address a page does not have.
  return Object.assign(take, { keys: keys as readonly string[] });
}

const rootRoute = createRootRoute({
  validateSearch: texts("range", "tz"),
  search: { middlewares: [retainSearchParams(["range", "tz"])] },
  component: Root,
  notFoundComponent: NotFoundPage,
  errorComponent: PageProblem,
});

const getParentRoute = () => rootRoute;

const routes = [
  createRoute({
    getParentRoute,
    path: "/",
    beforeLoad: ({ location }) => {
      const address = addressOfLink(location.hash);
      if (address !== null) throw redirect({ href: address, replace: true });
      throw redirect({ to: "/experiments", replace: true });
    },
  }),
  createRoute({
    getParentRoute,
    path: "/sign-in",
    validateSearch: texts("back", "error"),
    component: pageFile(() => import("@/features/login/sign-in-page"), "SignInPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/experiments",
    validateSearch: texts("find", "show"),
    component: pageFile(() => import("@/features/experiments/experiments-page"), "ExperimentsPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/experiments/$experimentId",
    validateSearch: texts("of"),
    component: pageFile(() => import("@/features/home/home-page"), "HomePage"),
  }),
  createRoute({
    getParentRoute,
    path: "/experiments/$experimentId/traces",
    validateSearch: texts("filter", "order", "columns", "live", "facets"),
    component: pageFile(() => import("@/features/traces/traces-page"), "TracesPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/experiments/$experimentId/traces/$traceId",
    validateSearch: texts("span", "tab", "zoom"),
    component: pageFile(() => import("@/features/trace/trace-page"), "TracePage"),
  }),
  createRoute({
    getParentRoute,
    path: "/experiments/$experimentId/compare",
    validateSearch: texts("left", "right", "steps"),
    component: pageFile(() => import("@/features/compare/compare-page"), "ComparePage"),
  }),
  createRoute({
    getParentRoute,
    path: "/experiments/$experimentId/sessions",
    validateSearch: texts("filter", "order"),
    component: pageFile(() => import("@/features/sessions/sessions-page"), "SessionsPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/experiments/$experimentId/sessions/$session",
    component: pageFile(() => import("@/features/sessions/session-page"), "SessionPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/experiments/$experimentId/issues",
    validateSearch: texts("status", "severity", "issue"),
    component: pageFile(() => import("@/features/issues/issues-page"), "IssuesPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/experiments/$experimentId/users",
    validateSearch: texts("filter", "order"),
    component: pageFile(() => import("@/features/users/users-page"), "UsersPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/experiments/$experimentId/evaluations",
    validateSearch: texts("filter", "order"),
    component: pageFile(() => import("@/features/evaluations/evaluations-page"), "EvaluationsPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/experiments/$experimentId/evaluations/compare",
    validateSearch: texts("baseline", "with", "scorer", "candidate", "show", "row"),
    component: pageFile(() => import("@/features/evaluations/comparison-page"), "ComparisonPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/experiments/$experimentId/evaluations/$runId",
    validateSearch: texts("show", "order", "find", "row", "scorer", "slice"),
    component: pageFile(() => import("@/features/evaluations/evaluation-page"), "EvaluationPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/experiments/$experimentId/runs",
    validateSearch: texts("filter", "order", "run"),
    component: pageFile(() => import("@/features/runs/runs-page"), "RunsPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/experiments/$experimentId/datasets",
    validateSearch: texts("filter", "order"),
    component: pageFile(() => import("@/features/datasets/datasets-page"), "DatasetsPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/experiments/$experimentId/datasets/$datasetId",
    validateSearch: texts("version", "against", "filter", "record", "alike"),
    component: pageFile(() => import("@/features/datasets/dataset-page"), "DatasetPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/experiments/$experimentId/models",
    validateSearch: texts("filter", "order", "model", "left", "right"),
    component: pageFile(() => import("@/features/models/models-page"), "ModelsPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/experiments/$experimentId/prompts",
    validateSearch: texts("filter", "order"),
    component: pageFile(() => import("@/features/prompts/prompts-page"), "PromptsPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/experiments/$experimentId/prompts/$name",
    validateSearch: texts("version", "against"),
    component: pageFile(() => import("@/features/prompts/prompt-page"), "PromptPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/experiments/$experimentId/scorers",
    validateSearch: texts("scorer"),
    component: pageFile(() => import("@/features/scorers/scorers-page"), "ScorersPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/experiments/$experimentId/labeling",
    component: pageFile(() => import("@/features/labeling/labeling-page"), "LabelingPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/experiments/$experimentId/labeling/new",
    component: pageFile(() => import("@/features/labeling/new-session-page"), "NewSessionPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/experiments/$experimentId/labeling/$runId",
    validateSearch: texts("tab", "show", "item"),
    component: pageFile(() => import("@/features/labeling/labeling-session-page"), "LabelingSessionPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/experiments/$experimentId/settings",
    component: pageFile(
      () => import("@/features/experiments/experiment-settings-page"),
      "ExperimentSettingsPage",
    ),
  }),
  createRoute({
    getParentRoute,
    path: "/traces/$traceId",
    validateSearch: texts("span", "tab", "zoom"),
    component: pageFile(() => import("@/features/trace/find-trace-page"), "FindTracePage"),
  }),
  createRoute({
    getParentRoute,
    path: "/reviews",
    component: pageFile(() => import("@/features/reviewing/reviews-page"), "ReviewsPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/review/$runId",
    validateSearch: texts("reviewer"),
    component: pageFile(() => import("@/features/reviewing/review-page"), "ReviewPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/settings",
    component: pageFile(() => import("@/features/settings/settings-page"), "SettingsPage"),
  }),
  createRoute({
    getParentRoute,
    path: "/settings/$section",
    validateSearch: texts("filter"),
    component: pageFile(() => import("@/features/settings/settings-page"), "SettingsPage"),
  }),
] as const;

export const router = createRouter({
  routeTree: rootRoute.addChildren(routes),
  defaultPreload: "intent",
  defaultErrorComponent: PageProblem,
  scrollRestoration: false,
  parseSearch: (given) => Object.fromEntries(new URLSearchParams(given)),
  stringifySearch: (search) => {
    const given = Object.entries(search).filter(([, value]) => typeof value === "string" && value !== "");
    const query = new URLSearchParams(given as [string, string][]).toString();
    return query === "" ? "" : `?${query}`;
  },
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
