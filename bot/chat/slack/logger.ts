import { type Logger as BoltLogger, LogLevel } from "@slack/bolt";
import type { Logger } from "pino";

/** What Slack's client has to say, in the bot's log; what it would say of requests is left out. */
export function boltLogger(log: Logger): BoltLogger {
  const line = (parts: readonly unknown[]) => ({ said: parts.map(String).join(" ") });
  return {
    debug() {},
    info: (...parts) => log.debug(line(parts), "Slack's client"),
    warn: (...parts) => log.warn(line(parts), "Slack's client warns"),
    error: (...parts) => log.warn(line(parts), "Slack's client met an error"),
    setLevel() {},
    getLevel: () => LogLevel.INFO,
    setName() {},
  };
}
