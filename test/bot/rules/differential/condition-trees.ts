import fc from "fast-check";

/** Comparisons, and what "and", "or" and "not" make of them. */
export function conditionsOf(comparisons: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.letrec<{ condition: string }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { weight: 7, arbitrary: comparisons },
      { weight: 2, arbitrary: joined(tie("condition"), "and") },
      { weight: 2, arbitrary: joined(tie("condition"), "or") },
      { weight: 2, arbitrary: tie("condition").map((inner) => `not (${inner})`) },
    ),
  })).condition;
}

function joined(part: fc.Arbitrary<string>, word: "and" | "or"): fc.Arbitrary<string> {
  return fc.tuple(part, part).map(([left, right]) => `(${left}) ${word} (${right})`);
}

const requirements = fc.constantFrom(
  "web:a",
  "web:b",
  "web:a and web:b",
  "web:a or web:b",
  "(web:a or site:c) and web:b",
  "any in [web:a, site:c]",
  "all in [web:a, web:b]",
);

const effects = fc.oneof(
  { weight: 5, arbitrary: fc.constant("allow") },
  { weight: 2, arbitrary: fc.constant("forbid") },
  { weight: 4, arbitrary: requirements.map((requirement) => `must have ${requirement}`) },
);

/** Rules of `web:deploy`, and now and then of another command, under these conditions. */
export function rulesOf(conditions: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const commands = fc.oneof(
    { weight: 15, arbitrary: fc.constant("web:deploy") },
    { weight: 1, arbitrary: fc.constant("web:other") },
  );
  return fc
    .tuple(commands, fc.option(conditions, { freq: 10 }), effects)
    .map(([command, condition, effect]) =>
      condition === null ? `${command} ${effect}` : `${command} with ${condition} ${effect}`,
    );
}
