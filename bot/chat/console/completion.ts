import { atMost } from "../../../relay/process/at-most.ts";

/** Nothing can be typed while names are asked for. */
const NAMES_WITHIN_MS = 2_000;

/** What the Tab key makes of the words typed so far, in the form that `node:readline` wants. */
export async function completeWith(
  names: () => Promise<readonly string[]>,
  typed: string,
): Promise<[string[], string]> {
  let known: readonly string[] = [];
  const asked = names().then((found) => {
    known = found;
  });
  await atMost(NAMES_WITHIN_MS, [asked]);
  return [completionsOf(typed, known), typed];
}

/** Only the name of a command is completed; it may be typed without its prefix. */
export function completionsOf(typed: string, names: readonly string[]): string[] {
  const forms = isBare(typed) ? names.map(withoutPrefix) : names;
  const found = [...new Set(forms)].filter((name) => name.startsWith(typed)).sort();
  return found.length === 1 ? found.map((name) => `${name} `) : found;
}

function isBare(typed: string): boolean {
  return /^[a-z]/.test(typed);
}

function withoutPrefix(name: string): string {
  return name.replace(/^[^a-z]+/, "");
}
