import type { View } from "../invocation/view.ts";
import type { Caller } from "./callers.ts";
import type { ApiDeps } from "./deps.ts";

/** What is declared and enabled now, whichever bot has changed it. */
export function newestView({ views }: Pick<ApiDeps, "views">, caller: Caller): Promise<View> {
  const { workspaceId, userId } = caller;
  views.forget(workspaceId);
  return views.read(workspaceId, { userId });
}
