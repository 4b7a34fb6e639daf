import { z } from "zod";

const Line = z
  .looseObject({
    level: z.string(),
    time: z.string(),
    msg: z.string().default(""),
    err: z.looseObject({ message: z.string() }).optional(),
  })
  .catch({ level: "info", time: "", msg: "" });

/** Turns one JSON log line into one line for people: time, level, message, facts. */
export function prettyLine(json: string): string {
  const { level, time, msg, err, ...facts } = Line.parse(parseJson(json));
  const words = [time.slice(11, 19), level.toUpperCase().padEnd(5), msg];
  if (err) words.push(`(${err.message})`);
  for (const [name, value] of Object.entries(facts)) words.push(`${name}=${show(value)}`);
  return `${words.join(" ")}\n`;
}

function show(value: unknown): string {
  if (typeof value === "string" && /^[^\s"=]+$/.test(value)) return value;
  return JSON.stringify(value) ?? "";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { level: "info", time: "", msg: text.trimEnd() };
  }
}
