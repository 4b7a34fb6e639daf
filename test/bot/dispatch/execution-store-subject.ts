import type { ExecutionRecord } from "../../../bot/audit/record.ts";
import type { AttemptKey, ExecutionStore } from "../../../bot/dispatch/execution-store.ts";
import { encodeFrames } from "../../../relay/wire/frames.ts";
import { uuidv7 } from "../../../relay/wire/ids.ts";
import type { ExecutionSpec, Result, ResultStatus } from "../../../relay/wire/messages.ts";
import { outputDigestOf } from "../../../relay/wire/output-digest.ts";
import { anyRelay } from "../../../relay/wire/selector.ts";

/** One life of one relay. */
export interface Life {
  relayId: string;
  epoch: string;
}

/** An execution store, and what the tests need around it. */
export interface StoreUnderTest {
  workspaceId: string;
  executions: ExecutionStore;
  /** What record_invocation does; the same record may come again. */
  record(execution: ExecutionRecord): Promise<string>;
  enrol(life: Life): Promise<void>;
  changeRelay(relayId: string, change: { epoch?: string; state?: "suspended" }): Promise<void>;
  /** Kinds of the audit events about it, in order; `invocation.ended` with them. */
  events(executionId: string): Promise<string[]>;
  /** Makes everything older by this much, as if time had passed. */
  age(ms: number): Promise<void>;
  /** A person says how what is unknown went. */
  mark(executionId: string, outcome: "succeeded" | "failed"): Promise<string | undefined>;
}

export interface RecordChange extends Partial<Omit<ExecutionRecord, "spec">> {
  delivery?: ExecutionSpec["delivery"];
  outputBytes?: number;
}

/** An execution that is to be recorded: waiting, unless a relay is named. */
export function newRecord(change: RecordChange = {}): ExecutionRecord {
  const { delivery = "at-most-once", outputBytes = 1024, ...rest } = change;
  const id = rest.id ?? uuidv7();
  return {
    spec: newSpec(id, delivery, outputBytes),
    mac: Buffer.alloc(32, 7).toString("base64"),
    botId: "bot-0",
    offerTimeoutMs: 10_000,
    queueTimeoutMs: 60_000,
    lostAfterMs: 30_000,
    mostStarts: 1,
    ...rest,
    id,
  };
}

function newSpec(
  executionId: string,
  delivery: ExecutionSpec["delivery"],
  outputBytes: number,
): ExecutionSpec {
  return {
    executionId,
    invocationId: uuidv7(),
    bundle: "demo",
    bundleVersion: "1.0.0",
    bundleDigest: "sha256:0",
    command: "say",
    native: true,
    argv: ["/bin/true"],
    env: {},
    limits: { timeoutMs: 1000, outputBytes, memoryBytes: 1, pids: 1, cpus: 1, tmpBytes: 0 },
    network: "none",
    mounts: [],
    selector: anyRelay(),
    delivery,
  };
}

/** One execution, and what bots and relays do with it. */
export interface Subject {
  id: string;
  life: Life;
  state(): Promise<string | undefined>;
  attempt(): Promise<number | undefined>;
  offer(attempt?: number, life?: Life): Promise<string>;
  start(attempt?: number, life?: Life): Promise<string>;
  /** Offers and starts it. */
  run(attempt?: number, life?: Life): Promise<void>;
  settle(status: ResultStatus, attempt?: number, life?: Life): Promise<string>;
  print(text: string, offset?: number, attempt?: number, life?: Life): Promise<number | undefined>;
  silence(attempt?: number): Promise<string>;
  cancel(): Promise<string | undefined>;
  isListed(speaking?: readonly Life[]): Promise<boolean>;
  events(): Promise<string[]>;
  key(attempt?: number): AttemptKey;
}

export async function newSubject(under: StoreUnderTest, change?: RecordChange): Promise<Subject> {
  const { executions, workspaceId } = under;
  const own: Life = { relayId: uuidv7(), epoch: `epoch-${uuidv7()}` };
  await under.enrol(own);
  const record = newRecord(change);
  await under.record(record);
  const { id } = record;
  const key = (attempt = 1) => ({ workspaceId, executionId: id, attempt });
  const row = () => executions.find(workspaceId, id);

  const subject: Subject = {
    id,
    life: own,
    key,
    state: async () => (await row())?.state,
    attempt: async () => (await row())?.attempt,
    offer: (attempt, life = own) => executions.offer(key(attempt), { ...life, botId: "bot-1" }),
    start: async (attempt, life = own) => (await executions.start(key(attempt), life)).answer,
    async run(attempt, life) {
      await subject.offer(attempt, life);
      await subject.start(attempt, life);
    },
    settle(status, attempt = 1, { relayId, epoch } = own) {
      const result = resultOf({ executionId: id, attempt, epoch, status });
      return executions.settle(workspaceId, relayId, result, `signed ${status}`);
    },
    print: (text, offset = 0, attempt = 1, { relayId } = own) =>
      executions.storeOutput(
        key(attempt),
        relayId,
        offset,
        encodeFrames("stdout", Buffer.from(text)),
      ),
    silence: (attempt) => executions.noteSilence(key(attempt)),
    cancel: () =>
      executions.requestCancel(
        { workspaceId, executionId: id },
        { userId: uuidv7(), method: "test" },
      ),
    async isListed(speaking = []) {
      const names = speaking.map(({ relayId, epoch }) => `${relayId}/${epoch}`);
      const open = await executions.listOpen(workspaceId, names, undefined);
      return open.some((each) => each.row.id === id);
    },
    events: () => under.events(id),
  };
  return subject;
}

function resultOf(about: Pick<Result, "executionId" | "attempt" | "epoch" | "status">): Result {
  return {
    version: 1,
    ...about,
    ...(about.status === "succeeded" && { exitCode: 0 }),
    reason: `it was ${about.status}`,
    endedAt: new Date(0).toISOString(),
    durationMs: 5,
    outputLength: 0,
    outputDigest: outputDigestOf(Buffer.alloc(0)),
    outputCut: false,
  };
}
