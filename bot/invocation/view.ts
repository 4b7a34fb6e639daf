import { readAccessManagers } from "../access/grant-paths.ts";
import { type OperatorRule, readOperatorRules } from "../access/operator-rules.ts";
import type { IdentityKey, Principal } from "../access/principal.ts";
import { readPrincipal } from "../access/principal.ts";
import { readOwnPermissions } from "../access/site-permissions.ts";
import type { Bundle } from "../bundles/bundle.ts";
import { readEnabledBundles } from "../bundles/installed.ts";
import { type Policies, readPolicies } from "../relays/policy.ts";
import type { RuleProblem } from "../rules/syntax.ts";
import type { Database, Store } from "../store/pool.ts";
import { listWorkspaces } from "../store/workspaces.ts";
import { type Bundles, declaredPermissions, withOperatorRules } from "./operator-rules.ts";
import { MOST_NAMES } from "./whom-to-ask.ts";

/** What a workspace looks like to one caller: all that resolving and deciding need. */
export interface View {
  workspaceId: string;
  /** Recording names it: if it is no longer the newest, nothing is written and all is read again. */
  accessVersion: number;
  prefix: string;
  timeZone: string;
  caller: Principal | undefined;
  /** The enabled bundles by name, the bot's own among them, with the operators' rules in place. */
  bundles: Bundles;
  /** Every permission that a rule may ask for. */
  declared: ReadonlySet<string>;
  /** What relays must match besides, by bundle. */
  policies: Policies;
  /** Some who may manage access, to be asked for what is missing. */
  accessManagers: readonly string[];
}

export interface Views {
  read(workspaceId: string, caller: IdentityKey | { userId: string }): Promise<View>;
  /** Reads everything of this workspace again next time. */
  forget(workspaceId: string): void;
}

interface Cached extends Omit<View, "workspaceId" | "caller"> {
  callers: Map<string, Principal | undefined>;
}

export interface ViewDeps {
  store: Store;
  macKey: Buffer;
  builtIn: Bundle;
  onUnreadable(name: string, errors: readonly string[]): void;
}

/**
 * Views are kept between messages and may be out of date; that is harmless, because the record of
 * a decision is refused unless it was made under the newest version.
 */
export function createViews(deps: ViewDeps): Views {
  const byWorkspace = new Map<string, Promise<Cached>>();
  const reported = new Set<string>();

  /** Once, however often it is read. */
  function reportBroken(rule: OperatorRule, problem: RuleProblem): void {
    const { bundle, command } = rule;
    const line = `rule ${rule.id} (${rule.rule}) at ${problem.line}:${problem.column}: ${problem.message}; ${bundle}:${command} is closed until it is removed`;
    if (reported.has(line)) return;
    reported.add(line);
    deps.onUnreadable(bundle, [line]);
  }

  function reportPolicy(bundle: string, message: string): void {
    const whose = bundle === "" ? "the workspace's policy for relays" : "its policy for relays";
    const line = `${whose} cannot be read: ${message}; nothing under it runs until it is set again`;
    if (reported.has(bundle + line)) return;
    reported.add(bundle + line);
    deps.onUnreadable(bundle, [line]);
  }

  async function load(workspaceId: string): Promise<Cached> {
    const workspace = (await listWorkspaces(deps.store)).find(({ id }) => id === workspaceId);
    if (!workspace) throw new TypeError("no such workspace");
    const enabled = await readEnabledBundles(deps, workspaceId, deps.onUnreadable);
    const own = await deps.store.inWorkspace(workspaceId, (db) => readOwn(db, reportPolicy));
    const bundles = new Map([deps.builtIn, ...enabled].map((bundle) => [bundle.name, bundle]));
    const declared = declaredPermissions(bundles, own.permissions);
    return {
      accessVersion: workspace.accessVersion,
      prefix: workspace.prefix,
      timeZone: workspace.timeZone,
      bundles: withOperatorRules(bundles, own.rules, declared, reportBroken),
      declared,
      policies: own.policies,
      accessManagers: own.accessManagers,
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
      if (!isKnown(cached.callers, name)) {
        const found = await readPrincipal(deps.store, workspaceId, caller);
        if (found.accessVersion !== cached.accessVersion) {
          byWorkspace.delete(workspaceId);
          continue;
        }
        cached.callers.set(name, found.principal);
      }
      const { callers, ...shared } = cached;
      return { workspaceId, ...shared, caller: callers.get(name) };
    }
  }

  return { read, forget: (workspaceId) => byWorkspace.delete(workspaceId) };
}

/** What the workspace itself adds to its bundles. */
async function readOwn(db: Database, reportPolicy: (bundle: string, message: string) => void) {
  const rules = await readOperatorRules(db);
  const permissions = (await readOwnPermissions(db)).map(({ name }) => name);
  // One more than are named: whoever asks is not sent to themselves.
  const accessManagers = await readAccessManagers(db, MOST_NAMES + 1);
  const policies = await readPolicies(db, reportPolicy);
  return { rules, permissions, policies, accessManagers };
}

/** What rests on a grant that has expired is read again; the record is refused if this clock is slow. */
function isKnown(callers: Cached["callers"], name: string): boolean {
  const goodUntil = callers.get(name)?.goodUntil;
  return callers.has(name) && (goodUntil === undefined || goodUntil.getTime() > Date.now());
}
