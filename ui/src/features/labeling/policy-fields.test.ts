import { expect, test } from "vitest";
import { firstPolicy, policyBody } from "./policy-fields";

test("a policy is sent as it was first, with shares in place of percent", () => {
  expect(policyBody(firstPolicy, ["rita"])).toMatchObject({
    reviews_required: 1,
    min_agreement: null,
    weights: {},
  });
  expect(policyBody({ ...firstPolicy, dispute: 80, required: 2 }, [])).toMatchObject({
    reviews_required: 2,
    min_agreement: 0.8,
  });
});

test("weights are those of the reviewers there are, and of mode weighted alone", () => {
  const weights = { rita: 2, ron: "", gone: 3 };
  expect(policyBody({ ...firstPolicy, weights, mode: "weighted" }, ["rita", "ron"]).weights).toEqual({
    rita: 2,
  });
  expect(policyBody({ ...firstPolicy, weights }, ["rita", "ron"]).weights).toEqual({});
});
