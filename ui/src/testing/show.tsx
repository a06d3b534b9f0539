/** Shows components in tests as the page does, with answers of the API in the place of a server. */

import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render } from "@testing-library/react";
import type { ReactElement } from "react";
import { afterEach, vi } from "vitest";
import { theme } from "@/app/theme";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

type Answers = Record<string, (query: URLSearchParams, body: unknown) => unknown>;

/** What the API answers, by the path below its prefix; a `Response` is answered as it is. Returns the requests. */
export function answering(answers: Answers): { path: string; body: unknown }[] {
  const asked: { path: string; body: unknown }[] = [];
  vi.stubGlobal("fetch", async (address: string, init?: RequestInit) => {
    const url = new URL(address, "http://server");
    const path = url.pathname.replace("/api/v1", "");
    const body = typeof init?.body === "string" ? JSON.parse(init.body) : undefined;
    asked.push({ path, body });
    const answer = answers[path];
    if (answer === undefined) throw new Error(`nobody expects ${path}`);
    const said = answer(url.searchParams, body);
    return said instanceof Response ? said : Response.json(said);
  });
  return asked;
}

export function show(element: ReactElement) {
  stubLayout();
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return render(
    <QueryClientProvider client={client}>
      <MantineProvider theme={theme} env="test">
        {element}
      </MantineProvider>
    </QueryClientProvider>,
  );
}

/** A test has no layout and no fonts: every element is as big as a small window, so that lists have rows in sight. */
function stubLayout() {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(600);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(800);
  if (document.fonts === undefined)
    Object.defineProperty(document, "fonts", { value: new EventTarget(), configurable: true });
}
