/** What schedules must meet now and then, or the contracts would hold for want of trouble. */
export const COMMON: readonly string[] = [
  ...["new → queued", "new → offered", "queued → offered", "offered → queued"],
  ...["offered → started", "started → queued", "started → unknown"],
  ...["started → succeeded", "started → failed", "started → timed-out", "started → cancelled"],
  ...["started → interrupted"],
  ...["queued → cancelled", "offered → cancelled", "queued → expired"],
  ...[
    "offer taken",
    "permitted",
    "claim refused",
    "permit aged",
    "begun",
    "receipted",
    "forgotten",
  ],
  ...["result settled", "result requeued", "result repeat", "result late", "result not yours"],
  ...["recovered: claimed", "recovered: permitted", "recovered: created", "recovered: finished"],
  ...["died: claimed", "died: permitted", "died: created", "died: finished"],
  ...["database: refused", "database: answer lost", "recording tried again"],
  ...["message lost", "message doubled", "message cut off"],
  ...["offer refused: capacity", "offer refused: disk"],
  ...["offer refused: repeated"],
  ...["relay refused aldis-offer: wrong-audience", "relay refused aldis-challenge: wrong-audience"],
  ...["relay refused aldis-receipt: wrong-audience", "relay refused aldis-offer: expired"],
  ...["relay refused aldis-challenge: early", "relay could not start"],
  ...["bot kill", "bot pause", "bot cut", "bot jump"].map((trouble) => `trouble: ${trouble}`),
  ...["kill", "pause", "cut", "jump", "power", "wipe", "stop", "full", "suspend", "remove"].map(
    (trouble) => `trouble: relay ${trouble}`,
  ),
];

/** Met too, but only where many schedules are played. */
export const RARE: readonly string[] = [
  ...["unknown → succeeded", "unknown → failed", "unknown → interrupted", "unknown → queued"],
  ...["offer refused: draining", "relay refused aldis-permit: expired", "lost from the journal"],
];
