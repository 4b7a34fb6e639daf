import { type DestinationStream, destination, type Logger as PinoLogger, pino } from "pino";
import { logContext } from "./log-context.ts";
import { prettyLine } from "./pretty-log.ts";

export type Logger = PinoLogger;
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LoggerOptions {
  level: LogLevel;
  /** One short line for people instead of JSON. */
  pretty?: boolean;
  /** Default: stderr. */
  destination?: DestinationStream;
}

const SECRET_FIELDS = [
  "password",
  "secret",
  "token",
  "authorization",
  "cookie",
  "credentials",
  "privateKey",
  "apiKey",
  "masterKey",
  "signingKey",
];

/** Fields named like secrets are masked on the top level and two levels below. */
const redacted = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]);

/** JSON lines with the ids of {@link logContext}; secrets are masked before anything is written. */
export function createLogger(options: LoggerOptions): Logger {
  const output = options.destination ?? destination({ dest: 2, sync: true });
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => ({ ...logContext() }),
      redact: { paths: redacted, censor: "•••" },
    },
    options.pretty ? { write: (line) => void output.write(prettyLine(line)) } : output,
  );
}
