import { ISOLATIONS } from "../../../../relay/runtime/native/isolation.ts";
import { startForked } from "../../../../relay/runtime/native/start-forked.ts";
import { nativeRuntime } from "../../../../relay/runtime/native.ts";

/** Runs the script of its second word, isolated as its first word says, and shows its output. */
const [, , wanted, script = ""] = process.argv;
const isolation = ISOLATIONS.find((name) => name === wanted) ?? "none";
const runtime = nativeRuntime({ starter: startForked(isolation) });
const show = async (_: string, bytes: Uint8Array) => void process.stdout.write(bytes);
const limits = {
  timeoutMs: 60_000,
  outputBytes: 1024,
  memoryBytes: 2 ** 26,
  pids: 64,
  cpus: 1,
  tmpBytes: 2 ** 20,
};
await runtime.run(
  {
    name: "sample",
    argv: ["sh", "-c", script],
    env: {},
    limits,
    network: "none",
    mounts: [],
    mayStart: () => true,
    onCreated: async () => {},
  },
  show,
  new AbortController().signal,
);
