import type { Logger } from "pino";
import { BotError } from "../errors.ts";
import { type NatsRemoval, openNatsRemoval } from "./nats-removal.ts";
import { type NatsUsers, openNatsUsers } from "./nats-users.ts";

/** What a bot has in hand beside its own place on the NATS server. */
export interface NatsAuthority {
  /** What vouches for the server (PEM); goes into join tokens. */
  ca: string | undefined;
  users: NatsUsers | undefined;
  removal: NatsRemoval | undefined;
}

/** The texts of the files that the `nats.` settings name. */
export interface NatsFiles {
  creds: string | undefined;
  ca: string | undefined;
  accountKey: string | undefined;
  systemCreds: string | undefined;
  operatorKey: string | undefined;
}

export async function openNatsAuthority(
  servers: string,
  files: NatsFiles,
  log: Logger,
): Promise<NatsAuthority> {
  const { creds, ca, accountKey, systemCreds, operatorKey: operatorSeed } = files;
  if ((systemCreds === undefined) !== (operatorSeed === undefined)) {
    throw incomplete("nats.system_creds_file and nats.operator_key_file go together");
  }
  if (accountKey === undefined) {
    if (systemCreds === undefined) return { ca, users: undefined, removal: undefined };
    throw incomplete("nats.system_creds_file is of no use without nats.account_key_file");
  }
  if (creds === undefined) throw incomplete("nats.account_key_file needs nats.creds_file");
  const users = await openNatsUsers(creds, accountKey);
  if (systemCreds === undefined || operatorSeed === undefined) {
    return { ca, users, removal: undefined };
  }
  const { accountId } = users;
  const removal = await openNatsRemoval({ servers, systemCreds, operatorSeed, accountId, ca, log });
  return { ca, users, removal };
}

function incomplete(line: string): BotError {
  return new BotError("config", `${line}; see docs/guide/nats.md`);
}
