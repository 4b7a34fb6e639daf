import type { Logger } from "pino";
import { onceAMinute } from "../../relay/process/once-a-minute.ts";

/** Says once that the database was lost, and once that it is back. */
export interface OutageLog {
  lost(reason: string): void;
  connected(): void;
}

export function createOutageLog(log: Logger): OutageLog {
  let isOut = false;
  return {
    lost(reason) {
      if (!isOut) log.warn({ reason }, "database connection lost");
      isOut = true;
    },
    connected() {
      if (isOut) log.info("database reachable again");
      isOut = false;
    },
  };
}

/**
 * Logs what went wrong. While the database cannot be reached everything fails alike, and it is asked
 * again by itself: that is one warning a minute for each kind of work, not an error for each message.
 */
export function createFaultLog(
  log: Logger,
  nowMs = () => performance.now(),
): (error: unknown, facts: object, message: string) => void {
  const isDue = onceAMinute(nowMs);
  return (error, facts, message) => {
    if (!isOutage(error)) return log.error({ ...facts, err: error }, message);
    if (!isDue(message)) return;
    log.warn({ ...facts, reason: error.message }, `${message}: the database cannot be reached`);
  };
}

const LOST = /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|57P0|53300|08)/;
/** What the driver says without a code. */
const LOST_WORDS = /^(Connection terminated|timeout exceeded when trying to connect)/;

/** Whether it failed because the database was not there, or went away meanwhile. */
export function isOutage(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  // A socket file that is not there is a server that is not there.
  const isOfConnect = "syscall" in error && error.syscall === "connect";
  return isOfConnect || LOST.test(code) || LOST_WORDS.test(error.message) || isOutage(error.cause);
}
