import { Button } from "@mantine/core";
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { Problem } from "@/api/client";
import { text } from "@/strings";
import { Empty } from "./empty";
import { problemText } from "./problem-text";

/** What the router shows in the place of a page that failed. */
export function PageProblem({ error }: ErrorComponentProps) {
  const router = useRouter();
  if (error instanceof Problem && error.code === "unreachable")
    return (
      <Empty title={text.problem.title}>
        <p>{problemText(error)}</p>
        <Button onClick={() => void router.invalidate()}>{text.common.retry}</Button>
      </Empty>
    );
  return (
    <Empty title={text.problem.page}>
      <p>{error instanceof Problem ? problemText(error) : text.problem.pageHint}</p>
      <Button onClick={() => window.location.reload()}>{text.problem.reload}</Button>
    </Empty>
  );
}
