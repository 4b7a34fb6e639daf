import type { Limits } from "../wire/messages.ts";
import type { ImagePattern } from "./image-patterns.ts";
import type { UserRange } from "./users.ts";

/** A directory or file of this host, as it appears in a container. */
export interface Mount {
  source: string;
  target: string;
  readOnly: boolean;
}

/** What this host's owner lets containers have; whatever is not named is refused. */
export interface Policy {
  /** What the engine calls each network. */
  networks: ReadonlyMap<string, string>;
  mounts: ReadonlyMap<string, Mount>;
  users: readonly UserRange[];
  images: readonly ImagePattern[];
  /** What asks for more is given this. */
  most: Partial<Limits>;
}

/** Whom nothing on a host belongs to. */
export const NOBODY = { uid: 65_534, gid: 65_534 } as const;

/** What holds where the owner has written no policy. */
export const DEFAULT_POLICY: Policy = {
  networks: new Map(),
  mounts: new Map(),
  users: [
    { uids: { from: NOBODY.uid, to: NOBODY.uid }, gids: { from: NOBODY.gid, to: NOBODY.gid } },
  ],
  images: [{ kind: "any" }],
  most: {},
};
