import { join } from "node:path";
import type { Journal } from "../journal/journal.ts";
import type { ContainerRuntime, Exit } from "../runtime/runtime.ts";
import type { Offer, Permit } from "../wire/messages.ts";
import type { Answer } from "./ask-bots.ts";
import type { BotLink } from "./link.ts";
import { type Ending, type Outcome, outcomeOf, outcomeOfUnbegun } from "./outcome.ts";
import { claim, isFresh } from "./permit.ts";
import { sendOutput } from "./send-output.ts";
import { type EndedAttempt, settleResult, signResult } from "./settle.ts";
import { Spool } from "./spool.ts";

export interface ExecutionDeps {
  link: BotLink;
  journal: Journal;
  spoolDirectory: string;
}

/** An attempt in hand, from its claim to the receipt of its result. */
export interface Execution {
  /** Ends it, however far it has come; what it has said and how it ended still goes to the bots. */
  end(why: Ending): void;
  /** Resolves when nothing of it runs any more, or never will. */
  ended: Promise<void>;
  /** Resolves when a bot has confirmed its result, or `abandon` has fired. */
  settled: Promise<void>;
}

export interface AdmittedOffer {
  offer: Offer;
  runtime: ContainerRuntime;
  /** The claim follows the answer to the offer. */
  answered: Promise<void>;
  /** Stops asking and sending; the journal and the spool keep what is open. */
  abandon: AbortSignal;
}

interface Work extends ExecutionDeps, AdmittedOffer {
  /** Fires with an {@link Ending}. */
  ending: AbortController;
}

/**
 * ```
 * relay                                   bot
 *   journal: claimed
 *   claim ──────────────────────────────►   commits offered → started
 *   ◄──────────────────────────────────── permit
 *   journal: permitted, on disk
 *   start; journal: created
 *   output pieces ──────────────────────►   commits
 *   ◄──────────────────────────────────── receipts
 *   end; journal: finished
 *   result ─────────────────────────────►   commits
 *   ◄──────────────────────────────────── receipt
 *   journal: settled; spool removed
 * ```
 */
export function startExecution(deps: ExecutionDeps, admitted: AdmittedOffer): Execution {
  const ending = new AbortController();
  const ended = Promise.withResolvers<void>();
  const work: Work = { ...deps, ...admitted, ending };
  const settled = execute(work, ended.resolve)
    .catch((error: unknown) => deps.link.log.error({ err: error }, "execution left open"))
    .finally(ended.resolve);
  return { end: (why) => ending.abort(why), ended: ended.promise, settled };
}

async function execute(work: Work, onEnded: () => void): Promise<void> {
  const { link, journal, offer, abandon } = work;
  const of = attemptOf(offer);
  // Not awaited: what is written next is on disk only after this.
  journal.append({ kind: "claimed", ...of, epoch: link.epoch }).catch(() => {});
  await work.answered;
  const permit = await claim(link, of, abandon);
  if (!permit) return;
  if (!permit.message.granted) {
    link.log.info({ ...of, reason: permit.message.reason }, "permit refused");
    await journal.append({ kind: "settled", ...of });
    return;
  }
  await runPermitted(work, permit, onEnded);
}

async function runPermitted(
  work: Work,
  permit: Answer<Permit>,
  onEnded: () => void,
): Promise<void> {
  const { link, journal, offer, abandon, spoolDirectory } = work;
  const of = { ...attemptOf(offer), bot: permit.message.replyBot };
  const spool = new Spool(spoolPath(spoolDirectory, of), offer.spec.limits.outputBytes);
  try {
    const sending = sendOutput(link, of, spool, { resumed: false }, abandon);
    sending.catch(() => {});
    const ended = await begin(work, permit, spool);
    spool.end();
    onEnded();
    link.log.info({ ...attemptOf(offer), ...ended.outcome }, "execution ended");
    const [result] = await Promise.all([keepResult(work, ended, spool), sending]);
    if (await settleResult(link, journal, of, result, abandon)) await spool.remove();
  } finally {
    await spool.close();
  }
}

