import type { Logger } from "../../relay/process/logger.ts";
import type { Store } from "../store/pool.ts";
import { recordEvent } from "./event.ts";
import type { SignedHead } from "./stored-head.ts";

/** What is wrong with the chain in the database. */
export interface Disagreement {
  isGap: boolean;
  /** The head that the chain does not hold. */
  known: SignedHead | undefined;
}

export interface ChainAlarm {
  /** Says it once for each workspace, in the log and as an event. */
  raise(workspaceId: string, found: Disagreement): Promise<void>;
}

export function createChainAlarm({ store, log }: { store: Store; log: Logger }): ChainAlarm {
  const raised = new Set<string>();
  return {
    async raise(workspaceId, { isGap, known }) {
      if (raised.has(workspaceId)) return;
      raised.add(workspaceId);
      const facts = { workspaceId, isGap, number: known?.number, hash: known?.hash };
      log.error(facts, "the audit chain is not the one that was signed");
      const detail = { isGap, number: known?.number, hash: known?.hash };
      const event = { kind: "audit.chain-broken", method: "system", detail };
      await recordEvent(store, workspaceId, event);
    },
  };
}
