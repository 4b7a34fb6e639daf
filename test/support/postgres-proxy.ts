import { connect, createServer, type Server, type Socket } from "node:net";
import type { TestDatabase } from "./postgres.ts";
import { createMessageReader, messageText } from "./postgres-wire.ts";

/** What becomes of one statement on its way. */
export type Way =
  /** The connection is cut, and Postgres never sees it. */
  | "cut before it is sent"
  /** The connection is cut; Postgres gets it when the fault is released. */
  | "cut, and executed later"
  /** Postgres has executed it, and the connection is cut before the answer. */
  | "cut before its answer"
  /** Nothing is cut; Postgres gets it when the fault is released. */
  | "held";

export interface Fault {
  /** Resolves when the statement has come. */
  met: Promise<void>;
  release(): void;
}

/** Stands between a program and Postgres, and breaks what a test names. */
export interface PostgresProxy {
  /** The database through the proxy. */
  url: string;
  /** Breaks the next statement that the pattern finds, once. */
  on(statement: RegExp, way: Way): Fault;
  /** Connects to Postgres elsewhere from now on, as after a restart. */
  pointTo(url: string): void;
  /** Cuts every connection and takes no more until `up`. */
  down(): void;
  up(): void;
  stop(): Promise<void>;
}

interface Armed {
  statement: RegExp;
  way: Way;
  meet(): void;
  released: Promise<void>;
}

export async function startPostgresProxy(target: TestDatabase["url"]): Promise<PostgresProxy> {
  let socketPath = socketOf(target);
  let isDown = false;
  const clients = new Set<Socket>();
  const armed: Armed[] = [];

  const server = createServer((client) => {
    if (isDown) return void client.destroy();
    clients.add(client);
    client.on("close", () => clients.delete(client));
    join(client, connect(socketPath), (text) => {
      const index = armed.findIndex(({ statement }) => statement.test(text));
      return index < 0 ? undefined : armed.splice(index, 1)[0];
    });
  });
  const port = await listen(server);
  const cutAll = () => {
    for (const client of clients) client.destroy();
  };

  return {
    url: throughPort(target, port),
    on(statement, way) {
      const met = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      armed.push({ statement, way, meet: met.resolve, released: released.promise });
      return { met: met.promise, release: released.resolve };
    },
    pointTo(url) {
      socketPath = socketOf(url);
    },
    down() {
      isDown = true;
      cutAll();
    },
    up() {
      isDown = false;
    },
    async stop() {
      cutAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Passes messages both ways; what the client says goes on in whole statements. */
function join(client: Socket, postgres: Socket, find: (text: string) => Armed | undefined): void {
  const prepared = new Map<string, string>();
  let isAnswerLost = false;
  let batch: Buffer[] = [];
  let text = "";
  let turn = Promise.resolve();
  const cut = () => {
    client.destroy();
    postgres.end();
  };

  async function send(said: string, bytes: Buffer): Promise<void> {
    const fault = find(said);
    fault?.meet();
    if (fault?.way === "cut before it is sent") return cut();
    if (fault?.way === "cut, and executed later") client.destroy();
    if (fault?.way === "cut before its answer") isAnswerLost = true;
    if (fault?.way === "held" || fault?.way === "cut, and executed later") await fault.released;
    if (!postgres.destroyed) postgres.write(bytes);
    if (fault?.way === "cut, and executed later") postgres.end();
  }

  const fromClient = createMessageReader(true, (message) => {
    batch.push(message.bytes);
    text += ` ${messageText(message, prepared)}`;
    // Sync, a simple query, or what is said while logging in: the end of what Postgres acts upon.
    if (!/^[SQpX]$|^$/.test(message.type)) return;
    const [said, bytes] = [text, Buffer.concat(batch)];
    [text, batch] = ["", []];
    turn = turn.then(() => send(said, bytes));
  });
  const fromPostgres = createMessageReader(false, ({ type }) => {
    if (isAnswerLost && type === "Z") cut();
  });

  client.on("data", fromClient);
  postgres.on("data", (bytes) => {
    fromPostgres(bytes);
    if (!isAnswerLost && !client.destroyed) client.write(bytes);
  });
  client.on("error", () => {});
  postgres.on("error", () => client.destroy());
  client.on("close", () => void turn.then(() => postgres.end()));
  postgres.on("close", () => client.destroy());
}

function socketOf(url: string): string {
  const directory = new URL(url).searchParams.get("host");
  if (!directory) throw new Error(`no socket directory in ${url}`);
  return `${directory}/.s.PGSQL.5432`;
}

function throughPort(url: string, port: number): string {
  const { username, password, pathname } = new URL(url);
  return `postgres://${username}:${password}@127.0.0.1:${port}${pathname}`;
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    });
  });
}
