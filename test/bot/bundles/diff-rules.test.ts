import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "vitest";
import type { Bundle } from "../../../bot/bundles/bundle.ts";
import { diffBundles } from "../../../bot/bundles/diff.ts";
import { loadBundle } from "../../../bot/bundles/load.ts";
import { decide } from "../../../bot/rules/decide.ts";
import { rules } from "../rules/rule-arbitraries.ts";
import { factsWith } from "../rules/rule-facts.ts";

test("another rule is a change", () => {
  fc.assert(
    fc.property(rules, rules, (before, after) => {
      const [one, other] = [before, after].map((rule) => ruled([rule]));
      if (!one || !other) return;
      const isSame = JSON.stringify(meaning(one)) === JSON.stringify(meaning(other));

      assert.equal(
        diffBundles(one, other).some(({ section }) => section === "rules"),
        !isSame,
      );
    }),
  );
});

test("what is marked easier denies nobody, what is marked stricter allows nobody", () => {
  const marks = { easier: 0, stricter: 0 };
  const cases = fc.record({
    common: fc.array(fc.oneof(rules, fc.constant("allow")), { maxLength: 3 }),
    one: rules,
    isAdded: fc.boolean(),
    typed: fc.array(fc.constantFrom("x", "5", "true", null), { maxLength: 2 }),
    permissions: fc.subarray(["web:a", "web:b"]),
  });
  fc.assert(
    fc.property(cases, ({ common, one, isAdded, typed, permissions }) => {
      const [less, more] = [ruled(common), ruled([...common, one])];
      if (!less || !more) return;
      const [before, after] = isAdded ? [less, more] : [more, less];
      const { effect } = diffBundles(before, after).find((each) => each.section === "rules") ?? {};
      if (!effect) return;
      marks[effect]++;
      const facts = factsWith({ arguments: typed, permissions: new Set(permissions) });
      const [was, is] = [before, after].map(
        (bundle) => decide(bundle.commands.deploy?.rules ?? [], facts).allowed,
      );

      assert.ok(effect === "easier" ? is || !was : was || !is);
    }),
    { numRuns: 600 },
  );

  assert.ok(marks.easier > 50 && marks.stricter > 50, JSON.stringify(marks));
});

test.each([
  ["allow", "added", "easier"],
  ["forbid", "added", "stricter"],
  ["must have web:deploy", "added", undefined],
])("%s %s is %s", (rule, kind, effect) => {
  const [before, after] = [
    ruled(["with arg[0] == 'x' allow"]),
    ruled(["with arg[0] == 'x' allow", rule]),
  ];
  assert.ok(before && after);

  const there = diffBundles(before, after).find(({ section }) => section === "rules");
  const back = diffBundles(after, before).find(({ section }) => section === "rules");

  assert.deepEqual([there?.kind, there?.effect], [kind, effect]);
  const opposite = { easier: "stricter", stricter: "easier" } as const;
  assert.equal(
    back?.effect,
    effect === "easier" || effect === "stricter" ? opposite[effect] : undefined,
  );
});

/** A bundle with these rules, if they make sense there. */
function ruled(texts: readonly string[]): Bundle | undefined {
  const file = {
    aldis_bundle_version: 1,
    name: "web",
    version: "1.0.0",
    image: "web:1",
    permissions: ["a", "b", "deploy"],
    commands: { deploy: { executable: ["x"], rules: texts } },
  };
  const loaded = loadBundle(JSON.stringify(file), "web.yaml");
  return loaded.ok ? loaded.bundle : undefined;
}

/** Rules without where their parts stand. */
function meaning(bundle: Bundle): unknown {
  const skipped = new Set(["at", "text", "isIn"]);
  return JSON.parse(
    JSON.stringify(
      bundle.commands.deploy?.rules.map(({ condition, effect }) => [condition, effect]),
      (key, value) => (skipped.has(key) && typeof value !== "string" ? undefined : value),
    ),
  );
}
