import { printLine } from "./terminal.ts";

/** Says how it is now, and whether it has just become so; either way it is done. */
export function tellChanged(changed: boolean, line: string): number {
  printLine(changed ? line : `${line} already`);
  return 0;
}