/** The permit goes to disk first: from there on, the command may have begun. */
async function begin(work: Work, permit: Answer<Permit>, spool: Spool): Promise<EndedAttempt> {
  const { link, journal, offer, ending, abandon } = work;
  const unbegun = (reason?: string): EndedAttempt => ({
    ...attemptOf(offer),
    epoch: link.epoch,
    outcome: outcomeOfUnbegun(endingOf(ending.signal), reason),
    durationMs: 0,
  });
  if (ending.signal.aborted) return unbegun();
  try {
    const at = new Date().toISOString();
    await journal.append({
      kind: "permitted",
      ...attemptOf(offer),
      bot: permit.message.replyBot,
      at,
    });
  } catch (error) {
    return unbegun(said(error));
  }
  let current: Answer<Permit> | undefined = permit;
  while (current && !isFresh(link, current)) current = await claim(link, attemptOf(offer), abandon);
  if (ending.signal.aborted || !current) return unbegun();
  if (!current.message.granted) return unbegun("the permit was withdrawn");
  return run(work, spool);
}

async function run(work: Work, spool: Spool): Promise<EndedAttempt> {
  const { link, offer, ending } = work;
  const { timeoutMs } = offer.spec.limits;
  const startedAt = new Date();
  const startMs = performance.now();
  const timer = setTimeout(() => ending.abort("timed-out"), Math.min(timeoutMs, MAX_TIMER_MS));
  link.log.info({ ...attemptOf(offer), command: offer.spec.command }, "execution started");
  const outcome = await runCommand(work, spool);
  clearTimeout(timer);
  return {
    ...attemptOf(offer),
    epoch: link.epoch,
    outcome,
    startedAt,
    durationMs: performance.now() - startMs,
  };
}

async function runCommand(work: Work, spool: Spool): Promise<Outcome> {
  const { journal, offer, runtime, ending } = work;
  const { argv, env, limits } = offer.spec;
  const of = attemptOf(offer);
  try {
    const exit: Exit = await runtime.run(
      {
        name: `aldis-${of.executionId}-${of.attempt}`,
        argv,
        env,
        limits,
        onCreated: (handle) => journal.append({ kind: "created", ...of, handle }),
      },
      (stream, bytes) => spool.append(stream, bytes),
      ending.signal,
    );
    return outcomeOf(exit, endingOf(ending.signal), limits.timeoutMs);
  } catch (error) {
    const reason = `the relay could not keep a record of it: ${said(error)}`;
    return { status: "interrupted", reason };
  }
}

/**
 * Output before the result: what the journal calls finished is on the disk as a whole. On a disk
 * that takes nothing the result is sent all the same, and lost only if the relay ends before that.
 */
async function keepResult(work: Work, ended: EndedAttempt, spool: Spool): Promise<Uint8Array> {
  const { link, journal, offer } = work;
  const result = await signResult(link, ended, spool);
  const entry = {
    ...attemptOf(offer),
    result: Buffer.from(result).toString("latin1"),
    outputLength: spool.length,
    outputDigest: spool.digest(),
  };
  try {
    await spool.sync();
    await journal.append({ kind: "finished", ...entry });
  } catch (error) {
    link.log.error({ ...attemptOf(offer), err: error }, "result not kept on disk");
  }
  return result;
}

const MAX_TIMER_MS = 2 ** 31 - 1;

export function spoolPath(directory: string, of: { executionId: string; attempt: number }): string {
  return join(directory, `${of.executionId}.${of.attempt}`);
}

function attemptOf({ spec, attempt }: Offer): { executionId: string; attempt: number } {
  return { executionId: spec.executionId, attempt };
}

function endingOf(signal: AbortSignal): Ending | undefined {
  if (!signal.aborted) return undefined;
  const { reason } = signal;
  return reason === "cancelled" || reason === "timed-out" ? reason : "interrupted";
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
