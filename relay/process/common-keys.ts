import { z } from "zod";
import { defineKeys } from "./config-keys.ts";
import { text, urlOf } from "./config-types.ts";
import { LOG_LEVELS } from "./logger.ts";

/** Settings that bot and relay have in common. */
export const COMMON_KEYS = defineKeys([
  {
    path: "data_dir",
    schema: text().optional(),
    description:
      "Where keys, journal and, in simple mode, the database are kept; by default /var/lib/aldis for root, else ~/.local/share/aldis",
    example: "/var/lib/aldis",
  },
  {
    path: "log.level",
    schema: z.enum(LOG_LEVELS),
    default: "info",
    description: "How much is logged",
  },
  {
    path: "nats.url",
    schema: urlOf(["nats", "tls"]).optional(),
    secret: true,
    description:
      "The NATS server between bots and relays; a relay needs it only where its join token names none",
    example: "nats://nats.example.com:4222",
  },
  {
    path: "nats.creds_file",
    schema: text().optional(),
    description:
      "Credentials (.creds) for the NATS server; a relay needs none that has joined with a token that brought its own",
    example: "/etc/aldis/nats/bot.creds",
  },
  {
    path: "nats.ca_file",
    schema: text().optional(),
    description:
      "Certificates (PEM) that vouch for the NATS server; a bot hands them on in join tokens",
    example: "/etc/aldis/nats/tls/ca.pem",
  },
  {
    path: "nats.account_key_file",
    schema: text().optional(),
    description:
      "Bot only: seed of the NATS account's signing key, with which it signs relays' NATS users; see aldis nats config",
    example: "/etc/aldis/nats/account-signing.seed",
  },
  {
    path: "nats.system_creds_file",
    schema: text().optional(),
    description:
      "Bot only: credentials of a NATS system user, to cut off a removed relay at once; with nats.operator_key_file",
    example: "/etc/aldis/nats/system.creds",
  },
  {
    path: "nats.operator_key_file",
    schema: text().optional(),
    description: "Bot only: seed of the NATS operator's signing key; with nats.system_creds_file",
    example: "/etc/aldis/nats/operator-signing.seed",
  },
]);
