/** Whole numbers, both ends included. */
interface Range {
  from: number;
  to: number;
}

/** Users that a container may run as: `1000:1000` or `2000-2999:100`. */
export interface UserRange {
  uids: Range;
  gids: Range;
}

export interface User {
  uid: number;
  gid: number;
}

/** The last one that every engine takes. */
const GREATEST = 2 ** 31 - 1;

/** Undefined when it is not written as `uid:gid`, each a number or two with a dash between. */
export function parseUserRange(text: string): UserRange | undefined {
  const [uids, gids, ...rest] = text.split(":").map(parseRange);
  return uids && gids && rest.length === 0 ? { uids, gids } : undefined;
}

/** Undefined for names, which only an image could tell the meaning of. */
export function parseUser(text: string): User | undefined {
  const range = text.includes("-") ? undefined : parseUserRange(text);
  return range && { uid: range.uids.from, gid: range.gids.from };
}

export function isAmong(ranges: readonly UserRange[], { uid, gid }: User): boolean {
  return ranges.some(({ uids, gids }) => isWithin(uids, uid) && isWithin(gids, gid));
}

function parseRange(text: string): Range | undefined {
  const [, first, last = first] = /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  return from <= to && to <= GREATEST ? { from, to } : undefined;
}

function isWithin({ from, to }: Range, number: number): boolean {
  return from <= number && number <= to;
}
