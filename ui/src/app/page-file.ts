import { lazyRouteComponent } from "@tanstack/react-router";
import { Problem } from "@/api/client";

type PageModule<Name extends string> = Record<Name, () => React.ReactNode>;

/**
 * A page in a file of its own, which is loaded when it is first shown. Where that fails because the server is away, that
 * is the problem: the router would else load the whole page again, from nowhere.
 */
export function pageFile<Name extends string>(load: () => Promise<PageModule<Name>>, name: Name) {
  const loaded = async () => {
    try {
      return await load();
    } catch (error) {
      throw (await isServerAway()) ? new Problem(0, "", "unreachable") : error;
    }
  };
  return lazyRouteComponent(loaded, name);
}

async function isServerAway(): Promise<boolean> {
  try {
    await fetch("/health", { cache: "no-store" });
    return false;
  } catch {
    return true;
  }
}
