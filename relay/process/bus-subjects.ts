/** Tokens without white space, which could otherwise smuggle commands into the NATS protocol. */
const SUBJECT = /^[^\s.*>]+(\.[^\s.*>]+)*$/;
const PATTERN = /^([^\s.*>]+|\*|>$)(\.([^\s.*>]+|\*|>$))*$/;

/** For publishing: no wildcards. */
export function checkSubject(subject: string): void {
  if (!SUBJECT.test(subject)) throw new TypeError(`bad subject ${JSON.stringify(subject)}`);
}

/** For subscribing: `*` stands for one token, a final `>` for one or more. */
export function checkPattern(pattern: string): void {
  if (!PATTERN.test(pattern)) throw new TypeError(`bad subject ${JSON.stringify(pattern)}`);
}

export function subjectMatches(pattern: readonly string[], subject: readonly string[]): boolean {
  for (const [index, token] of pattern.entries()) {
    if (token === ">") return subject.length > index;
    if (index >= subject.length) return false;
    if (token !== "*" && token !== subject[index]) return false;
  }
  return pattern.length === subject.length;
}
