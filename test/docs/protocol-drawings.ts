import { WIRE_KINDS } from "../relay/wire/recorded-kinds.ts";
import { SEQUENCE, type SequenceStep } from "./protocol-sequence.ts";
import { ENDS } from "./protocol-states.ts";
import { drawn, text } from "./protocol-svg.ts";

const X = { bot: 220, relay: 660 };
const TOP = 76;
const HEIGHT = { message: 44, does: 34 };

/** `docs/protocol/execution.svg`: who says what, and who writes what down before. */
export function sequenceDrawing(): string {
  let y = TOP;
  const parts = SEQUENCE.flatMap((step) => {
    y += "kind" in step ? HEIGHT.message : HEIGHT.does;
    return partsOf(step, y);
  });
  const bottom = y + 24;
  const lives = Object.values(X).map((x) => `<path class="life" d="M${x} ${TOP - 10}V${bottom}"/>`);
  const names = Object.entries(X).flatMap(([name, x]) => [
    `<rect class="box" x="${x - 60}" y="24" width="120" height="40" rx="8"/>`,
    text(x, 50, name, "name"),
  ]);
  return drawn({
    width: 880,
    height: bottom + 20,
    title: "One execution",
    description: SEQUENCE.map(said).join("; "),
    parts: [...lives, ...names, ...parts],
  });
}

function partsOf(step: SequenceStep, y: number): string[] {
  if ("does" in step) {
    const x = X[step.at];
    const style = step.at === "bot" ? "step" : "run";
    return [
      `<rect class="${style}" x="${x - 150}" y="${y - 20}" width="300" height="26" rx="6"/>`,
      text(x, y - 2, step.does),
    ];
  }
  const [from, to] = step.from === "bot" ? [X.bot, X.relay] : [X.relay, X.bot];
  const words = [WIRE_KINDS[step.kind]?.typ, step.note].filter(Boolean).join(": ");
  return [
    `<path class="line" d="M${from} ${y}H${to + (to > from ? -2 : 2)}" marker-end="url(#arrow)"/>`,
    text((X.bot + X.relay) / 2, y - 8, words, "code"),
  ];
}

function said(step: SequenceStep): string {
  return "does" in step ? `${step.at}: ${step.does}` : `${step.from} sends ${step.kind}`;
}

/** Where a box stands: its left edge and its top. */
const BOXES = [
  { name: "queued", x: 40, y: 110, style: "box" },
  { name: "offered", x: 290, y: 110, style: "step" },
  { name: "started", x: 520, y: 110, style: "run" },
  { name: "expired", x: 40, y: 280, style: "box" },
  { name: "cancelled", x: 290, y: 280, style: "box" },
  { name: "unknown", x: 520, y: 280, style: "halt" },
] as const;

/** Where an arrow goes, and where its words stand; `ended` is the box of all ends. */
export const STATE_ARROWS = [
  { change: "queued → offered", d: "M150 130H288", label: "a relay has room", at: [219, 122] },
  {
    change: "offered → queued",
    d: "M345 110V84H110V108",
    label: "refused, silent or not claimed: attempt + 1",
    at: [228, 76],
  },
  { change: "offered → started", d: "M400 130H518", label: "claimed", at: [459, 122] },
  { change: "started → ended", d: "M630 130H738", label: "its result", at: [684, 122] },
  {
    change: "started → queued",
    d: "M575 110V40H80V108",
    label: "not begun, or at-least-once: attempt + 1",
    at: [328, 32],
  },
  { change: "queued → expired", d: "M70 150V278", label: "queue_timeout", at: [122, 240] },
  { change: "queued → cancelled", d: "M150 142H200V300H288", label: "a person", at: [244, 292] },
  { change: "offered → cancelled", d: "M345 150V278", label: "a person", at: [376, 240] },
  {
    change: "started → unknown",
    d: "M575 150V278",
    label: "silent for lost_after",
    at: [642, 240],
  },
  {
    change: "unknown → queued",
    d: "M520 300H470V190H100V152",
    label: "attempt + 1",
    at: [272, 182],
  },
  {
    change: "unknown → ended",
    d: "M630 300H722V190H738",
    label: "its journal, or a person’s mark",
    at: [735, 322],
  },
] as const;

/** `docs/protocol/states.svg`. */
export function stateDrawing(): string {
  const boxes = BOXES.flatMap(({ name, x, y, style }) => [
    `<rect class="${style}" x="${x}" y="${y}" width="110" height="40" rx="8"/>`,
    text(x + 55, y + 25, name, "code"),
  ]);
  const ends = [
    '<rect class="box" x="740" y="100" width="130" height="124" rx="8"/>',
    ...ENDS.map((name, index) => text(805, 124 + index * 22, name, "code")),
  ];
  const arrows = STATE_ARROWS.flatMap(({ d, label, at: [x, y] }) => [
    `<path class="line" d="${d}" marker-end="url(#arrow)"/>`,
    ...(label ? [text(x, y, label, "note")] : []),
  ]);
  return drawn({
    width: 890,
    height: 346,
    title: "The states of an execution",
    description: `queued, offered, started; then ${ENDS.join(", ")}, or unknown until the relay's journal or a person settles it; expired and cancelled before it starts.`,
    parts: [...arrows, ...boxes, ...ends],
  });
}
