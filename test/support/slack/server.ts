import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { METHODS } from "./methods.ts";
import { createPeople, type People } from "./people.ts";
import { createRates, type Rates } from "./rates.ts";
import { createSocketMode, type SocketMode } from "./socket-mode.ts";
import { createTeam, type Team } from "./team.ts";
import { acceptSocket } from "./web-socket.ts";

export const APP_TOKEN = "xapp-1-test";
export const BOT_TOKEN = "xoxb-test";

/** A Slack that speaks its protocols on loopback: Web API, Socket Mode, files, answers by URL. */
export interface SlackServer {
  /** What `slack.api_url` is set to. */
  apiUrl: string;
  team: Team;
  socketMode: SocketMode;
  rates: Rates;
  people: People;
  /** What was asked and what became of it, as `chat.update ok`, `chat.postMessage 429`. */
  log: string[];
  /** What was sent to the URLs that commands and buttons are answered by. */
  responses: unknown[];
  /** Does what it is asked, and answers the next of this method with a broken connection. */
  loseAnswer(method: string): void;
  /** Whether the tokens are good. */
  setRevoked(isRevoked: boolean): void;
  stop(): Promise<void>;
}

export async function startSlackServer(
  options: { port?: number; redeliverAfterMs?: number } = {},
): Promise<SlackServer> {
  const team = createTeam();
  const rates = createRates();
  const socketMode = createSocketMode(options.redeliverAfterMs);
  const log: string[] = [];
  const responses: unknown[] = [];
  const lost: string[] = [];
  let isRevoked = false;
  let url = "";

  const http = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      log.push(`server fault ${String(error)}`);
      response.destroy();
    });
  });
  http.on("upgrade", (request, stream) => socketMode.accept(acceptSocket(request, stream)));

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "";
    const body = await buffer(request);
    if (path.startsWith("/upload/")) return upload(path.slice("/upload/".length), body, response);
    if (path.startsWith("/respond/")) {
      responses.push(JSON.parse(body.toString()));
      return void response.end("ok");
    }
    const method = path.replace("/api/", "");
    const args = Object.fromEntries(new URLSearchParams(body.toString()));
    const seconds = rates.refusedFor(method, args.channel);
    if (seconds > 0) {
      log.push(`${method} 429`);
      return void response.writeHead(429, { "retry-after": String(seconds) }).end();
    }
    const answer = answerTo(method, args, request.headers.authorization);
    log.push(`${method} ${answer.ok === true ? "ok" : String(answer.error)}`);
    const isLost = lost.indexOf(method);
    if (isLost >= 0) {
      lost.splice(isLost, 1);
      return void response.destroy();
    }
    response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
  }

  function answerTo(method: string, args: Record<string, string>, authorization = "") {
    const wanted = method === "apps.connections.open" ? APP_TOKEN : BOT_TOKEN;
    if (authorization !== `Bearer ${wanted}`) return { ok: false, error: "invalid_auth" };
    if (isRevoked) return { ok: false, error: "token_revoked" };
    if (method === "apps.connections.open") {
      return { ok: true, url: `${url.replace("http", "ws")}/link` };
    }
    const act = METHODS[method];
    return act ? act({ team, url: () => url }, args) : { ok: false, error: "unknown_method" };
  }

  function upload(id: string, body: Buffer, response: ServerResponse): void {
    const file = team.files.get(id);
    if (file) file.bytes = body;
    response.writeHead(file ? 200 : 404).end("OK");
  }

  await new Promise<void>((resolve) => http.listen(options.port ?? 0, "127.0.0.1", resolve));
  const address = http.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  url = `http://127.0.0.1:${address.port}`;

  return {
    apiUrl: `${url}/api/`,
    team,
    socketMode,
    rates,
    people: createPeople({ team, socketMode, url }),
    log,
    responses,
    loseAnswer: (method) => void lost.push(method),
    setRevoked: (next) => {
      isRevoked = next;
    },
    async stop() {
      socketMode.stop();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
