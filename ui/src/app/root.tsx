import { useQuery } from "@tanstack/react-query";
import { Navigate, Outlet, useLocation, useMatch } from "@tanstack/react-router";
import { meQuery } from "@/api/queries";
import { ProblemNote } from "@/components/problem-note";
import { ExperimentGate } from "./experiment-gate";
import { Frame } from "./frame";
import { TimeRangeProvider } from "./time-range";
import { UnknownParameters } from "./unknown-parameters";

/** The outermost component: asks who is here, and shows the frame or the way to sign in. */
export function Root() {
  return (
    <TimeRangeProvider>
      <Entrance />
    </TimeRangeProvider>
  );
}

function Entrance() {
  const me = useQuery(meQuery);
  const location = useLocation();
  const signingIn = useMatch({ from: "/sign-in", shouldThrow: false });
  if (me.isError && me.data === undefined)
    return <ProblemNote error={me.error} retry={() => void me.refetch()} />;
  if (signingIn !== undefined) return <Outlet />;
  // On the way to sign in, the page that was asked for still stands: it must not ask for what it would be refused.
  if (me.data === undefined || location.pathname === "/sign-in") return null;
  if (me.data.kind === "anonymous")
    return <Navigate to="/sign-in" search={{ back: location.href }} replace />;
  return (
    <Frame me={me.data}>
      <UnknownParameters />
      <ExperimentGate>
        <Outlet />
      </ExperimentGate>
    </Frame>
  );
}
