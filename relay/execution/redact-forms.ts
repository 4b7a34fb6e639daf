/** Shorter values are not redacted: they would be found wherever somebody writes a word. */
export const SHORTEST_BYTES = 6;

/**
 * All byte strings that must not be printed, for these values: each as it is, URL-encoded, and in
 * base64, standard and URL alphabet, wherever in the encoded bytes the value may stand.
 */
export function formsOf(values: readonly string[]): Buffer[] {
  const forms = new Set<string>();
  for (const value of values) {
    const bytes = Buffer.from(value);
    if (bytes.length < SHORTEST_BYTES) continue;
    forms.add(bytes.toString("latin1"));
    for (const form of [...urlForms(value), ...base64Forms(bytes)]) forms.add(form);
  }
  return [...forms].map((form) => Buffer.from(form, "latin1"));
}

/** As browsers, forms and the strict reading of the standard write it; hex digits in both cases. */
function urlForms(value: string): string[] {
  const whole = value.toWellFormed();
  const component = encodeURIComponent(whole);
  const strict = component.replace(/[!'()*]/g, (letter) => `%${hexOf(letter)}`);
  const form = new URLSearchParams([["", whole]]).toString().slice(1);
  return [component, strict, form].flatMap((text) => [text, withLowerCaseHex(text)]);
}

function hexOf(letter: string): string {
  return letter.charCodeAt(0).toString(16).toUpperCase();
}

function withLowerCaseHex(text: string): string {
  return text.replace(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase());
}

function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2]
    .flatMap((before) => base64At(bytes, before))
    .flatMap((text) => [text, text.replaceAll("+", "-").replaceAll("/", "_")]);
}

/**
 * With so many bytes before it: the letters that depend on nothing but the value; and where the
 * value is the end, also with the last letter and the padding.
 */
function base64At(bytes: Buffer, before: number): string[] {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
  const first = Math.ceil((before * 8) / 6);
  const bits = (before + bytes.length) * 8;
  const letters = [Math.floor(bits / 6), Math.ceil(bits / 6), text.length];
  return letters.map((end) => text.slice(first, end));
}
