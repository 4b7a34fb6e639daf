import type { Conversation, LiveView, Message } from "../invocation/message.ts";
import type { Answer } from "../replies/answer.ts";
import type { ApiDeps } from "./deps.ts";

/** What became of a text, as soon as a caller can be told. */
export type Invoked =
  /** Recorded; an execution exists, or everything about it has been said. */
  | { kind: "accepted"; invocationId: string; executionId?: string; answer?: Answer }
  /** Recorded before, under the same key. */
  | { kind: "duplicate" }
  /** Nothing was recorded and nothing was run. */
  | { kind: "refused"; answer: Answer };

/** What happens is followed by its own route, from what is stored. */
const unwatched: LiveView = {
  state() {},
  output() {},
  async ended() {},
};

/** Hands a text to the flow, and does not wait for an execution to end. */
export function invoke(deps: Pick<ApiDeps, "handle">, message: Message): Promise<Invoked> {
  return new Promise((resolve, reject) => {
    let invocationId: string | undefined;
    const conversation: Conversation = {
      accepted(accepted) {
        invocationId = accepted.invocationId;
        if (accepted.executionId) resolve({ kind: "accepted", ...accepted });
      },
      async tell(answer) {
        if (invocationId) resolve({ kind: "accepted", invocationId, answer });
        else resolve({ kind: "refused", answer });
      },
      follow: () => unwatched,
    };
    deps.handle(message, conversation).then(() => resolve({ kind: "duplicate" }), reject);
  });
}
