import type { Outcome, Refusal } from "../access/outcome.ts";
import type { Problem } from "./contracts/problem.ts";
import { conflict, notFound, problem, unprocessable } from "./problems.ts";

type Status = 403 | 404 | 409 | 422;

/** A refusal as HTTP says it. */
export function refusalOf({ reason, message }: Refusal): { status: Status; body: Problem } {
  switch (reason) {
    case "not-found":
      return { status: 404, body: notFound(message) };
    case "conflict":
      return { status: 409, body: conflict(message) };
    case "forbidden":
      return { status: 403, body: problem(403, "forbidden", "Not permitted", message) };
    case "invalid":
      return { status: 422, body: unprocessable(message, []) };
  }
}

/** What a change that has no other answer is answered with. */
export function changedOf(
  outcome: Outcome<unknown>,
): { status: 200; body: { changed: boolean } } | ReturnType<typeof refusalOf> {
  if (!outcome.ok) return refusalOf(outcome);
  return { status: 200, body: { changed: outcome.changed } };
}
