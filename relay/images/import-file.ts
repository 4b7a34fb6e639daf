import { stat } from "node:fs/promises";
import { EXIT, RelayFailure } from "../failure.ts";
import type { EngineImages, HeldImage } from "./engine-images.ts";

/** What was imported: a name to write into a bundle, and the id that offers will name. */
export interface Imported {
  name: string;
  id: string;
}

/** Gives an engine the images of a file made by `docker save`, `podman save` or the like. */
export async function importFile(
  engine: Pick<EngineImages, "load" | "find">,
  file: string,
): Promise<Imported[]> {
  await checkFile(file);
  let said = "";
  await engine
    .load(file, ({ stream, status }) => {
      said += `${stream ?? status ?? ""}\n`;
    })
    .catch((error: unknown) => {
      throw failure(`${file} was not imported: ${wordsFor(error)}`);
    });
  const names = [...said.matchAll(/Loaded image(?:\(s\))?(?: ID)?: (\S+)/g)].flatMap(
    ([, list = ""]) => list.split(",").filter(Boolean),
  );
  const found = await Promise.all(
    names.map(async (name) => asImported(name, await engine.find(name))),
  );
  const imported = found.flat();
  if (imported.length === 0) throw failure(`${file} was read, and no image was in it`);
  return imported;
}

async function checkFile(file: string): Promise<void> {
  const found = await stat(file).catch((error: unknown) => {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw failure(`${file} cannot be read (${code})`);
  });
  if (!found.isFile()) throw failure(`${file} is not a file: save the image into one first`);
}

function asImported(name: string, held: HeldImage | undefined): Imported[] {
  return held ? [{ name, id: held.id }] : [];
}

function wordsFor(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  const line = said.replaceAll(/\s+/g, " ").trim();
  if (
    !/manifest\.json|invalid tar header|unrecognized image format|payload does not match/i.test(
      line,
    )
  ) {
    return line;
  }
  const advice = "save it with docker save, or skopeo copy … docker-archive:FILE:NAME";
  return `the container engine does not read this kind of file (${line}); ${advice}`;
}

function failure(reason: string): RelayFailure {
  return new RelayFailure(reason, EXIT.refused);
}
