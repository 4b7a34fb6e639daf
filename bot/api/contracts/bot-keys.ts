import { z } from "zod";

const Kid = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

export const BotKeyList = z.object({
  number: z.int().describe("That of the key list: relays take only a higher one"),
  expiresAt: z.iso.datetime(),
  keys: z.array(
    z.object({
      kid: Kid.describe("The thumbprint of the key (RFC 7638)"),
      isOwn: z.boolean().describe("Whether the bot that answers signs with it"),
    }),
  ),
});

export const BotKey = z.object({ kid: Kid });

export const BotKeyDropped = z.object({
  changed: z.boolean(),
  number: z.int().describe("That of the list without the key"),
});
