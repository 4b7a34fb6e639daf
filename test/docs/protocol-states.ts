/** Some of the changes of an execution's state, with the same cause. */
export interface StateChange {
  from: readonly string[];
  to: readonly string[];
  /** Who causes it, and when. */
  cause: string;
  /** The function of the database that does it; none where the table merely would let it. */
  sql?: string;
}

export const ENDS = ["succeeded", "failed", "timed-out", "cancelled", "interrupted"] as const;

/** Every change of state: what makes it happen, and where. */
export const STATE_CHANGES: readonly StateChange[] = [
  {
    from: ["queued"],
    to: ["offered"],
    cause: "a bot, when a relay that matches has room and fewer run than `concurrency` lets",
    sql: "offer_execution",
  },
  {
    from: ["offered"],
    to: ["queued"],
    cause: "a bot: refused, nobody listening, or not claimed within `offer_timeout`; attempt + 1",
    sql: "requeue_execution",
  },
  {
    from: ["offered"],
    to: ["queued"],
    cause: "the relay's result `not-begun`, before its claim was answered; attempt + 1",
    sql: "settle_execution",
  },
  {
    from: ["offered"],
    to: ["started"],
    cause: "a bot, when the relay claims exactly what it was offered",
    sql: "start_execution",
  },
  {
    from: ["queued", "offered"],
    to: ["cancelled"],
    cause: "a person; at once",
    sql: "cancel_execution",
  },
  {
    from: ["queued"],
    to: ["expired"],
    cause: "a bot: no relay took it within `queue_timeout`",
    sql: "expire_execution",
  },
  { from: ["offered"], to: ["expired"], cause: "reserved; nothing does it today" },
  {
    from: ["started", "unknown"],
    to: ENDS,
    cause: "the relay's signed result; `cancelled` too, after a person's wish",
    sql: "settle_execution",
  },
  {
    from: ["started"],
    to: ["unknown"],
    cause: "whichever bot says so once no bot has heard the relay for `lost_after`",
    sql: "note_silence",
  },
  {
    from: ["started"],
    to: ["queued"],
    cause: "the same, where it is at-least-once and may be started once more; attempt + 1",
    sql: "note_silence",
  },
  {
    from: ["started", "unknown"],
    to: ["queued"],
    cause:
      "the relay's result `not-begun`; or `interrupted`, where it is at-least-once and may be started once more; attempt + 1",
    sql: "settle_execution",
  },
  {
    from: ["unknown"],
    to: ["succeeded", "failed"],
    cause: "a person's mark",
    sql: "mark_execution",
  },
];

/** Each pair once, as `from → to`. */
export function statePairs(): string[] {
  const pairs = STATE_CHANGES.flatMap(({ from, to }) =>
    from.flatMap((before) => to.map((after) => `${before} → ${after}`)),
  );
  return [...new Set(pairs)].sort();
}

/** The table of the page. */
export function stateTable(): string {
  const code = (words: readonly string[]) => words.map((word) => `\`${word}\``).join(", ");
  const rows = STATE_CHANGES.map(
    ({ from, to, cause, sql }) =>
      `| ${code(from)} | ${code(to)} | ${cause} | ${sql ? `\`${sql}\`` : ""} |\n`,
  );
  return `| from | to | who, and when | by |\n|---|---|---|---|\n${rows.join("")}`;
}
