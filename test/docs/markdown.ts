import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../relay/process/package-root.ts";

/** A fenced block of a page. */
export interface Block {
  language: string;
  text: string;
  /** From `<!-- test: NAME -->` on the line before it. */
  name: string | undefined;
  line: number;
}

export interface Page {
  /** From the root of the package. */
  path: string;
  text: string;
  blocks: readonly Block[];
}

/** Every page that a reader is sent to. */
export function readPages(): Page[] {
  const paths = globSync(["*.md", "docs/**/*.md"], { cwd: packageRoot() });
  return paths.sort().map(readPage);
}

export function readPage(path: string): Page {
  const text = readFileSync(join(packageRoot(), path), "utf8");
  return { path, text, blocks: blocksOf(text) };
}

function blocksOf(text: string): Block[] {
  const fence = /^(?:<!-- test: (.+) -->\n)?```(\w*)\n([\s\S]*?)^```$/gm;
  return [...text.matchAll(fence)].map((found) => {
    const [, name, language = "", body = ""] = found;
    return { name, language, text: body, line: text.slice(0, found.index).split("\n").length };
  });
}

/** The page without its fenced blocks. */
export function proseOf({ text }: Page): string {
  return text.replaceAll(/^```[\s\S]*?^```$/gm, "");
}

/** The block that a page marks with this name. */
export function blockNamed(page: Page, name: string): string {
  const found = page.blocks.filter((block) => block.name === name);
  const [only, ...others] = found;
  if (!only || others.length > 0) throw new Error(`${page.path}: ${found.length} blocks "${name}"`);
  return only.text;
}
