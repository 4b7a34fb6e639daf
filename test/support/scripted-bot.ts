import type { BusMessage, MessageBus } from "../../relay/process/bus.ts";
import {
  type Addressing,
  audienceOf,
  fromBot,
  fromRelay,
  type Kind,
  openFromRelay,
  signAsBot,
  splitBytes,
  splitLines,
} from "../../relay/wire/envelope.ts";
import { decodeFrames } from "../../relay/wire/frames.ts";
import { randomName, uuidv7 } from "../../relay/wire/ids.ts";
import { type KeyList, signKeyList } from "../../relay/wire/key-list.ts";
import {
  generateKeyPem,
  type PublicJwk,
  readSigningKey,
  readVerifyingKey,
  type SigningKey,
} from "../../relay/wire/keys.ts";
import type {
  AttemptName,
  Cancel,
  ExecutionSpec,
  OutputHead,
  Presence,
  Refusal,
  Result,
} from "../../relay/wire/messages.ts";
import { outputDigestOf } from "../../relay/wire/output-digest.ts";
import { anyRelay } from "../../relay/wire/selector.ts";
import {
  BOTS_QUEUE,
  downTo,
  outputForBot,
  replyFrom,
  upFromAnyRelay,
} from "../../relay/wire/subjects.ts";

/** What a test may have a bot say instead of the truth, or nothing at all. */
export interface BotScript {
  claim(
    claim: AttemptName & { epoch: string },
  ): { granted: boolean; reason?: string; goodForMs?: number } | "silent";
  /** The offset that the receipt names; by default the end of the stored piece. */
  output(head: OutputHead): number | "silent";
  result(result: Result): "receipt" | "silent";
  /** Signs an answer in place of the bot; undefined leaves it to the bot. */
  forge(typ: string, body: object): Promise<Uint8Array> | undefined;
}

export interface ScriptedBot {
  id: string;
  key: SigningKey;
  authority: SigningKey;
  script: BotScript;
  claims: (AttemptName & { epoch: string })[];
  results: Result[];
  pieces: { head: OutputHead; bytes: Uint8Array; subject: string }[];
  presences: Presence[];
  /** The newest epoch that the relay has announced. */
  epoch(): string;
  keyListJws(change?: Partial<KeyList>, signer?: SigningKey): Promise<string>;
  addressing(change?: Partial<Addressing>): Addressing;
  /** Asks as a bot does, and opens the answer. */
  ask<T extends { version: 1 }>(payload: Uint8Array, kind: Kind<T>): Promise<T>;
  offer(spec: ExecutionSpec, attempt?: number): Promise<{ refusal?: Refusal | undefined }>;
  cancel(executionId: string, attempt?: number): Promise<void>;
  send(payload: Uint8Array): void;
  resultOf(executionId: string): Result | undefined;
  /** The output as stored, by stream and whole. */
  output(executionId: string): { stdout: string; stderr: string; length: number; digest: string };
  stop(): Promise<void>;
}

type BotClaims = Pick<Cancel, "version" | "iss" | "aud" | "iat" | "exp">;

export function newKey(): SigningKey {
  return readSigningKey(generateKeyPem("ed25519"));
}

