import { BusError } from "../../relay/process/bus.ts";
import { BotError, type ErrorCode } from "../errors.ts";
import type { Problem } from "./contracts/problem.ts";
import { problem } from "./problems.ts";

const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  "database-unavailable": 503,
  "bus-unavailable": 503,
  "not-recorded": 503,
};

/** Where a code becomes an HTTP status. Undefined: nothing that a caller may be told about. */
export function problemOfFault(error: unknown): Problem | undefined {
  if (error instanceof BotError) {
    const status = STATUS[error.code];
    return status === undefined
      ? undefined
      : problem(status, error.code, "Unavailable", error.message);
  }
  if (error instanceof BusError) {
    return problem(503, "bus-unavailable", "Unavailable", "the bus does not answer; try again");
  }
  if (isConnectionFault(error)) {
    const detail = "the database cannot be reached; try again";
    return problem(503, "database-unavailable", "Unavailable", detail);
  }
  return undefined;
}

const CONNECTION_CODE = /^(ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE|ENOENT|57P0[123]|53300|08...)$/;
const CONNECTION_MESSAGE =
  /timeout exceeded when trying to connect|connection terminated|is not queryable|use a pool after/i;

/** Whether the database could not be talked to, however deep the cause lies. */
function isConnectionFault(error: unknown): boolean {
  for (let fault = error, depth = 0; fault instanceof Error && depth < 5; depth++) {
    if ("code" in fault && CONNECTION_CODE.test(String(fault.code))) return true;
    if (CONNECTION_MESSAGE.test(fault.message)) return true;
    fault = fault.cause;
  }
  return false;
}
