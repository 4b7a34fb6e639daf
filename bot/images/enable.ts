import { printSelector } from "../../relay/wire/selector.ts";
import type { Bundle } from "../bundles/bundle.ts";
import {
  type Actor,
  type BundleStore,
  enableBundle,
  findBundleSource,
  listBundles,
} from "../bundles/installed.ts";
import { loadBundle } from "../bundles/load.ts";
import type { Wish } from "../relays/judge.ts";
import { type Policies, policyFor } from "../relays/policy.ts";
import { type Resolution, type ResolveDeps, resolveImage } from "./resolve.ts";

export interface EnableWish {
  workspaceId: string;
  name: string;
  /** Without one, the version that was installed last. */
  version: string | undefined;
  policies: Policies;
}

export type Enabled =
  | { ok: true; version: string; image?: string }
  | { ok: false; kind: "not-found" | "image"; reason: string };

/**
 * Makes one version the one that runs. Where it needs an image, a relay says first which bytes that
 * is; if none can, nothing is enabled and what ran before still does.
 */
export async function enableWithImage(
  deps: BundleStore & ResolveDeps,
  wish: EnableWish,
  actor: Actor,
): Promise<Enabled> {
  const { workspaceId, name } = wish;
  const version = wish.version ?? (await newestOf(deps, workspaceId, name));
  const source = version && (await findBundleSource(deps.store, workspaceId, name, version));
  const loaded = source ? loadBundle(source, name) : undefined;
  const found = loaded?.ok ? await imageOf(deps, loaded.bundle, wish) : undefined;
  if (found && !found.ok) return { ok: false, kind: "image", reason: found.reason };
  const pin = found && { image: found.image, macKey: deps.macKey };
  const done = await enableBundle(deps.store, workspaceId, name, version, actor, pin);
  if (!done.ok) return { ok: false, kind: "not-found", reason: done.reason };
  return { ...done, ...(pin && { image: pin.image }) };
}

async function newestOf({ store }: BundleStore, workspaceId: string, name: string) {
  const versions = await listBundles(store, workspaceId);
  return versions.findLast((each) => each.name === name)?.version;
}

/** Undefined where no command runs in a container. */
async function imageOf(
  deps: ResolveDeps,
  bundle: Bundle,
  { workspaceId, policies }: EnableWish,
): Promise<Resolution | undefined> {
  const { image } = bundle;
  const wishes = wishesOf(bundle, policies);
  if (image === undefined || wishes.length === 0) return undefined;
  return resolveImage(deps, { workspaceId, image, wishes });
}

/** What its commands ask of relays, each once. */
function wishesOf({ name, commands }: Bundle, policies: Policies): Wish[] {
  const policy = policyFor(policies, name);
  const selectors = new Map(
    Object.values(commands)
      .filter(({ native }) => !native)
      .map(({ selector }) => [printSelector(selector), selector]),
  );
  return [...selectors.values()].map((selector) => ({ selector, policy, native: false }));
}
