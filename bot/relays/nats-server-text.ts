import type { OperatorDocuments } from "./nats-accounts.ts";

export interface NatsServerSettings {
  documents: OperatorDocuments;
  port: number;
  /** Where the server keeps the accounts' claims; removed relays are remembered there. */
  accountsDirectory: string;
  tls?: { certFile: string; keyFile: string };
}

/** The configuration of a stock nats-server. */
export function natsServerText(settings: NatsServerSettings): string {
  const { operatorJwt, system, account } = settings.documents;
  return `# Start it with: nats-server --config THIS_FILE
listen: "0.0.0.0:${settings.port}"
${tlsBlock(settings.tls)}
# Who vouches for accounts and their users.
operator: "${operatorJwt}"
system_account: "${system.id}"

# What a bot changes, as when it removes a relay, is kept here over restarts.
resolver: {
  type: full
  dir: ${JSON.stringify(settings.accountsDirectory)}
  allow_delete: true
  interval: "2m"
}
resolver_preload: {
  ${system.id}: "${system.jwt}"
  ${account.id}: "${account.jwt}"
}

# The account may use JetStream; take the comment away to switch it on.
# jetstream: { store_dir: "/var/lib/nats/jetstream" }
`;
}

function tlsBlock(tls: NatsServerSettings["tls"]): string {
  if (!tls) return "";
  return `
tls: {
  cert_file: ${JSON.stringify(tls.certFile)}
  key_file: ${JSON.stringify(tls.keyFile)}
  timeout: 5
}
`;
}
