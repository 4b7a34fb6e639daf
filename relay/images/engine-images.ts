import { createReadStream } from "node:fs";
import { z } from "zod";
import { EngineError, engineClient, Ignored } from "../runtime/engine/client.ts";
import type { ImageName } from "../wire/image.ts";
import { type Progress, postLong } from "./engine-stream.ts";

/** An image as an engine has it. */
export const HeldImage = z
  .object({
    Id: z.string(),
    RepoTags: z.array(z.string()).nullish(),
    RepoDigests: z.array(z.string()).nullish(),
    Architecture: z.string().optional(),
  })
  .transform(({ Id, RepoTags, RepoDigests, Architecture }) => ({
    id: Id.startsWith("sha256:") ? Id : `sha256:${Id}`,
    tags: RepoTags ?? [],
    /** `name@digest` of each manifest that it came by. */
    digests: RepoDigests ?? [],
    architecture: Architecture,
  }));
export type HeldImage = z.infer<typeof HeldImage>;

/** What a relay asks of its engine about images; names are those of {@link printName}, or ids. */
export interface EngineImages {
  find(name: string): Promise<HeldImage | undefined>;
  list(): Promise<readonly HeldImage[]>;
  /** Throws the engine's own words. */
  pull(image: ImageName, auth: string | undefined, onLine: OnLine): Promise<void>;
  load(file: string, onLine: OnLine): Promise<void>;
  /** False where the engine needs it. */
  remove(name: string): Promise<boolean>;
  /** Ids of images that some container is made of, running or not. */
  inUse(): Promise<ReadonlySet<string>>;
  host(): Promise<{ architecture: string; directory: string }>;
  close(): void;
}

type OnLine = (line: Progress) => void;

const Containers = z.array(z.object({ ImageID: z.string() }));
const Version = z.object({ Arch: z.string() });
const Info = z.object({ DockerRootDir: z.string() });
const SILENCE_MS = 120_000;

/** Docker's and Podman's engines alike, on their socket. */
export function engineImages(socket: string): EngineImages {
  const client = engineClient(socket);
  const get = <T>(path: string, schema: z.ZodType<T>) =>
    client.call({ method: "GET", path }, schema);

  async function remove(name: string): Promise<boolean> {
    try {
      await client.call({ method: "DELETE", path: `/images/${name}` }, Ignored);
    } catch (error) {
      if (!(error instanceof EngineError) || error.status === undefined) throw error;
      return error.status === 404;
    }
    return true;
  }

  return {
    find: (name) => get(`/images/${name}/json`, HeldImage).catch(absentIfUnknown),
    list: () => get("/images/json", z.array(HeldImage)),
    pull(image, auth, onLine) {
      const from = { fromImage: placeOf(image), tag: image.digest ?? image.tag ?? "latest" };
      const path = `/images/create?${new URLSearchParams(from)}`;
      const headers = auth === undefined ? {} : { "x-registry-auth": auth };
      return postLong({ socket, path, headers, silenceMs: SILENCE_MS }, onLine);
    },
    load: (file, onLine) =>
      postLong(
        { socket, path: "/images/load", body: createReadStream(file), silenceMs: SILENCE_MS },
        onLine,
      ),
    remove,
    async inUse() {
      const containers = await get("/containers/json?all=true", Containers);
      return new Set(containers.map(({ ImageID }) => withPrefix(ImageID)));
    },
    async host() {
      const [{ Arch }, { DockerRootDir }] = await Promise.all([
        get("/version", Version),
        get("/info", Info),
      ]);
      return { architecture: Arch, directory: DockerRootDir };
    },
    close: () => client.close(),
  };
}

/** As engines take it, whole: `docker.io/library/web:1`, or with the digest in the tag's place. */
export function printName(image: ImageName): string {
  return image.digest === undefined
    ? `${placeOf(image)}:${image.tag ?? "latest"}`
    : `${placeOf(image)}@${image.digest}`;
}

function placeOf({ registry, repository }: ImageName): string {
  return `${registry}/${repository}`;
}

function withPrefix(id: string): string {
  return id.startsWith("sha256:") ? id : `sha256:${id}`;
}

function absentIfUnknown(error: unknown): undefined {
  if (error instanceof EngineError && error.status === 404) return undefined;
  throw error;
}
