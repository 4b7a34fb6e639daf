import type { KeyPair } from "@nats-io/jwt";
import type { NatsPermissions } from "./nats-permissions.ts";

/** The seeds of an operator and of its two accounts; everything else follows from them. */
export interface OperatorSeeds {
  operator: string;
  operatorSigning: string;
  system: string;
  account: string;
  accountSigning: string;
}

export type SeedKind = keyof OperatorSeeds;

/** What a NATS server must be told of an operator. */
export interface OperatorDocuments {
  operatorJwt: string;
  system: { id: string; jwt: string };
  account: { id: string; jwt: string };
}

const UNLIMITED = { subs: -1, data: -1, payload: -1, conn: -1, wildcards: true } as const;
const CLOSED = { leaf: 0, imports: 0, exports: 0, disallow_bearer: true } as const;
const JETSTREAM = {
  mem_storage: -1,
  disk_storage: -1,
  streams: -1,
  consumer: -1,
  mem_max_stream_bytes: -1,
  disk_max_stream_bytes: -1,
  max_ack_pending: -1,
} as const;

// Loaded where it is used: most programs need no NATS keys.
const load = () => import("@nats-io/jwt");

export async function makeSeed(kind: SeedKind): Promise<string> {
  const { createAccount, createOperator } = await load();
  return seedOf(kind.startsWith("operator") ? createOperator() : createAccount());
}

export async function describeOperator(seeds: OperatorSeeds): Promise<OperatorDocuments> {
  const { encodeAccount, encodeOperator } = await load();
  const system = await keyOf(seeds.system);
  const account = await keyOf(seeds.account);
  const operatorSigning = await keyOf(seeds.operatorSigning);
  const accountSigning = await keyOf(seeds.accountSigning);
  const signer = { signer: operatorSigning };
  const operatorJwt = await encodeOperator("aldis", await keyOf(seeds.operator), {
    signing_keys: [operatorSigning.getPublicKey()],
    system_account: system.getPublicKey(),
  });
  const systemLimits = { ...UNLIMITED, ...CLOSED };
  const systemJwt = await encodeAccount("SYS", system, { limits: systemLimits }, signer);
  const accountJwt = await encodeAccount(
    "ALDIS",
    account,
    {
      limits: { ...UNLIMITED, ...CLOSED, ...JETSTREAM },
      signing_keys: [accountSigning.getPublicKey()],
    },
    signer,
  );
  return {
    operatorJwt,
    system: { id: system.getPublicKey(), jwt: systemJwt },
    account: { id: account.getPublicKey(), jwt: accountJwt },
  };
}

/** Who may vouch for users of an account: itself, or a signing key of it. */
export interface UserIssuer {
  accountId: string;
  seed: string;
}

export interface NatsUser {
  name: string;
  /** The public key with which the user proves that it is the one. */
  publicKey: string;
  permissions: NatsPermissions;
  /** Seconds since 1970; without it the user does not expire. */
  expiresAtS?: number;
  limits?: { subs: number; payload: number };
}

/** The JWT that a NATS server asks of this user. */
export async function signNatsUser(issuer: UserIssuer, user: NatsUser): Promise<string> {
  const { encodeUser } = await load();
  const signer = await keyOf(issuer.seed);
  const isAccount = signer.getPublicKey() === issuer.accountId;
  const claims = {
    ...user.permissions,
    ...user.limits,
    // No leaf node, and nothing that speaks another protocol.
    allowed_connection_types: ["STANDARD" as const],
  };
  return encodeUser(user.name, user.publicKey, isAccount ? signer : issuer.accountId, claims, {
    ...(!isAccount && { signer }),
    ...(user.expiresAtS !== undefined && { exp: user.expiresAtS }),
  });
}

/** A `.creds` file: a new user's JWT and its seed. */
export async function makeCreds(
  issuer: UserIssuer,
  user: Omit<NatsUser, "publicKey">,
): Promise<string> {
  const { createUser, fmtCreds } = await load();
  const key = createUser();
  const jwt = await signNatsUser(issuer, { ...user, publicKey: key.getPublicKey() });
  return new TextDecoder().decode(fmtCreds(jwt, key));
}

export async function publicKeyOf(seed: string): Promise<string> {
  return (await keyOf(seed)).getPublicKey();
}

async function keyOf(seed: string): Promise<KeyPair> {
  const { fromSeed } = await load();
  return fromSeed(new TextEncoder().encode(seed.trim()));
}

function seedOf(key: KeyPair): string {
  return new TextDecoder().decode(key.getSeed());
}
