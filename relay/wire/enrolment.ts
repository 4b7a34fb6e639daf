import { z } from "zod";
import { audienceOf, type Kind, openFromBot } from "./envelope.ts";
import { inboxOfToken, type JoinToken } from "./join-token.ts";
import { type KeyList, keysOf, verifyKeyList } from "./key-list.ts";
import { EnrolAnswer } from "./messages.ts";

/** What a newcomer is to keep, signed by a bot that is on the key list within. */
export const Enrolment = z.object({
  version: z.literal(1),
  iss: z.string(),
  aud: z.string(),
  iat: z.int(),
  exp: z.int(),
  relayId: z.uuid(),
  name: z.string(),
  tags: z.record(z.string(), z.string()),
  keyList: z.string(),
  natsJwt: z.string().optional(),
});
export type Enrolment = z.infer<typeof Enrolment>;

export const enrolment: Kind<Enrolment> = { typ: "aldis-enrolment", schema: Enrolment };

/** Whoever holds this token and this signing key, and nobody else. */
export function newcomerAudience(token: string, kid: string): string {
  return audienceOf(inboxOfToken(token), kid);
}

/** What a newcomer keeps of the answer. */
export type Gift = Pick<Enrolment, "relayId" | "name" | "tags" | "keyList" | "natsJwt">;

/** A refusal is nobody's word for sure, but final: with it, a person looks. */
export type OpenedAnswer =
  | { ok: true; gift: Gift }
  | { ok: false; reason: string; isFinal: boolean };

/** Opens the answer to the holder of a token and of the key of this name. */
export async function openEnrolAnswer(
  token: JoinToken,
  kid: string,
  reply: Uint8Array,
): Promise<OpenedAnswer> {
  const answer = readAnswer(reply);
  if (!answer) return unbelieved("the bot's answer cannot be read: is it another version?");
  if (!answer.ok) return { ...unbelieved(answer.reason), isFinal: true };
  const check = await verifyKeyList(answer.keyList, token.authority);
  if (!check.ok) return unbelieved(`the bot's key list cannot be trusted: ${check.reason}`);
  // A bot of the version before neither names a number nor signs.
  if (token.keyListNumber === undefined) return { ok: true, gift: answer };
  if (check.list.number < token.keyListNumber) {
    return unbelieved("the bot's key list is older than the join token");
  }
  return openSigned(token, kid, check.list, answer);
}

async function openSigned(
  { token }: JoinToken,
  kid: string,
  list: KeyList,
  { keyList, signed }: { keyList: string; signed?: string | undefined },
): Promise<OpenedAnswer> {
  const nowMs = Date.now();
  const expected = { keys: keysOf(list, nowMs), aud: newcomerAudience(token, kid), nowMs };
  const opened = await openFromBot(enrolment, Buffer.from(signed ?? "", "latin1"), expected);
  if (!opened.ok) return unbelieved(`no bot on the key list has signed it (${opened.failure})`);
  if (opened.message.keyList !== keyList) return unbelieved("another key list was signed");
  return { ok: true, gift: opened.message };
}

function readAnswer(reply: Uint8Array): EnrolAnswer | undefined {
  try {
    return EnrolAnswer.safeParse(JSON.parse(Buffer.from(reply).toString("utf8"))).data;
  } catch {
    return undefined;
  }
}

function unbelieved(reason: string): { ok: false; reason: string; isFinal: boolean } {
  return { ok: false, reason, isFinal: false };
}
