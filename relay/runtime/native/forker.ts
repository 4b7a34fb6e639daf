import { Socket } from "node:net";
import { whyNotExecutable } from "./find-program.ts";
import { encodeRefused, type ForkedCommand, forkCommand } from "./forked-command.ts";
import {
  decodeTaken,
  encodeFrame,
  FRAME,
  frameReader,
  hostMonotonicMs,
  type StartRequest,
} from "./frames.ts";
import { ISOLATIONS, misleadingVariable } from "./isolation.ts";
import { createNamespaces, type Namespace } from "./namespaces.ts";

/**
 * Starts commands for a relay: a fork copies what the process maps, and the relay's heap is large
 * and its event loop busy. It lives as long as the relay's end of the socket, and so do commands.
 */
const relay = new Socket({ fd: 3, readable: true, writable: true });
const isolation = ISOLATIONS.find((name) => name === process.argv[2]) ?? "none";
const namespaces = createNamespaces(isolation, process.getuid?.() === 0);
const commands = new Map<number, ForkedCommand>();

function send(frame: Buffer): void {
  if (relay.writable) relay.write(frame);
}

async function start(id: number, request: StartRequest): Promise<void> {
  let namespace: Namespace | undefined;
  try {
    if (isolation !== "none") {
      refuseMisleading(request);
      namespace = await namespaces.take(request.directory);
    }
    if (hostMonotonicMs() > (request.notAfterMs ?? Number.POSITIVE_INFINITY)) {
      send(encodeFrame(FRAME.late, id, new Uint8Array()));
      return await leave(namespace);
    }
    const command = forkCommand(id, request, namespace, send, () => leave(namespace));
    commands.set(id, command);
    await command.done;
    commands.delete(id);
  } catch (error) {
    send(encodeRefused(id, error instanceof Error ? error : new Error(String(error))));
    await leave(namespace);
  }
}

function refuseMisleading(request: StartRequest): void {
  const code = whyNotExecutable(request);
  if (code) throw Object.assign(new Error(code), { code });
  const name = request.account && misleadingVariable(request.env);
  if (name) throw new Error(`${name} cannot be set where native commands have a namespace`);
}

async function leave(namespace: Namespace | undefined): Promise<void> {
  if (namespace) await namespaces.giveBack(namespace);
}

function onFrame(kind: number, id: number, body: Buffer): void {
  switch (kind) {
    case FRAME.start:
      void start(id, JSON.parse(body.toString()));
      return;
    case FRAME.signal:
      commands.get(id)?.signal(body.toString() === "SIGTERM" ? "SIGTERM" : "SIGKILL");
      return;
    case FRAME.taken: {
      const { stream, bytes } = decodeTaken(body);
      commands.get(id)?.taken(stream, bytes);
      return;
    }
    case FRAME.drop:
      commands.get(id)?.drop();
      return;
  }
}

/** What is left when nobody waits for it any more is ended. */
function onRelayGone(): void {
  for (const command of commands.values()) command.signal("SIGKILL");
  namespaces.endAll();
  process.exit(0);
}

// The relay is told to stop by the same signals, and needs its commands until it has stopped.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
relay.on("error", () => {});
relay.on("data", frameReader(onFrame));
relay.once("end", onRelayGone);
relay.once("close", onRelayGone);
