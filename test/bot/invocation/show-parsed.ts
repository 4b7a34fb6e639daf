import type { ParsedWords } from "../../../bot/invocation/parsed-words.ts";

/** Options, then `|` and the arguments. */
export function showParsed(parsed: ParsedWords): string {
  return [...showOptions(parsed), showArguments(parsed)].join(" ");
}

/** Each as `name=value`, or as `name?` where it is unknown. */
export function showOptions({ options }: ParsedWords): string[] {
  return Object.entries(options).map(([name, values]) => {
    return values ? `${name}=${values.join("+")}` : `${name}?`;
  });
}

/** After a `|`; unknown ones as `?`. */
export function showArguments({ arguments: words }: ParsedWords): string {
  return ["|", ...(words ?? ["…"]).map((word) => word ?? "?")].join(" ");
}
