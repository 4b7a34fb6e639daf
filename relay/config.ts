import { availableParallelism } from "node:os";
import { z } from "zod";
import { COMMON_KEYS } from "./process/common-keys.ts";
import { type ConfigValues, defineKeys } from "./process/config-keys.ts";
import { address, durationMs, listOf, sizeBytes, text } from "./process/config-types.ts";
import { ISOLATIONS } from "./runtime/native/isolation.ts";

/** What only a relay has. */
export const RELAY_OWN_KEYS = defineKeys([
  {
    path: "relay.native",
    schema: listOf(text()),
    default: [],
    description:
      "Bundles whose native commands this relay runs without a container; none unless named",
    example: "[demo]",
  },
  {
    path: "relay.native_isolation",
    schema: z.enum(["auto", ...ISOLATIONS]),
    default: "auto",
    description:
      "What keeps native commands apart: a PID namespace each, bubblewrap's read-only root, or nothing; auto is pid-namespace where the host has it, else none, with a warning",
  },
  {
    path: "relay.policy_file",
    schema: text().optional(),
    description:
      "The owner's policy: networks, mounts, users and images that containers may have, and the most that they get; without it no network, no mount, and only the user 65534:65534",
    example: "/etc/aldis/relay-policy.yaml",
  },
  {
    path: "relay.registry_credentials_file",
    schema: text().optional(),
    description:
      "Credentials for image registries, as docker login writes them (config.json); only this relay's engine is shown them",
    example: "/etc/aldis/registry.json",
  },
  {
    path: "relay.image_keep",
    schema: durationMs(),
    default: "14d",
    description:
      "For how long an image that this relay has pulled is kept while nothing uses it; what others have put there is never removed",
  },
  {
    path: "relay.min_free_disk",
    schema: sizeBytes(),
    default: "2Gi",
    description: "With less than this free on the container engine's disk, no image is pulled",
  },
  {
    path: "relay.capacity",
    schema: z.int().positive(),
    default: availableParallelism() * 4,
    description: "How many executions it runs at once; by default four for each processor",
  },
  {
    path: "relay.spool_limit",
    schema: sizeBytes().refine((bytes) => bytes >= 2 ** 20, "expected at least 1Mi"),
    default: "1Gi",
    description:
      "How much output that no bot has confirmed may lie on this host's disk; commands wait for room",
  },
  {
    path: "relay.redact",
    schema: listOf(text().regex(/^(file|env):./, "expected file:PATH or env:NAME")),
    default: [],
    description:
      "Files and variables of this host whose values never leave it: output shows ••• instead; its own NATS credentials always are",
    example: "[file:/etc/aldis/deploy.key, env:DEPLOY_TOKEN]",
  },
  {
    path: "relay.heartbeat",
    schema: durationMs(),
    default: "5s",
    description: "How often it says that it lives",
  },
  {
    path: "relay.health_address",
    schema: address().optional(),
    description:
      "Where it serves /livez, /readyz and /metrics; it listens on nothing unless this is set",
    example: "127.0.0.1:4001",
  },
  {
    path: "relay.claim_timeout",
    schema: durationMs(),
    default: "2s",
    description: "How long it waits for the answer to a claim before it asks again",
  },
  {
    path: "relay.permit_lifetime",
    schema: durationMs(),
    default: "10s",
    description: "How long after the question a permit may still be used",
  },
  {
    path: "relay.confirm_timeout",
    schema: durationMs(),
    default: "5s",
    description: "How long it waits for a receipt before it sends output or a result again",
  },
  {
    path: "relay.retry_min",
    schema: durationMs(),
    default: "100ms",
    description: "First pause before a bot is asked again; each further one is twice as long",
  },
  {
    path: "relay.retry_max",
    schema: durationMs(),
    default: "5s",
    description: "Longest pause before a bot is asked again",
  },
  {
    path: "relay.presence_spacing",
    schema: durationMs(),
    default: "100ms",
    description: "Changes of load that follow each other faster than this are announced together",
  },
  {
    path: "relay.kill_grace",
    schema: durationMs(),
    default: "2s",
    description: "How long a command has between SIGTERM and SIGKILL",
  },
  {
    path: "relay.stop_deadline",
    schema: durationMs(),
    default: "30s",
    description: "How long it lets running executions finish when it stops",
  },
  {
    path: "relay.settle_deadline",
    schema: durationMs(),
    default: "5s",
    description: "How long it then waits for receipts; what has none is sent again at next start",
  },
]);

/** Every setting of a relay. `docs/configuration.md` is made from this table. */
export const RELAY_KEYS = [...COMMON_KEYS, ...RELAY_OWN_KEYS] as const;

export type RelayConfig = ConfigValues<typeof RELAY_KEYS>;

/** Top-level names of the file that are the bot's: one file may serve both programs. */
export const BOT_SECTIONS: readonly string[] = [
  "api",
  "audit",
  "authority_key_file",
  "database",
  "discord",
  "dispatch",
  "master_key_file",
  "signing_key_file",
  "slack",
  "stop_deadline",
];
