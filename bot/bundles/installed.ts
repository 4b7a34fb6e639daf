import { and, eq, ne, sql } from "drizzle-orm";
import { uuidv7 } from "../../relay/wire/ids.ts";
import { SITE_PERMISSIONS } from "../access/permissions.ts";
import { recordEvent } from "../audit/record.ts";
import type { Store } from "../store/pool.ts";
import { bundles } from "../store/schema.ts";
import type { Bundle } from "./bundle.ts";
import { loadBundle } from "./load.ts";
import { type BundleError, printBundleError } from "./problem.ts";

/** Who changes a bundle, and from where. */
export interface Actor {
  userId: string | undefined;
  method: string;
}

export interface BundleSummary {
  name: string;
  version: string;
  digest: string;
  enabled: boolean;
  installedAt: Date;
}

export type Install =
  | { ok: true; bundle: Bundle; isNew: boolean; warnings: readonly string[] }
  | { ok: false; errors: readonly string[] };

/**
 * Keeps one more version of a bundle, not enabled yet. The same version with the same content is
 * already there; with other content it is refused: a version means one thing.
 */
export async function installBundle(
  store: Store,
  workspaceId: string,
  source: { text: string; file: string },
  actor: Actor,
): Promise<Install> {
  const loaded = loadBundle(source.text, source.file, {
    declaredPermissions: await declaredPermissions(store, workspaceId),
  });
  if (!loaded.ok) return { ok: false, errors: print(loaded.errors) };
  const { name, version, digest } = loaded.bundle;
  const inserted = await store.inWorkspace(workspaceId, async (db) => {
    const row = { workspaceId, id: uuidv7(), name, version, digest, source: source.text };
    const [added] = await db
      .insert(bundles)
      .values({ ...row, installedBy: actor.userId })
      .onConflictDoNothing()
      .returning({ digest: bundles.digest });
    if (added) return { isNew: true, digest };
    const [there] = await db
      .select({ digest: bundles.digest })
      .from(bundles)
      .where(and(eq(bundles.name, name), eq(bundles.version, version)));
    return { isNew: false, digest: there?.digest };
  });
  if (inserted.digest !== digest) {
    const message = `version ${version} of ${name} is installed with other content; give this one a new version`;
    return { ok: false, errors: [`${source.file}: ${message}`] };
  }
  if (inserted.isNew) await record(store, workspaceId, "bundle.installed", actor, loaded.bundle);
  return {
    ok: true,
    bundle: loaded.bundle,
    isNew: inserted.isNew,
    warnings: print(loaded.warnings),
  };
}

export type Enable = { ok: true; version: string } | { ok: false; reason: string };

/** Makes one version the one that runs; without a version, the one that was installed last. */
export async function enableBundle(
  store: Store,
  workspaceId: string,
  name: string,
  version: string | undefined,
  actor: Actor,
): Promise<Enable> {
  const enabled = await store.inWorkspace(workspaceId, async (db) => {
    const [found] = await db
      .select({ id: bundles.id, version: bundles.version, digest: bundles.digest })
      .from(bundles)
      .where(and(eq(bundles.name, name), version ? eq(bundles.version, version) : undefined))
      .orderBy(sql`installed_at desc`)
      .limit(1);
    if (!found) return undefined;
    await db
      .update(bundles)
      .set({ enabled: false })
      .where(and(eq(bundles.name, name), ne(bundles.id, found.id), eq(bundles.enabled, true)));
    await db.update(bundles).set({ enabled: true }).where(eq(bundles.id, found.id));
    return found;
  });
  if (!enabled) {
    const which = version ? `${name} ${version}` : name;
    return { ok: false, reason: `no bundle ${which} is installed` };
  }
  await record(store, workspaceId, "bundle.enabled", actor, { name, ...enabled });
  return { ok: true, version: enabled.version };
}

export function listBundles(store: Store, workspaceId: string): Promise<BundleSummary[]> {
  return store.inWorkspace(workspaceId, (db) =>
    db
      .select({
        name: bundles.name,
        version: bundles.version,
        digest: bundles.digest,
        enabled: bundles.enabled,
        installedAt: bundles.installedAt,
      })
      .from(bundles)
      .orderBy(bundles.name, bundles.installedAt),
  );
}

/** The source of one installed version, or of the enabled one. */
export async function findBundleSource(
  store: Store,
  workspaceId: string,
  name: string,
  version?: string,
): Promise<string | undefined> {
  const [found] = await store.inWorkspace(workspaceId, (db) =>
    db
      .select({ source: bundles.source })
      .from(bundles)
      .where(
        and(
          eq(bundles.name, name),
          version ? eq(bundles.version, version) : eq(bundles.enabled, true),
        ),
      ),
  );
  return found?.source;
}

/** The bundles that run, parsed. One that this program cannot read is left out and reported. */
export async function readEnabledBundles(
  store: Store,
  workspaceId: string,
  onUnreadable: (name: string, errors: readonly string[]) => void,
): Promise<Bundle[]> {
  const rows = await store.inWorkspace(workspaceId, (db) =>
    db
      .select({ name: bundles.name, source: bundles.source, digest: bundles.digest })
      .from(bundles)
      .where(eq(bundles.enabled, true)),
  );
  return rows.flatMap(({ name, source, digest }) => {
    const loaded = loadBundle(source, name);
    if (loaded.ok && loaded.bundle.digest === digest) return [loaded.bundle];
    const changed = ["its source in the database is not what was installed"];
    onUnreadable(name, loaded.ok ? changed : print(loaded.errors));
    return [];
  });
}

async function declaredPermissions(store: Store, workspaceId: string): Promise<Set<string>> {
  const declared = new Set<string>(Object.keys(SITE_PERMISSIONS));
  for (const bundle of await readEnabledBundles(store, workspaceId, () => {})) {
    for (const permission of bundle.permissions) declared.add(`${bundle.name}:${permission}`);
  }
  return declared;
}

async function record(
  store: Store,
  workspaceId: string,
  kind: string,
  actor: Actor,
  { name, version, digest }: { name: string; version: string; digest: string },
): Promise<void> {
  const detail = { name, version, digest };
  await recordEvent(store, {
    workspaceId,
    kind,
    method: actor.method,
    actorId: actor.userId,
    detail,
  });
}

function print(errors: readonly BundleError[]): string[] {
  return errors.map(printBundleError);
}
