import type { ContainerRuntime, Exit, OutputSink, RunSpec } from "../../relay/runtime/runtime.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import type { Timeline } from "./timeline.ts";

/** What a command would do, were it run. */
export interface Behaviour {
  /** Before it begins: a slow start makes permits old. */
  startMs: number;
  isMissing: boolean;
  runMs: number;
  pieces: readonly Buffer[];
  exitCode: number;
  /** From being asked to end until it does. */
  graceMs: number;
}

export interface RuntimeDeps {
  timeline: Timeline;
  process: SimulatedProcess;
  host: CommandHost;
  behaviourOf(name: string): Behaviour;
  onBegin(name: string): void;
  onWithheld(): void;
}

/** The commands of a host; they outlive the relay that has started them. */
export class CommandHost {
  readonly running = new Map<string, { end(signal: string): void }>();
  started = 0;

  /** Power cut. */
  killAll(): void {
    for (const command of [...this.running.values()]) command.end("SIGKILL");
  }
}

/** Runs nothing, but takes its time about it. */
export function memoryRuntime(deps: RuntimeDeps): ContainerRuntime {
  const { process, host } = deps;
  return {
    name: "native",
    async run(spec, output, signal) {
      const behaviour = deps.behaviourOf(spec.name);
      await process.wait(behaviour.startMs);
      if (!spec.mayStart()) {
        deps.onWithheld();
        return { kind: "withheld" };
      }
      if (behaviour.isMissing) return { kind: "not-started", code: 127, reason: "not there" };
      deps.onBegin(spec.name);
      return runCommand(deps, behaviour, spec, output, signal);
    },
    async remove({ id }) {
      await process.wait(1);
      host.running.get(id)?.end("SIGKILL");
    },
  };
}

async function runCommand(
  { timeline, process, host }: RuntimeDeps,
  { runMs, pieces, exitCode, graceMs }: Behaviour,
  spec: RunSpec,
  output: OutputSink,
  signal: AbortSignal,
): Promise<Exit> {
  const id = `${++host.started}`;
  const faults: unknown[] = [];
  const exited = Promise.withResolvers<Exit>();
  const end = (exit: Exit) => {
    host.running.delete(id);
    exited.resolve(exit);
  };
  const kill = (by: string) => end({ kind: "signalled", signal: by });
  host.running.set(id, { end: kill });
  timeline.in(runMs, () => end({ kind: "exited", code: exitCode }));
  const onFault = (error: unknown) => {
    faults.push(error);
    kill("SIGKILL");
  };
  const onAbort = () => void timeline.in(graceMs, () => kill("SIGTERM"));
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort);
  const handle = { runtime: "native", id, startMark: id };
  const created = spec.onCreated(handle).catch(onFault);
  const ended = process.guard(exited.promise);
  const isRunning = () => host.running.has(id);
  const stepMs = Math.floor(runMs / (pieces.length + 1));
  const step = () => Promise.race([process.wait(stepMs), ended]);
  const printed = print(pieces, step, isRunning, output).catch(onFault);
  const exit = await ended;
  await Promise.all([created, printed]);
  if (faults.length > 0) throw faults[0];
  return exit;
}

/** In even steps, as long as it runs. */
async function print(
  pieces: readonly Buffer[],
  step: () => Promise<unknown>,
  isRunning: () => boolean,
  output: OutputSink,
): Promise<void> {
  for (const [index, piece] of pieces.entries()) {
    await step();
    if (!isRunning()) return;
    await output(index % 2 === 0 ? "stdout" : "stderr", piece);
  }
}
