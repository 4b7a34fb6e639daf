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
]);
