import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "vitest";
import { packageRoot } from "../../relay/process/package-root.ts";
import { proseOf, readPages } from "./markdown.ts";

const pages = readPages();

describe.each(pages)("$path", (page) => {
  const prose = proseOf(page).replaceAll(/`[^`\n]*`/g, "");
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? "");
  const relative = links.filter((link) => !/^[a-z]+:/.test(link));

  test("every relative link leads somewhere", () => {
    const broken = relative.filter((link) => !leadsSomewhere(page.path, link));

    assert.deepEqual(broken, []);
  });

  test("names no place of one machine", () => {
    const places = page.text.match(/\/(?:work|home|Users|root)\/\S+/g) ?? [];

    assert.deepEqual(places, []);
  });
});

test("a link to what is not there is found", () => {
  assert.equal(leadsSomewhere("docs/README.md", "nowhere.md"), false);
  assert.equal(leadsSomewhere("docs/README.md", "architecture.md#nowhere"), false);
  assert.equal(leadsSomewhere("docs/README.md", "architecture.md#states-of-an-execution"), true);
});

function leadsSomewhere(from: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? from : join(dirname(from), path);
  const file = join(packageRoot(), target);
  if (!existsSync(file)) return false;
  return anchor === undefined || anchorsOf(readFileSync(file, "utf8")).includes(anchor);
}

/** As GitHub makes them from headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
