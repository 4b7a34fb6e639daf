import { type Answer, say } from "../../replies/answer.ts";
import type { Asked } from "./asked.ts";

export function answerWhoami({ request, message }: Asked): Answer {
  const { caller } = request;
  const list = (names: Iterable<string>) => [...names].sort().join(", ") || "none";
  const identity =
    "userId" in message.caller
      ? `${message.adapter} token`
      : `${message.adapter} account ${message.caller.providerUser}`;
  return say({
    kind: "fields",
    fields: [
      ["user", caller.name],
      ["known by", identity],
      ["groups", list(caller.groups)],
      ["roles", list(caller.roles)],
      ["permissions", list(caller.permissions)],
    ],
  });
}
