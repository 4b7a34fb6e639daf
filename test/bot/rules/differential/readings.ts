import type { Facts } from "../../../../bot/rules/facts.ts";
import type { Comparison, Term } from "../../../../bot/rules/syntax.ts";
import { NOTHING_ELSE, textsFor } from "./domain.ts";
import type { Reading } from "./reading-items.ts";

/** Something that is not known, and all that it may turn out to be. */
type Unknown = readonly ((reading: Reading) => Reading)[];

/** Prime, and so no multiple of how many ways there are for anything. */
const STRIDE = 7919;

/**
 * Every way in which what is unknown may turn out, as far as these comparisons can tell the
 * difference: each text of a small domain, two of them for an option, absent where that may be, and
 * more arguments where their number is open.
 */
export class Readings {
  readonly count: number;
  readonly #known: Reading;
  readonly #unknowns: readonly Unknown[];

  constructor(comparisons: readonly Comparison[], facts: Facts) {
    const terms = comparisons.flatMap(({ left, right }) => [left, right]);
    this.#known = knownPart(facts);
    const texts = textsFor(comparisons, this.#known);
    this.#unknowns = [
      ...unknownOptions(terms, facts, texts),
      ...unknownArguments(terms, facts, texts),
      ...unknownTags(terms, facts, texts),
    ];
    this.count = this.#unknowns.reduce((count, ways) => count * ways.length, 1);
  }

  /** All of them; of more than `most`, as many as that from all over. */
  *upTo(most: number): Generator<Reading> {
    for (let number = 0; number < Math.min(most, this.count); number++) {
      yield this.#at(this.count > most ? (number * STRIDE) % this.count : number);
    }
  }

  #at(number: number): Reading {
    let rest = number;
    return this.#unknowns.reduce((reading, ways) => {
      const way = ways[rest % ways.length];
      rest = Math.floor(rest / ways.length);
      return way?.(reading) ?? reading;
    }, this.#known);
  }
}

function knownPart(facts: Facts): Reading {
  const options = Object.entries(facts.options ?? {}).flatMap(([name, values]) =>
    values ? [[name, values] as const] : [],
  );
  const words = facts.arguments?.map((word) => word ?? NOTHING_ELSE) ?? [];
  const relayTags = facts.relayTags ?? {};
  return { ...facts, options: Object.fromEntries(options), arguments: words, relayTags };
}

const ONE_MORE = "one-more";

function unknownOptions(
  terms: readonly Term[],
  { options }: Facts,
  texts: readonly string[],
): Unknown[] {
  const asksForAll = terms.some(({ kind }) => kind === "options");
  const named = terms.flatMap((term) => (term.kind === "option" ? [term.name] : []));
  const known = Object.entries(options ?? {});
  const unknown = known.flatMap(([name, values]) => (values === null ? [name] : []));
  const asked = asksForAll ? [...named, ONE_MORE] : named;
  const names = options ? unknown.filter((name) => asksForAll || named.includes(name)) : asked;
  const withOption = (name: string, values: readonly string[]) => (reading: Reading) => ({
    ...reading,
    options: { ...reading.options, [name]: values },
  });
  return [...new Set(names)].map((name) => [
    (reading) => reading,
    ...texts.map((text) => withOption(name, [text])),
    withOption(name, [...texts.slice(0, 1), NOTHING_ELSE]),
  ]);
}

/** The last ones that are not known may turn out not to be there. */
function unknownArguments(
  terms: readonly Term[],
  { arguments: words }: Facts,
  texts: readonly string[],
): Unknown[] {
  const asksForAll = terms.some(({ kind }) => kind === "arguments");
  const asked = terms.flatMap((term) => (term.kind === "argument" ? [term.index] : []));
  const matters = (index: number) => asksForAll || asked.includes(index);
  const length = words?.length ?? Math.max(-1, ...asked, asksForAll ? 1 : -1) + 1;
  const slots = Array.from({ length }, (_, index) => {
    const word = words?.[index] ?? null;
    return word === null ? (matters(index) ? texts : [NOTHING_ELSE]) : [word];
  });
  const lastKnown = words?.findLastIndex((word) => word !== null) ?? -1;
  const lists = productsOf(slots).flatMap((list) =>
    Array.from({ length: length - lastKnown }, (_, cut) => list.slice(0, length - cut)),
  );
  const distinct = new Map(lists.map((list) => [JSON.stringify(list), list]));
  return [[...distinct.values()].map((list) => (reading) => ({ ...reading, arguments: list }))];
}

function productsOf(slots: readonly (readonly string[])[]): string[][] {
  return slots.reduce<string[][]>(
    (lists, slot) => lists.flatMap((list) => slot.map((text) => [...list, text])),
    [[]],
  );
}

function unknownTags(
  terms: readonly Term[],
  { relayTags }: Facts,
  texts: readonly string[],
): Unknown[] {
  if (relayTags) return [];
  const names = terms.flatMap((term) => (term.kind === "relay-tag" ? [term.name] : []));
  return [...new Set(names)].map((name) => [
    (reading) => reading,
    ...texts.map((text) => (reading: Reading) => ({
      ...reading,
      relayTags: { ...reading.relayTags, [name]: text },
    })),
  ]);
}
