import fc from "fast-check";

/** What somebody may type for an option or an argument. */
export const typedTexts = fc.constantFrom(
  "x",
  "y",
  "true",
  "false",
  "5",
  "-1",
  "5.0",
  "007",
  "",
  "prod",
);

const literals = fc.oneof(
  fc.constantFrom("'x'", '"y"', "5", "-1", "5.0", "true", "false", "/x/", "/^[0-9]+$/", "'prod'"),
  fc.string({ maxLength: 5 }).map((text) => `"${text.replace(/["\\]/g, "\\$&")}"`),
);
const lists = fc.array(fc.oneof(literals, fc.constantFrom("x", "prod")), { maxLength: 3 });
const list = lists.map((items) => `[${items.join(", ")}]`);
const places = fc.constantFrom(
  "arg[0]",
  "arg[1]",
  "args[2]",
  "option[a]",
  'option["b"]',
  "options[list]",
  "user",
  "channel",
  "relay.tag[k]",
);
/** The clock is rare: to look at it takes longer than all the rest. */
const scalars = fc.oneof(
  { weight: 25, arbitrary: places },
  { weight: 1, arbitrary: fc.constantFrom("hour", "weekday") },
);
const collections = fc.constantFrom("arg", "option", "group", "role", "option[list]");
const signs = fc.constantFrom("==", "!=", "<", "<=", ">", ">=");
const memberships = fc.constantFrom("in", "not in");
const quantifiers = fc.constantFrom("", "any ", "all ");

const comparisons = fc.oneof(
  fc.tuple(scalars, signs, fc.oneof(literals, scalars)).map((parts) => parts.join(" ")),
  fc
    .tuple(quantifiers, collections, signs, literals)
    .map(([each, ...rest]) => each + rest.join(" ")),
  fc.tuple(scalars, memberships, fc.oneof(list, collections)).map((parts) => parts.join(" ")),
  fc
    .tuple(quantifiers, collections, memberships, list)
    .map(([each, ...rest]) => each + rest.join(" ")),
);

const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    comparisons,
    fc
      .tuple(tie("condition"), fc.constantFrom("and", "or"), tie("condition"))
      .map((parts) => parts.join(" ")),
    tie("condition").map((inner) => `not (${inner})`),
    tie("condition").map((inner) => `(${inner})`),
  ),
}));

const requirements = fc.constantFrom(
  "web:a",
  "web:b",
  "web:a and web:b",
  "web:a or web:b",
  "(web:a or web:b) and web:a",
  "any in [web:a, web:b]",
  "all in [web:a, web:b]",
);
const effects = fc.oneof(
  { weight: 3, arbitrary: fc.constant("allow") },
  { weight: 1, arbitrary: fc.constantFrom("forbid", 'forbid because "no\\n"') },
  { weight: 2, arbitrary: requirements.map((requirement) => `must have ${requirement}`) },
);

/** Rules of `web:deploy` over arguments, the options a, b and list, and whatever else there is. */
export const rules = fc
  .tuple(fc.option(condition, { freq: 8 }), effects)
  .map(([test, effect]) => (test === null ? effect : `with ${test} ${effect}`));
