import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { Problem } from "@/api/client";
import { problemText } from "@/components/problem-text";
import { showToast } from "@/components/toast-store";

/** Whoever's login has ended is asked to sign in again: the frame looks at `me`. */
function onProblem(error: Error): void {
  if (error instanceof Problem && error.status === 401)
    void queryClient.invalidateQueries({ queryKey: ["me"] });
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: onProblem }),
  mutationCache: new MutationCache({
    onError: (error, _variables, _result, mutation) => {
      onProblem(error);
      if (mutation.meta?.shown !== true) showToast(problemText(error), "error");
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      gcTime: 10 * 60_000,
      refetchOnWindowFocus: false,
      retry: (failures, error) => failures < 2 && retryable(error),
    },
  },
});

function retryable(error: Error): boolean {
  return !(error instanceof Problem) || error.status === 0 || error.status >= 500 || error.status === 429;
}
