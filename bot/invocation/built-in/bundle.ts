import { listBundles } from "../../bundles/installed.ts";
import { type Answer, say } from "../../replies/answer.ts";
import type { Asked } from "./asked.ts";

export async function answerBundle({ dispatch, view }: Asked): Promise<Answer> {
  const installed = await listBundles(dispatch.store, view.workspaceId);
  if (installed.length === 0) return say("no bundle is installed: aldis bundle install FILE");
  return say({
    kind: "table",
    columns: ["bundle", "version", "state"],
    rows: installed.map(({ name, version, enabled }) => [
      name,
      version,
      enabled ? "enabled" : "installed",
    ]),
  });
}
