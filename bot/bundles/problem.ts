import { oneLine } from "../rules/one-line.ts";
import type { Path, Place } from "./document.ts";

/** Something wrong in a bundle, by key; `within` narrows it down to a place in the value. */
export interface BundleProblem {
  path: Path;
  message: string;
  suggestion?: string | undefined;
  within?: Place;
}

/** Whoever has made that many mistakes has enough to do; looking for more takes long. */
export const ENOUGH_PROBLEMS = 1000;

/** The same as a person reads it. */
export interface BundleError extends Place {
  file: string;
  /** Dotted, as `commands.deploy.rules[0]`; empty for the file as a whole. */
  key: string;
  message: string;
  suggestion?: string;
}

export function printBundleError({
  file,
  line,
  column,
  key,
  message,
  suggestion,
}: BundleError): string {
  const hint = suggestion === undefined ? "" : `; did you mean ${suggestion}?`;
  return oneLine(`${file}:${line}:${column}: ${key === "" ? "" : `${key}: `}${message}${hint}`);
}

export function printPath(path: Path): string {
  return path
    .map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`))
    .join("")
    .replace(/^\./, "");
}
