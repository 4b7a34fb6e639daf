import { AsyncLocalStorage } from "node:async_hooks";

/** What every log line written within a piece of work carries. */
export interface LogContext {
  invocationId?: string;
  executionId?: string;
}

const storage = new AsyncLocalStorage<LogContext>();

/** Runs `work`, and all it starts, with these ids on its log lines, added to those around it. */
export function withLogContext<T>(context: LogContext, work: () => T): T {
  return storage.run({ ...storage.getStore(), ...context }, work);
}

export function logContext(): LogContext {
  return storage.getStore() ?? {};
}
