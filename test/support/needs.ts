import { beforeEach } from "vitest";
import { NEEDS_NOTE } from "./closing-line.ts";

/**
 * Declares, at the top of a file or a `describe`, what its tests cannot do without. Where that is
 * absent they are skipped and listed; with ALDIS_TEST_ALL=1 they fail. Returns whether it is
 * there, for hooks such as `beforeAll`, which run all the same.
 */
export function needs(what: string, available: boolean): boolean {
  if (available) return true;
  beforeEach((context) => {
    if (process.env.ALDIS_TEST_ALL === "1") {
      throw new Error(`needs ${what}, and ALDIS_TEST_ALL=1 lets nothing be absent`);
    }
    context.skip(`${NEEDS_NOTE}${what}`);
  });
  return false;
}
