import { z } from "zod";
import { parseBytes, parseDurationMs } from "./units.ts";

/** "10s" or "1h30m", as milliseconds. */
export function durationMs() {
  return z
    .string("expected a duration such as 10s, 5m or 1h30m")
    .transform((text, context) =>
      converted(parseDurationMs(text), context, "expected a duration such as 10s, 5m or 1h30m"),
    );
}

/** "64M", "1Gi" or a plain number, as bytes. */
export function sizeBytes() {
  return z
    .union([z.string(), z.int()], "expected a size such as 64M or 1Gi")
    .transform((text, context) =>
      converted(parseBytes(String(text)), context, "expected a size such as 64M or 1Gi"),
    );
}

export interface Address {
  host: string;
  port: number;
}

const ADDRESS = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/;

/** "127.0.0.1:4000" or "[::1]:4000"; port 0 means any free one. */
export function address() {
  const advice = "expected an address such as 127.0.0.1:4000";
  return z.string(advice).transform((text, context): Address => {
    const [, v6, name, port] = ADDRESS.exec(text) ?? [];
    const host = v6 ?? name;
    if (host !== undefined && Number(port) <= 65_535) return { host, port: Number(port) };
    return converted<Address>(undefined, context, advice);
  });
}

/** A URL of one of these schemes, such as `["nats", "tls"]`; kept as text. */
export function urlOf(schemes: readonly string[]) {
  const advice = `expected a URL such as ${schemes[0]}://host`;
  return z.string(advice).refine((text) => {
    const parsed = URL.parse(text);
    return parsed !== null && schemes.includes(parsed.protocol.slice(0, -1));
  }, advice);
}

/** Text that is not empty. */
export function text() {
  return z.string().min(1, "must not be empty");
}

/** A list in the file, words between commas in a variable. */
export function listOf<Item extends z.ZodType>(item: Item) {
  const split = (value: unknown) =>
    typeof value === "string"
      ? value
          .split(",")
          .map((part) => part.trim())
          .filter(Boolean)
      : value;
  return z.preprocess(split, z.array(item));
}

function converted<T>(
  value: T | undefined,
  context: { addIssue(issue: { code: "custom"; message: string }): void },
  advice: string,
): T {
  if (value !== undefined) return value;
  context.addIssue({ code: "custom", message: advice });
  return z.NEVER;
}
