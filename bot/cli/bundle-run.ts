import { readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type Ending, outcomeOf } from "../../relay/execution/outcome.ts";
import { cutMark } from "../../relay/execution/spool.ts";
import { accountName } from "../../relay/process/account-name.ts";
import { listenForSignals } from "../../relay/process/signals.ts";
import { nativeRuntime } from "../../relay/runtime/native.ts";
import { signalGroup } from "../../relay/runtime/native-process.ts";
import type { Exit, OutputSink, RunHandle } from "../../relay/runtime/runtime.ts";
import { uuidv7 } from "../../relay/wire/ids.ts";
import type { ExecutionSpec } from "../../relay/wire/messages.ts";
import type { Bundle } from "../bundles/bundle.ts";
import { printBundleError } from "../bundles/problem.ts";
import { readOffline } from "../invocation/offline.ts";
import type { ParsedWords } from "../invocation/parsed-words.ts";
import { nameOf, type Target } from "../invocation/resolve.ts";
import { specOf } from "../invocation/spec.ts";
import { readBundleFile } from "./bundle-file.ts";
import { CliFailure, EXIT } from "./failure.ts";
import { createOutputWriter, printNote } from "./terminal.ts";

/**
 * Runs one command of a bundle file here, as a relay would. Rules are not asked: who can read the
 * file and start programs may run it by hand as well.
 */
export async function runBundle(file: string, words: readonly string[]): Promise<number> {
  const loaded = await readBundleFile(file);
  if (!loaded.ok) {
    for (const error of loaded.errors) printNote(printBundleError(error));
    return EXIT.badData;
  }
  const { target, parsed } = readText(loaded.bundle, words);
  if (!target.command.native) {
    const line = "runs in a container, and this version of Aldis runs only native commands";
    throw new CliFailure(`${nameOf(target)} ${line}`, EXIT.unavailable);
  }
  return runHere(specFor(target, parsed));
}

function readText(
  bundle: Bundle,
  words: readonly string[],
): { target: Target; parsed: ParsedWords } {
  const text = words.length === 1 ? words.join() : words.map(quote).join(" ");
  const read = readOffline(text, new Map([[bundle.name, bundle]]));
  if (!read.ok) throw new CliFailure(read.error.message, EXIT.usage);
  const { target, parsed } = read.line;
  if (!target) throw new CliFailure("no command is named", EXIT.usage);
  const [secret] = parsed.secrets;
  if (!secret) return { target, parsed };
  const line = `--${secret.option} is secret, and secrets cannot be typed yet; nothing was run`;
  throw new CliFailure(line, EXIT.usage);
}

/** A word as it has to be typed to stay one; what needs no quotes gets none. */
function quote(word: string): string {
  if (/^[\w:./@%+,=-]+$/.test(word)) return word;
  return `"${word.replaceAll(/["“”„‟\\]/g, "\\$&")}"`;
}

function specFor(target: Target, parsed: ParsedWords): ExecutionSpec {
  const ids = { invocationId: uuidv7(), executionId: uuidv7() };
  const here = { adapter: "console", channel: "console" };
  return specOf(ids, target, parsed, here, { name: accountName().toLowerCase() });
}

const MAX_TIMER_MS = 2 ** 31 - 1;

async function runHere({ executionId, argv, env, limits }: ExecutionSpec): Promise<number> {
  const ending = new AbortController();
  const end = (why: Ending) => ending.abort(why);
  const directoryPrefix = join(tmpdir(), `aldis-run-${executionId}-`);
  const leftovers = removedOnExit(directoryPrefix);
  const signals = listenForSignals({ onFirst: () => end("cancelled") });
  const timer = setTimeout(() => end("timed-out"), Math.min(limits.timeoutMs, MAX_TIMER_MS));
  try {
    const exit = await nativeRuntime({ directoryPrefix }).run(
      {
        ...{ name: executionId, argv, env, limits, network: "none", mounts: [] },
        mayStart: () => true,
        onCreated: leftovers.add,
      },
      limited(createOutputWriter(), limits.outputBytes),
      ending.signal,
    );
    return tellEnd(exit, ending.signal.reason, limits.timeoutMs);
  } finally {
    clearTimeout(timer);
    signals.release();
    leftovers.release();
  }
}

/**
 * A second Ctrl-C, or a reader that has gone, ends this program at once: then too nothing of the
 * command stays behind.
 */
function removedOnExit(directoryPrefix: string): {
  add(handle: RunHandle): Promise<void>;
  release(): void;
} {
  const groups: number[] = [];
  const remove = () => {
    for (const group of groups) signalGroup(group, "SIGKILL");
    removeDirectories(directoryPrefix);
  };
  process.on("exit", remove);
  return {
    async add({ id }) {
      groups.push(Number(id));
    },
    release: () => process.off("exit", remove),
  };
}

function removeDirectories(prefix: string): void {
  const parent = dirname(prefix);
  const names = readdirSync(parent).filter((name) => name.startsWith(basename(prefix)));
  for (const name of names) {
    try {
      rmSync(join(parent, name), { recursive: true, force: true, maxRetries: 3 });
    } catch {
      // What the command has locked stays.
    }
  }
}

/** Cuts output where a relay would, with the same mark; the command goes on, and is drained. */
function limited(write: OutputSink, limitBytes: number): OutputSink {
  let room = limitBytes;
  return async (stream, bytes) => {
    if (room < 0) return;
    const kept = bytes.subarray(0, room);
    room -= bytes.length;
    const isCut = room < 0;
    await write(stream, kept);
    if (isCut) await write("stderr", Buffer.from(cutMark(limitBytes)));
  };
}

function tellEnd(exit: Exit, ending: Ending | undefined, timeoutMs: number): number {
  const { status, exitCode, reason } = outcomeOf(exit, ending, timeoutMs);
  switch (status) {
    case "timed-out":
      printNote(`aldis: ended by its time limit: ${reason}`);
      return EXIT.timedOut;
    case "cancelled":
      printNote("aldis: cancelled");
      return EXIT.cancelled;
    default:
      // An exit code speaks for itself.
      if (exit.kind !== "exited") printNote(`aldis: ${reason}`);
      return exitCode ?? EXIT.internal;
  }
}
