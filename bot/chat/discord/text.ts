import { withoutControls } from "../../replies/plain-text.ts";

/** The longest message that Discord takes. */
export const MOST_CHARACTERS = 2000;

const ZERO_WIDTH = "\u200b";
const FENCE = "```";
/** Two fences, each with its line end. */
const FENCES = 2 * (FENCE.length + 1);

/**
 * Text that Discord shows as it stands: a backslash takes its meaning from every sign that could
 * start a mention, a link, a heading or any other markup.
 */
export function escaped(text: string): string {
  return withoutControls(text)
    .toWellFormed()
    .replace(/[!-/:-@[-`{-~]/g, "\\$&");
}

/**
 * Text in a code block that it cannot end: a zero-width space parts the backticks in it. What is
 * too long loses its beginning.
 */
export function codeBlock(text: string, most = MOST_CHARACTERS): string {
  const body = endOf(withoutFences(text), most - FENCES);
  return fenced(body);
}

function fenced(body: string): string {
  return `${FENCE}\n${body.trim() === "" ? ZERO_WIDTH : body}\n${FENCE}`;
}

function withoutFences(text: string): string {
  return withoutControls(text)
    .toWellFormed()
    .replace(/`(?=`)/g, `\`${ZERO_WIDTH}`);
}

function endOf(text: string, most: number): string {
  return text.length <= most ? text : text.slice(-most).replace(/^[\udc00-\udfff]/, "");
}

/** Text in as many code blocks as it needs. */
export function codeBlocks(text: string, most = MOST_CHARACTERS): string[] {
  return splitText(withoutFences(text), most - FENCES).map(fenced);
}

/** Parts of at most so many characters, cut at line ends and spaces where that is possible. */
export function splitText(text: string, most = MOST_CHARACTERS): string[] {
  const parts: string[] = [];
  let rest = text;
  while (rest.length > most) {
    const at = cutBefore(rest, most);
    parts.push(rest.slice(0, at));
    rest = rest.slice(at).replace(/^\n/, "");
  }
  return [...parts, rest];
}

/** Neither a character nor an escape is cut in two. */
function cutBefore(text: string, most: number): number {
  const line = text.lastIndexOf("\n", most);
  if (line > most / 2) return line;
  const space = text.lastIndexOf(" ", most - 1) + 1;
  if (space > most / 2) return space;
  let at = /[\ud800-\udbff]/.test(text.charAt(most - 1)) ? most - 1 : most;
  const [slashes] = /\\*$/.exec(text.slice(0, at)) ?? [""];
  if (slashes.length % 2 === 1) at--;
  return Math.max(1, at);
}
