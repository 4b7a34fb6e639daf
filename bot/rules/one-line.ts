const BREAK = /[\n\v\f\r\u0085\u2028\u2029]/g;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
]);

/** A message that quotes what somebody wrote, with whatever would break the line shown as an escape. */
export function oneLine(message: string): string {
  return message.replace(BREAK, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(4, "0");
    return ESCAPES.get(character) ?? `\\u${code}`;
  });
}
