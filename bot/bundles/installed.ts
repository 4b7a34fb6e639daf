import { and, eq, ne, sql } from "drizzle-orm";
import { uuidv7 } from "../../relay/wire/ids.ts";
import { SITE_PERMISSIONS } from "../access/permissions.ts";
import { listOwnPermissions } from "../access/site-permissions.ts";
import { appendEvent } from "../audit/event.ts";
import type { Database, Store } from "../store/pool.ts";
import { bundles } from "../store/schema.ts";
import type { Bundle } from "./bundle.ts";
import { warningsOf } from "./lint.ts";
import { loadBundle } from "./load.ts";
import { bundleMacOf, isBundleMacOf } from "./mac.ts";
import { asEnabled, type Pin, pinnedBy } from "./pin.ts";
import { type BundleError, printBundleError } from "./problem.ts";

/** Where bundles are kept, and the key that vouches for what is kept there. */
export interface BundleStore {
  store: Store;
  macKey: Buffer;
}

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
  deps: BundleStore,
  workspaceId: string,
  source: { text: string; file: string },
  actor: Actor,
): Promise<Install> {
  const loaded = loadBundle(source.text, source.file, {
    declaredPermissions: await declaredPermissions(deps, workspaceId),
  });
  if (!loaded.ok) return { ok: false, errors: print(loaded.errors) };
  const { name, version } = loaded.bundle;
  const isNew = await keep(deps, workspaceId, loaded.bundle, source.text, actor);
  if (isNew === undefined) {
    const message = `version ${version} of ${name} is installed with other content; give this one a new version`;
    return { ok: false, errors: [`${source.file}: ${message}`] };
  }
  return { ok: true, bundle: loaded.bundle, isNew, warnings: print(warningsOf(loaded)) };
}

/**
 * Whether it was not there yet; undefined where this version is there with other content. What is
 * there and was put there by hand counts as not there.
 */
function keep(
  { store, macKey }: BundleStore,
  workspaceId: string,
  bundle: Bundle,
  source: string,
  actor: Actor,
): Promise<boolean | undefined> {
  const { name, version, digest } = bundle;
  const mac = bundleMacOf(macKey, { workspaceId, name, version, digest });
  return store.inWorkspace(workspaceId, async (db) => {
    const row = { workspaceId, name, version, digest, source, mac, installedBy: actor.userId };
    const inserted = await db
      .insert(bundles)
      .values({ ...row, id: uuidv7() })
      .onConflictDoNothing()
      .returning({ id: bundles.id });
    if (inserted.length === 0) {
      const [there] = await db
        .select()
        .from(bundles)
        .where(and(eq(bundles.name, name), eq(bundles.version, version)))
        .for("update");
      if (there && isBundleMacOf(macKey, there, there.mac)) {
        return there.digest === digest ? false : undefined;
      }
      await db
        .update(bundles)
        .set(row)
        .where(and(eq(bundles.name, name), eq(bundles.version, version)));
    }
    await append(db, workspaceId, "bundle.installed", actor, { name, version, digest });
    return true;
  });
}

export type Enable = { ok: true; version: string } | { ok: false; reason: string };

/** Makes one version the one that runs; without a version, the one that was installed last. */
export async function enableBundle(
  store: Store,
  workspaceId: string,
  name: string,
  version: string | undefined,
  actor: Actor,
  pin?: Pin,
): Promise<Enable> {
  const enabled = await store.inWorkspace(workspaceId, async (db) => {
    await lockVersions(db, name);
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
    const pinned = pinnedBy(pin, { workspaceId, name, ...found });
    await db
      .update(bundles)
      .set({ enabled: true, ...pinned })
      .where(eq(bundles.id, found.id));
    const { image } = pinned;
    await append(db, workspaceId, "bundle.enabled", actor, {
      name,
      ...found,
      ...(image !== null && { image }),
    });
    return found;
  });
  if (!enabled) {
    const which = version ? `${name} ${version}` : name;
    return { ok: false, reason: `no bundle ${which} is installed` };
  }
  return { ok: true, version: enabled.version };
}

/** In one order, so that two who enable different versions wait and do not deadlock. */
async function lockVersions(db: Database, name: string): Promise<void> {
  await db
    .select({ id: bundles.id })
    .from(bundles)
    .where(eq(bundles.name, name))
    .orderBy(bundles.id)
    .for("update");
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
  { store, macKey }: BundleStore,
  workspaceId: string,
  onUnreadable: (name: string, errors: readonly string[]) => void,
): Promise<Bundle[]> {
  const rows = await store.inWorkspace(workspaceId, (db) =>
    db.select().from(bundles).where(eq(bundles.enabled, true)),
  );
  return rows.flatMap((row) => {
    const loaded = loadBundle(row.source, row.name);
    const genuine = loaded.ok ? asEnabled(macKey, row, loaded.bundle) : undefined;
    if (genuine) return [genuine];
    const changed = ["it is not what was installed here; install and enable it again"];
    onUnreadable(row.name, loaded.ok ? changed : print(loaded.errors));
    return [];
  });
}

async function declaredPermissions(deps: BundleStore, workspaceId: string): Promise<Set<string>> {
  const declared = new Set<string>(Object.keys(SITE_PERMISSIONS));
  for (const bundle of await readEnabledBundles(deps, workspaceId, () => {})) {
    for (const permission of bundle.permissions) declared.add(`${bundle.name}:${permission}`);
  }
  for (const { name } of await listOwnPermissions(deps.store, workspaceId)) declared.add(name);
  return declared;
}

type Content = Pick<Bundle, "name" | "version" | "digest" | "image">;

async function append(
  db: Database,
  workspaceId: string,
  kind: string,
  actor: Actor,
  { name, version, digest, image }: Content,
): Promise<void> {
  await appendEvent(db, workspaceId, {
    kind,
    method: actor.method,
    actorId: actor.userId,
    object: `bundle:${name}`,
    detail: { name, version, digest, ...(image !== undefined && { image }) },
  });
}

function print(errors: readonly BundleError[]): string[] {
  return errors.map(printBundleError);
}
