import { createHmac, timingSafeEqual } from "node:crypto";
import { type PublicJwk, thumbprint } from "../../relay/wire/keys.ts";

/** What of a relay's row decides whom it is believed to be, and what it is offered. */
export interface Vouched {
  workspaceId: string;
  id: string;
  tags: Readonly<Record<string, string>>;
  signingKey: PublicJwk;
  sealingKey: PublicJwk;
  previousSigningKey: PublicJwk | null;
  previousSigningKeyUntil: Date | null;
  keysChangedAt: Date | null;
}

/** By a key that is not in the database: who writes a relay's row there does not make a relay. */
export function macOfRelay(key: Buffer, relay: Vouched): Buffer {
  const { previousSigningKey: previous } = relay;
  return macOf(key, "relay", [
    relay.workspaceId,
    relay.id,
    inOrder(relay.tags),
    thumbprint(relay.signingKey),
    thumbprint(relay.sealingKey),
    previous && thumbprint(previous),
    relay.previousSigningKeyUntil?.toISOString() ?? null,
    relay.keysChangedAt?.toISOString() ?? null,
  ]);
}

export function isVouchedFor(key: Buffer, relay: Vouched & { mac: Buffer | null }): boolean {
  return isSame(relay.mac, macOfRelay(key, relay));
}

/** What a join token promises to whoever brings it. */
export interface Invitation {
  workspaceId: string;
  hash: Buffer;
  name: string;
  tags: Readonly<Record<string, string>>;
  expiresAt: Date;
}

/** The same for an invitation: who writes one into the database has not been invited. */
export function macOfInvitation(key: Buffer, invitation: Invitation): Buffer {
  const { workspaceId, hash, name, tags, expiresAt } = invitation;
  const fields = [workspaceId, hash.toString("hex"), name, inOrder(tags), expiresAt.toISOString()];
  return macOf(key, "invitation", fields);
}

export function isInvited(key: Buffer, invitation: Invitation & { mac: Buffer | null }): boolean {
  return isSame(invitation.mac, macOfInvitation(key, invitation));
}

function macOf(key: Buffer, kind: string, fields: readonly unknown[]): Buffer {
  return createHmac("sha256", key).update(`${kind}\0`).update(JSON.stringify(fields)).digest();
}

function isSame(mac: Buffer | null, expected: Buffer): boolean {
  return mac?.length === expected.length && timingSafeEqual(mac, expected);
}

/** The database keeps no order of a document's keys. */
function inOrder(tags: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(tags).sort(([first], [second]) => (first < second ? -1 : 1));
}
