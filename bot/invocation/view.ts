import type { IdentityKey, Principal } from "../access/principal.ts";
import { readPrincipal } from "../access/principal.ts";
import type { Bundle } from "../bundles/bundle.ts";
import { readEnabledBundles } from "../bundles/installed.ts";
import type { Store } from "../store/pool.ts";
import { listWorkspaces } from "../store/workspaces.ts";

/** What a workspace looks like to one caller: all that resolving and deciding need. */
export interface View {
  workspaceId: string;
  /** Recording names it: if it is no longer the newest, nothing is written and all is read again. */
  accessVersion: number;
  prefix: string;
  timeZone: string;
  caller: Principal | undefined;
  /** The enabled bundles by name, the bot's own among them. */
  bundles: ReadonlyMap<string, Bundle>;
}

export interface Views {
  read(workspaceId: string, caller: IdentityKey | { userId: string }): Promise<View>;
  /** Reads everything of this workspace again next time. */
  forget(workspaceId: string): void;
}

interface Cached {
  accessVersion: number;
  prefix: string;
  timeZone: string;
  bundles: ReadonlyMap<string, Bundle>;
  callers: Map<string, Principal | undefined>;
}

export interface ViewDeps {
  store: Store;
  builtIn: Bundle;
  onUnreadable(name: string, errors: readonly string[]): void;
}

/**
 * Views are kept between messages and may be out of date; that is harmless, because the record of
 * a decision is refused unless it was made under the newest version.
 */
export function createViews(deps: ViewDeps): Views {
  const byWorkspace = new Map<string, Promise<Cached>>();

  async function load(workspaceId: string): Promise<Cached> {
    const workspace = (await listWorkspaces(deps.store)).find(({ id }) => id === workspaceId);
    if (!workspace) throw new TypeError("no such workspace");
    const enabled = await readEnabledBundles(deps.store, workspaceId, deps.onUnreadable);
    return {
      accessVersion: workspace.accessVersion,
      prefix: workspace.prefix,
      timeZone: workspace.timeZone,
      bundles: new Map([deps.builtIn, ...enabled].map((bundle) => [bundle.name, bundle])),
      callers: new Map(),
    };
  }

  async function current(workspaceId: string): Promise<Cached> {
    const known = byWorkspace.get(workspaceId);
    if (known) return known;
    const loading = load(workspaceId);
    byWorkspace.set(workspaceId, loading);
    loading.catch(() => byWorkspace.delete(workspaceId));
    return loading;
  }

  async function read(
    workspaceId: string,
    caller: IdentityKey | { userId: string },
  ): Promise<View> {
    const name = JSON.stringify(caller);
    for (;;) {
      const cached = await current(workspaceId);
      if (!cached.callers.has(name)) {
        const found = await readPrincipal(deps.store, workspaceId, caller);
        if (found.accessVersion !== cached.accessVersion) {
          byWorkspace.delete(workspaceId);
          continue;
        }
        cached.callers.set(name, found.principal);
      }
      const { accessVersion, prefix, timeZone, bundles } = cached;
      const principal = cached.callers.get(name);
      return { workspaceId, accessVersion, prefix, timeZone, bundles, caller: principal };
    }
  }

  return { read, forget: (workspaceId) => byWorkspace.delete(workspaceId) };
}