/** A bot with real keys and no database, whose answers a test may script. */
export function startScriptedBot(
  bus: MessageBus,
  relay: { relayId: string; publicJwk: PublicJwk },
): ScriptedBot {
  const id = randomName();
  const key = newKey();
  const authority = newKey();
  const relayKey = readVerifyingKey(relay.publicJwk);
  const claims: ScriptedBot["claims"] = [];
  const results: Result[] = [];
  const pieces: ScriptedBot["pieces"] = [];
  const presences: Presence[] = [];
  const script: BotScript = {
    claim: () => ({ granted: true }),
    output: (head) => head.offset + head.length,
    result: () => "receipt",
    forge: () => undefined,
  };

  const epoch = () => presences.at(-1)?.epoch ?? "";
  const addressing = (change: Partial<Addressing> = {}): Addressing => ({
    iss: id,
    aud: audienceOf(relay.relayId, epoch()),
    nowMs: Date.now(),
    ttlMs: 10_000,
    ...change,
  });

  async function opened<T extends { version: 1 }>(kind: Kind<T>, payload: Uint8Array) {
    const result = await openFromRelay(kind, payload, relayKey);
    if (!result.ok) throw new Error(`the relay's ${kind.typ}: ${result.failure}`);
    return result.message;
  }

  function signed<T extends BotClaims>(kind: Kind<T>, body: Omit<T, keyof BotClaims>) {
    return script.forge(kind.typ, body) ?? signAsBot(key, kind, addressing(), body);
  }

  async function onClaim(message: BusMessage): Promise<void> {
    const { nonce, epoch, claims: asked } = await opened(fromRelay.claim, message.payload);
    const permits = asked.flatMap(({ executionId, attempt }) => {
      const claim = { executionId, attempt, epoch };
      claims.push(claim);
      const answer = script.claim(claim);
      return answer === "silent" ? [] : [{ executionId, attempt, replyBot: id, ...answer }];
    });
    if (permits.length > 0) message.respond(await signed(fromBot.permit, { nonce, permits }));
  }

  async function onOutput(message: BusMessage): Promise<void> {
    const { head: jws, bytes } = splitBytes(message.payload);
    const head = await opened(fromRelay.output, jws);
    const offset = script.output(head);
    if (offset === "silent") return;
    pieces.push({ head, bytes, subject: message.subject });
    const { executionId, attempt } = head;
    const receipts = [{ executionId, attempt, of: "output" as const, offset }];
    message.respond(await signed(fromBot.receipt, { receipts }));
  }

  async function onResult(message: BusMessage): Promise<void> {
    const sent = splitLines(message.payload).map((jws) => opened(fromRelay.result, jws));
    const receipts = (await Promise.all(sent)).flatMap((result) => {
      results.push(result);
      const { executionId, attempt } = result;
      return script.result(result) === "silent"
        ? []
        : [{ executionId, attempt, of: "result" as const }];
    });
    if (receipts.length > 0) message.respond(await signed(fromBot.receipt, { receipts }));
  }

  bus.subscribe(upFromAnyRelay("presence"), {}, async ({ payload }) => {
    presences.push(await opened(fromRelay.presence, payload));
  });
  bus.subscribe(upFromAnyRelay("claim"), { queue: BOTS_QUEUE }, onClaim);
  bus.subscribe(upFromAnyRelay("output"), { queue: BOTS_QUEUE }, onOutput);
  bus.subscribe(outputForBot(id), {}, onOutput);
  bus.subscribe(upFromAnyRelay("result"), { queue: BOTS_QUEUE }, onResult);

  async function ask<T extends { version: 1 }>(payload: Uint8Array, kind: Kind<T>): Promise<T> {
    const replyTo = replyFrom(relay.relayId, id, randomName());
    const answer = await bus.request(downTo(relay.relayId), payload, { timeoutMs: 5_000, replyTo });
    return opened(kind, answer);
  }

  return {
    id,
    key,
    authority,
    script,
    claims,
    results,
    pieces,
    presences,
    epoch,
    addressing,
    ask,
    keyListJws(change = {}, signer = authority) {
      const nowS = Math.floor(Date.now() / 1000);
      const list = { version: 1, number: 1, iat: nowS, exp: nowS + 3600 } as const;
      const keys = { authority: authority.publicJwk, keys: [key.publicJwk] };
      return signKeyList(signer, { ...list, ...keys, ...change });
    },
    async offer(spec, attempt = 1) {
      const offers = [{ attempt, spec }];
      const offer = await signAsBot(key, fromBot.offer, addressing(), { offers });
      return (await ask(offer, fromRelay.offerAnswer)).answers[0] ?? {};
    },
    async cancel(executionId, attempt = 1) {
      const body = { cancels: [{ executionId, attempt }] };
      bus.publish(downTo(relay.relayId), await signAsBot(key, fromBot.cancel, addressing(), body));
    },
    send: (payload) => bus.publish(downTo(relay.relayId), payload),
    resultOf: (executionId) => results.find((result) => result.executionId === executionId),
    output: (executionId) => joined(pieces.filter(({ head }) => head.executionId === executionId)),
    stop: () => bus.stop(),
  };
}

/** A native command of the demo bundle, in an execution of its own. */
export function specOf(argv: string[], change: Partial<ExecutionSpec> = {}): ExecutionSpec {
  return {
    executionId: uuidv7(),
    invocationId: uuidv7(),
    bundle: "demo",
    bundleVersion: "1.0.0",
    bundleDigest: "none",
    command: "test",
    native: true,
    argv,
    env: {},
    limits: {
      timeoutMs: 10_000,
      outputBytes: 64 * 1024 * 1024,
      memoryBytes: 64 * 1024 * 1024,
      pids: 64,
      cpus: 1,
      tmpBytes: 0,
    },
    network: "none",
    mounts: [],
    selector: anyRelay(),
    delivery: "at-most-once",
    ...change,
  };
}

function joined(pieces: ScriptedBot["pieces"]) {
  const sorted = [...new Map(pieces.map((piece) => [piece.head.offset, piece])).values()].sort(
    (a, b) => a.head.offset - b.head.offset,
  );
  const bytes = Buffer.concat(sorted.map((piece) => piece.bytes));
  const frames = decodeFrames(bytes) ?? [];
  const text = (stream: "stdout" | "stderr") =>
    Buffer.concat(frames.filter((f) => f.stream === stream).map((f) => f.bytes)).toString();
  return {
    stdout: text("stdout"),
    stderr: text("stderr"),
    length: bytes.length,
    digest: outputDigestOf(bytes),
  };
}
