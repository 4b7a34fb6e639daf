import { BotError } from "../../errors.ts";

const FULL = /No space left on device|ENOSPC|Disk quota exceeded|EDQUOT/;
const DENIED = /Permission denied|EACCES|EPERM|Read-only file system|EROFS/;

/** One line from what Postgres said last: what, where, what to do. */
export function postgresFault(what: string, directory: string, lines: readonly string[]): BotError {
  const said = lines.join("\n");
  if (FULL.test(said)) return fullDisk(directory);
  const severe = lines.findLast((line) => /^(FATAL|PANIC|initdb: error|.*error while)/.test(line));
  const detail = lines.findLast((line) => /^(DETAIL|HINT): /.test(line));
  const reason = [severe ?? (lines.slice(-3).join(" ") || "it said nothing"), detail]
    .filter(Boolean)
    .join(" ");
  const advice = DENIED.test(reason)
    ? "make it readable and writable for the user that Postgres runs as"
    : "restore it from a backup, or move it away to begin with an empty database";
  const message = `${what} in ${directory}: ${reason.replaceAll(/\s+/g, " ")}; ${advice}`;
  return new BotError("database-unavailable", message);
}

/** One line from a failed file operation below the directory. */
export function directoryFault(directory: string, cause: unknown): BotError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (FULL.test(reason)) return fullDisk(directory, cause);
  const message = DENIED.test(reason)
    ? `${directory} is not writable; set ALDIS_DATA_DIR to a folder that is, or change its owner`
    : `cannot prepare ${directory}: ${reason}`;
  return new BotError("data-directory", message, { cause });
}

function fullDisk(directory: string, cause?: unknown): BotError {
  const message = `no space left on the disk that holds ${directory}; free some, or set ALDIS_DATA_DIR to a folder elsewhere`;
  return new BotError("data-directory", message, { cause });
}
