import { describeRelays } from "../../relays/describe.ts";
import { type Answer, say } from "../../replies/answer.ts";
import type { Asked } from "./asked.ts";

export function answerRelay({ dispatch, view }: Asked): Answer {
  const relays = describeRelays(dispatch.registry, view.workspaceId);
  if (relays.length === 0) return say("no relay has joined: aldis relay enrol --name NAME");
  return say({
    kind: "table",
    columns: ["relay", "state", "running", "tags", "runs"],
    rows: relays.map((relay) => [
      relay.name,
      relay.state,
      `${relay.running} of ${relay.capacity}`,
      Object.entries(relay.tags)
        .map(([name, value]) => `${name}=${value}`)
        .join(","),
      relay.runtimes.join(","),
    ]),
  });
}
