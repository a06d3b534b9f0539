import { expect, it } from "vitest";
import { reasonOf } from "./failures";

it.each([
  ["Error code: 404 - {'error': {'message': 'no recording', 'type': 'replay_miss'}}", "404: no recording"],
  [
    "404 NOT_FOUND. {'error': {'code': 404, 'message': 'models/x is not found', 'status': 'N'}}",
    "404: models/x is not found",
  ],
  ['RateLimit: {"error": {"message": "slow down", "code": null}}', "RateLimit: slow down"],
  [`Error code: 400 - {'error': {'message': "it's too long", 'type': 'x'}}`, "400: it's too long"],
  ["{'message': 'bare'}", "bare"],
  ["KeyError: 'butter'", "KeyError: 'butter'"],
  ["the message: {} is empty", "the message: {} is empty"],
  ["", ""],
])("the reason of %s is %s", (message, reason) => {
  expect(reasonOf(message)).toBe(reason);
});
