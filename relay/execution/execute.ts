import type { Journal } from "../journal/journal.ts";
import type { Grant } from "../policy/judge.ts";
import type { Disk } from "../process/disk.ts";
import { reach } from "../process/fault-point.ts";
import type { ContainerRuntime } from "../runtime/runtime.ts";
import type { AttemptName, Offered } from "../wire/messages.ts";
import type { BotLink } from "./link.ts";
import { type Ending, type Outcome, outcomeOf, outcomeOfUnbegun } from "./outcome.ts";
import type { Permission, Questions } from "./questions.ts";
import type { Redaction } from "./redact.ts";
import { redactOutput } from "./redact-output.ts";
import { sendOutput } from "./send-output.ts";
import { type EndedAttempt, keepResult, settleResult, signResult } from "./settle.ts";
import { Spool, spoolPath } from "./spool.ts";
import type { SpoolSpace } from "./spool-space.ts";

export interface ExecutionDeps {
  link: BotLink;
  questions: Questions;
  journal: Journal;
  disk: Disk;
  spoolDirectory: string;
  /** The room that all spools share; without one there is no bound. */
  space?: SpoolSpace;
  /** What never leaves this host; nothing unless named. */
  redaction?: Redaction;
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
  offer: Offered;
  /** What it gets of this host, in the engine's terms. */
  grant: Grant;
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
  const { link, questions, journal, offer } = work;
  const of = attemptOf(offer);
  // Not awaited: what is written next is on disk only after this.
  journal.append({ kind: "claimed", ...of, epoch: link.epoch }).catch(() => {});
  await work.answered;
  const permit = await questions.claim(of);
  if (!permit) return;
  if (!permit.granted) {
    link.log.info({ ...of, reason: permit.reason }, "permit refused");
    onEnded();
    return giveBack(work);
  }
  reach("permit-received", of.executionId);
  await runPermitted(work, permit, onEnded);
}

/**
 * Nobody else can know that it has not begun, and this relay would never say so again. Once a bot
 * has committed that, no claim of this attempt that is still on its way can start it.
 */
async function giveBack(work: Work): Promise<void> {
  const { link, questions, journal, offer } = work;
  const of = attemptOf(offer);
  const nothing = spoolOf(work);
  const result = await signResult(link, unbegun(work, "its permit came too late"), nothing);
  await settleResult(questions, journal, of, result);
}

async function runPermitted(work: Work, permit: Permission, onEnded: () => void): Promise<void> {
  const { link, questions, journal, offer, abandon } = work;
  const of = { ...attemptOf(offer), bot: permit.replyBot };
  const spool = spoolOf(work);
  spool.waitUntil(abandon);
  try {
    const sending = sendOutput(link, of, spool, { resumed: false }, abandon);
    sending.catch(() => {});
    const ended = await begin(work, permit, spool);
    spool.end();
    onEnded();
    link.log.info({ ...attemptOf(offer), ...ended.outcome }, "execution ended");
    const [result] = await Promise.all([keepResult(work, ended, spool), sending]);
    if (await settleResult(questions, journal, of, result)) await spool.remove();
  } finally {
    await spool.close();
  }
}

function spoolOf({ disk, spoolDirectory, offer, space }: Work): Spool {
  const path = spoolPath(spoolDirectory, attemptOf(offer));
  return new Spool(disk, path, offer.spec.limits.outputBytes, space);
}

/** The permit goes to disk first: from there on, the command may have begun. */
async function begin(work: Work, permit: Permission, spool: Spool): Promise<EndedAttempt> {
  const { link, journal, offer, ending } = work;
  const of = attemptOf(offer);
  if (ending.signal.aborted) return unbegun(work);
  try {
    const at = new Date(link.clock.wallMs()).toISOString();
    await journal.append({ kind: "permitted", ...of, bot: permit.replyBot, at });
  } catch (error) {
    return unbegun(work, said(error));
  }
  let current: Permission | undefined = permit;
  while (current?.granted && !ending.signal.aborted) {
    const ended: EndedAttempt | undefined = await run(work, current, spool);
    if (ended) return ended;
    current = await work.questions.claim(of);
  }
  return unbegun(work, current && !current.granted ? "the permit was withdrawn" : undefined);
}

function unbegun({ link, offer, ending }: Work, reason?: string): EndedAttempt {
  const outcome = outcomeOfUnbegun(endingOf(ending.signal), reason);
  return { ...attemptOf(offer), epoch: link.epoch, outcome, durationMs: 0 };
}

/** Undefined when the permit had grown too old before anything was started. */
async function run(
  work: Work,
  permit: Permission,
  spool: Spool,
): Promise<EndedAttempt | undefined> {
  const { link, offer, ending } = work;
  const { clock } = link;
  const startedAt = new Date(clock.wallMs());
  const startMs = clock.monotonicMs();
  const timer = clock.after(offer.spec.limits.timeoutMs, () => ending.abort("timed-out"));
  const outcome = await runCommand(work, permit, spool);
  timer.cancel();
  if (!outcome) return undefined;
  const durationMs = clock.monotonicMs() - startMs;
  return { ...attemptOf(offer), epoch: link.epoch, outcome, startedAt, durationMs };
}

async function runCommand(
  work: Work,
  permit: Permission,
  spool: Spool,
): Promise<Outcome | undefined> {
  const { link, journal, offer, runtime, ending } = work;
  const { argv, env, limits, command, image } = offer.spec;
  const { network, mounts, user } = work.grant;
  const of = attemptOf(offer);
  const redacted = redactOutput(work.redaction, link.clock, (stream, bytes) =>
    spool.append(stream, bytes),
  );
  try {
    const exit = await runtime.run(
      {
        name: `aldis-${of.executionId}-${of.attempt}`,
        argv,
        env,
        limits,
        attempt: of,
        image,
        network,
        mounts,
        user,
        mayStart() {
          const isFresh = ageOf(link, permit) <= permit.goodForMs;
          if (isFresh) link.log.info({ ...of, command }, "execution started");
          return isFresh;
        },
        mayStartWithinMs: () => permit.goodForMs - ageOf(link, permit),
        async onCreated(handle) {
          reach("process-created", of.executionId);
          await journal.append({ kind: "created", ...of, handle });
          reach("started", of.executionId);
        },
      },
      async (stream, bytes) => {
        await redacted.take(stream, bytes);
        reach("half-the-output", of.executionId);
      },
      ending.signal,
    );
    await redacted.end();
    if (exit.kind === "withheld") return undefined;
    return outcomeOf(exit, endingOf(ending.signal), limits.timeoutMs);
  } catch (error) {
    await redacted.end().catch(() => {});
    const reason = `the relay could not keep a record of it: ${said(error)}`;
    return { status: "interrupted", reason };
  }
}

/** By this relay's own clock, from the question on, so that no other clock matters. */
function ageOf({ clock }: BotLink, { askedAtMs }: Permission): number {
  return clock.monotonicMs() - askedAtMs;
}

function attemptOf({ spec, attempt }: Offered): AttemptName {
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
