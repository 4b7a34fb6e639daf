import type { SitePermission } from "../../access/permissions.ts";
import { type ExecutionSummary, listExecutions } from "../../dispatch/executions.ts";
import { type Answer, refuse } from "../../replies/answer.ts";
import type { Asked } from "./asked.ts";

const SHORTEST_ID = 6;

interface Wish {
  /** Who holds this may name anybody's; others name their own. */
  permission: SitePermission;
  onlyOpen: boolean;
  /** Of what is there no such execution, as "that you may cancel". */
  which: string;
}

/** The execution that a caller names by a whole id or by its end, as `ps` shows it. */
export async function findExecutionNamed(
  { dispatch, view, request }: Asked,
  { permission, onlyOpen, which }: Wish,
): Promise<{ found: ExecutionSummary } | { refusal: Answer }> {
  const { caller, parsed } = request;
  const id = parsed.arguments?.[0] ?? "";
  if (id.length < SHORTEST_ID) {
    return { refusal: refuse(`give at least ${SHORTEST_ID} characters of the id`) };
  }
  const userId = caller.permissions.has(permission) ? undefined : caller.userId;
  const filter = { onlyOpen, idEnd: id, limit: 2, ...(userId !== undefined && { userId }) };
  const [found, ...others] = await listExecutions(dispatch.store, view.workspaceId, filter);
  if (!found) return { refusal: refuse(`there is no execution ${id} ${which}`) };
  if (others.length > 0) {
    return { refusal: refuse(`several executions end in ${id}: give more of the id`) };
  }
  return { found };
}
