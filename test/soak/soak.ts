import { setTimeout as delay } from "node:timers/promises";
import { createRandom, type Random } from "../chaos/random.ts";
import { readMarks } from "../faults/marking.ts";
import type { EngineName } from "../support/engines.ts";
import { waitFor } from "../support/wait.ts";
import { type Contained, openContained, printedBy } from "./contained.ts";
import { watchLeftBehind } from "./left-behind.ts";

export interface SoakOptions {
  engine: EngineName;
  executions: number;
  seed: number;
  onProgress?(line: string): void;
}

export interface SoakReport {
  seed: number;
  tookMs: number;
  states: ReadonlyMap<string, number>;
  relayKills: number;
  /** Each is a broken promise. Empty, if all is well. */
  findings: string[];
}

const CALLERS = 6;
/** From one death of the relay to the next: so many executions, on average. */
const EXECUTIONS_PER_KILL = 12;
const END_WITHIN_MS = 120_000;
const PROGRESS_EVERY = 20;

interface Soaking extends Contained {
  random: Random;
  states: Map<string, number>;
  findings: string[];
}

/** Runs containers, cancels some, lets some run out of time, kills the relay, and looks what is left. */
export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const startedMs = performance.now();
  const contained = await openContained(options.engine);
  try {
    const soaking: Soaking = {
      ...contained,
      random: createRandom(options.seed),
      states: new Map(),
      findings: [],
    };
    const leftBehind = await watchLeftBehind(contained);
    const relayKills = await runAll(soaking, options);
    const findings = [...soaking.findings, ...(await judge(soaking, leftBehind))];
    const tookMs = Math.round(performance.now() - startedMs);
    return { seed: options.seed, tookMs, states: soaking.states, relayKills, findings };
  } finally {
    await contained.stop();
  }
}

async function runAll(
  soaking: Soaking,
  { executions, seed, onProgress = () => {} }: SoakOptions,
): Promise<number> {
  const { random, relay } = soaking;
  let [said, ended, kills] = [0, 0, 0];
  const killing = createRandom(seed + 1);

  async function call(): Promise<void> {
    while (said < executions) {
      said += 1;
      await runOne(soaking, random);
      ended += 1;
      if (ended % PROGRESS_EVERY === 0) onProgress(`${ended} ended, ${kills} deaths of the relay`);
    }
  }

  async function killNowAndThen(): Promise<void> {
    for (let at = nextKill(0); at < executions; at = nextKill(at)) {
      await waitFor(() => ended >= at, { timeoutMs: 2 * END_WITHIN_MS, what: "the next kill" });
      await relay.kill();
      kills += 1;
      await relay.start();
    }
  }

  function nextKill(at: number): number {
    return at + Math.ceil(killing.between(1, 2 * EXECUTIONS_PER_KILL));
  }

  await Promise.all([...Array.from({ length: CALLERS }, call), killNowAndThen()]);
  return kills;
}

/** One of: printing to the end, cancelled at any moment, running out of time. */
async function runOne(soaking: Soaking, random: Random): Promise<void> {
  const { land, cancel, states, findings } = soaking;
  const lines = Math.floor(random.between(0, 300));
  const kind = random.pick(["print", "print", "cancel", "hurry"] as const);
  const seconds = kind === "print" ? random.between(0, 0.5).toFixed(2) : "60";
  const command = kind === "hurry" ? "hurry" : "print";
  const cancelAfterMs = random.between(0, 2_500);
  try {
    const id = await land.caller.say(`!soak:${command} ${lines} ${seconds}`);
    if (kind === "cancel") {
      await delay(cancelAfterMs);
      await cancel(id);
    }
    const { state, reason } = await land.caller.endOf(id, END_WITHIN_MS);
    states.set(state, (states.get(state) ?? 0) + 1);
    if (!ENDS[kind].includes(state)) findings.push(`${id} (${kind}) ended as ${state}: ${reason}`);
    findings.push(...(await judgeOutput(soaking, id, { lines, isWhole: state === "succeeded" })));
  } catch (error) {
    findings.push(`${kind}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A relay that dies interrupts what it runs. */
const ENDS: Readonly<Record<"print" | "cancel" | "hurry", readonly string[]>> = {
  print: ["succeeded", "interrupted"],
  cancel: ["cancelled", "interrupted"],
  hurry: ["timed-out", "interrupted"],
};

async function judgeOutput(
  { land, marks }: Soaking,
  id: string,
  { lines, isWhole }: { lines: number; isWhole: boolean },
): Promise<string[]> {
  const whole = printedBy(id, lines);
  const { text, isComplete } = await land.caller.outputOf(id);
  const isRight = isWhole ? text === whole : whole.startsWith(text);
  const hasRun = (await readMarks(marks)).has(id);
  if ((isComplete || !hasRun) && isRight) return [];
  return [`${id}: ${text.length} of ${whole.length} bytes of output, complete: ${isComplete}`];
}

async function judge({ marks }: Soaking, leftBehind: () => Promise<string[]>): Promise<string[]> {
  const twice = [...(await readMarks(marks))].filter(([, times]) => times > 1);
  // The last ones are removed after their result is sent.
  const isClean = async () => (await leftBehind()).length === 0;
  await waitFor(isClean, { timeoutMs: 30_000 }).catch(() => {});
  return [
    ...twice.map(([id, times]) => `${id} ran ${times} times`),
    ...(await leftBehind()).map((each) => `left behind: ${each}`),
  ];
}
