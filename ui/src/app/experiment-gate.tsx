import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Problem } from "@/api/client";
import { experimentQuery } from "@/api/queries";
import { Page } from "@/components/page";
import { ProblemNote } from "@/components/problem-note";
import { text } from "@/strings";

/** What an experiment's address has no experiment for is said once, in the place of every page of it. */
export function ExperimentGate({ children }: { children: ReactNode }) {
  const { experimentId = "" } = useParams({ strict: false });
  const experiment = useQuery({ ...experimentQuery(experimentId), enabled: experimentId !== "" });
  const { error } = experiment;
  if (!(error instanceof Problem) || (error.status !== 404 && error.status !== 400)) return children;
  return (
    <Page title={text.problem.notFound}>
      <ProblemNote error={error} />
    </Page>
  );
}
