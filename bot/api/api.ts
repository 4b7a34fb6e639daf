import type { Address } from "../../relay/process/config-types.ts";
import { BotError } from "../errors.ts";
import { buildApp } from "./app.ts";
import type { ApiDeps } from "./deps.ts";

export interface Api {
  /** Where it listens, as a URL; the real port, should 0 have been asked for. */
  address: string;
  /** Takes no new request, ends event streams, and gives what is in hand a few seconds. */
  stop(): Promise<void>;
}

const STOP_WITHIN_MS = 5_000;

export async function startApi(deps: ApiDeps): Promise<Api> {
  const { app } = await buildApp(deps);
  const { host, port } = deps.address;
  const address = await app.listen({ host, port }).catch((error: unknown) => {
    throw cannotListen(deps.address, error);
  });
  if (!isLoopback(host)) {
    deps.log.warn(
      { address },
      "THE API LISTENS BEYOND THIS MACHINE WITHOUT TLS: tokens and output can be read on the way; listen on 127.0.0.1 behind a proxy that speaks TLS",
    );
  }
  return {
    address,
    async stop() {
      const impatient = setTimeout(() => app.server.closeAllConnections(), STOP_WITHIN_MS);
      await app.close();
      clearTimeout(impatient);
    },
  };
}

function cannotListen({ host, port }: Address, cause: unknown): BotError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: "another program listens there; stop it",
    EACCES: "this user may not use that port; take one above 1023",
    EADDRNOTAVAIL: "this machine has no such address; take one it has",
    ENOTFOUND: "no such host name; take an address",
  };
  const why = reasons[String(code)] ?? (cause instanceof Error ? cause.message : String(cause));
  const message = `the API cannot listen on ${host}:${port}: ${why}, or set ALDIS_API_ADDRESS`;
  return new BotError("listen", message, { cause });
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
