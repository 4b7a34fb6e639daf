import {
  clearScreenDown,
  createInterface,
  cursorTo,
  type Interface,
  moveCursor,
} from "node:readline";
import { withoutControls } from "../../replies/plain-text.ts";
import { completeWith } from "./completion.ts";
import type { ConsoleDeps } from "./deps.ts";
import { Gate } from "./gate.ts";
import { MAX_HISTORY_LINES } from "./history.ts";

/** Where a person types. While it is not shown, what is typed waits for the next time that it is. */
export interface Prompt {
  show(): void;
  /** Prints something, above the prompt if that is shown. */
  above(print: () => void): void;
  /** Shows a line that was typed ahead as if it were typed now. */
  echo(line: string): void;
  close(): void;
}

export interface PromptEvents {
  /** Newest first. */
  history: readonly string[];
  onLine(line: string): void;
  onHistory(newestFirst: readonly string[]): void;
  /** Ctrl-C; an unfinished line has been given up. */
  onInterrupt(hadText: boolean): void;
  /** Ctrl-D, a terminal that has gone, or `close`. */
  onClose(): void;
}

type PromptDeps = Pick<ConsoleDeps, "input" | "output" | "prompt" | "completions">;

export function openPrompt(deps: PromptDeps, events: PromptEvents): Prompt {
  const { output, prompt = "aldis> " } = deps;
  const gate = new Gate(output);
  let isClosed = false;
  const editor = createInterface({
    input: deps.input,
    output: gate,
    terminal: true,
    prompt,
    history: [...events.history],
    historySize: MAX_HISTORY_LINES,
    completer: (typed: string, answer: (error: null, result: [string[], string]) => void) =>
      void completeWith(deps.completions, typed).then((result) => {
        // The editor fails when it is answered late, and would complete another line than asked.
        if (isClosed) return;
        const isStale = !gate.isOpen || editor.line.slice(0, editor.cursor) !== typed;
        answer(null, isStale ? [[], typed] : result);
      }),
  });

  function show(): void {
    if (isClosed || gate.isOpen) return;
    // The editor moves up to the row where its line began when it drew it last. It may have been
    // hidden since, so let it draw once unseen, and leave it as many rows as it will move.
    editor.prompt(true);
    output.write("\n".repeat(editor.getCursorPos().rows));
    gate.isOpen = true;
    editor.prompt(true);
  }

  function hide(): void {
    moveCursor(output, 0, -editor.getCursorPos().rows);
    cursorTo(output, 0);
    clearScreenDown(output);
    gate.isOpen = false;
  }

  function above(print: () => void): void {
    const wasShown = gate.isOpen;
    if (wasShown) hide();
    print();
    if (wasShown) show();
  }

  function onInterrupt(): void {
    const hadText = editor.line !== "";
    const wasShown = gate.isOpen;
    if (hadText) giveUpLine(editor, gate, output);
    if (wasShown) show();
    events.onInterrupt(hadText);
  }

  function onLine(line: string): void {
    // A terminal that goes away has not confirmed what stands on its last line.
    if (deps.input.readableEnded) return;
    gate.isOpen = false;
    events.onLine(line);
  }

  function onClose(): void {
    isClosed = true;
    if (gate.isOpen) output.write("\n");
    gate.destroy();
    gate.isOpen = false;
    events.onClose();
  }

  editor.on("line", onLine);
  editor.on("SIGINT", onInterrupt);
  editor.on("history", (lines: string[]) => {
    if (lines[0]?.startsWith(" ")) lines.shift();
    events.onHistory(lines);
  });
  editor.on("error", () => editor.close());
  editor.once("close", onClose);
  return {
    show,
    above,
    echo: (line) => void output.write(`${prompt}${withoutControls(line)}\n`),
    close: () => editor.close(),
  };
}

/** As a shell does it: what was typed stays to be read, and counts for nothing. */
function giveUpLine(editor: Interface, gate: Gate, output: NodeJS.WritableStream): void {
  editor.write(null, { ctrl: true, name: "e" });
  if (gate.isOpen) output.write("^C\n");
  gate.isOpen = false;
  editor.write(null, { ctrl: true, name: "u" });
}
