/** A test that shows it: its file below `test/`, and its title or that of its group; `…` is filled in. */
type Shown = readonly [file: string, title: string];

/** What happens, and what then holds. */
export interface Failure {
  what: string;
  callerSees: string;
  runs: string;
  onRecord: string;
  heals: string;
  shownBy: readonly Shown[];
}

const DISPATCH = "bot/dispatch/dispatch.test.ts";
const STORE = "bot/dispatch/execution-store.contract.ts";
const ENDS = "bot/dispatch/ends.test.ts";
const AGENT = "relay/agent/agent.test.ts";
const RECOVER = "relay/execution/recover.test.ts";
const KILLED = [
  "faults/relay-killed.test.ts",
  "a relay killed at %s: %s, once, and nothing is lost",
] as const;

const CHAOS = [
  "chaos/chaos.test.ts",
  "whatever goes wrong, nothing runs twice, and every end and all output are there",
] as const;
const MODEL = ["model/shard.ts", "every contract holds in … schedules from %i on"] as const;

const OF_THE_BOT: readonly Failure[] = [
  {
    what: "a bot is killed at any step, from the record to the answer",
    callerSees: "the answer, when a bot is back",
    runs: "once",
    onRecord: "nothing less: the queue is the table",
    heals: "any bot offers what is queued, permits what is claimed, takes what is sent",
    shownBy: [
      ["faults/bot-killed.test.ts", "a bot killed at %s: it succeeds once, and is answered"],
    ],
  },
  {
    what: "the connection to Postgres breaks at any statement, before, while or after it is executed",
    callerSees: "the end, or “nothing was run”, or “unknown” where nobody can tell",
    runs: "once or never, as was said",
    onRecord: "each statement wholly or not at all",
    heals: "what was to be written is looked up by its id; the relay asks again",
    shownBy: [
      ["bot/invocation/handle-faults.test.ts", "while %s"],
      [
        "bot/invocation/handle-faults.test.ts",
        "because the commit is refused: nothing is run, and that is said",
      ],
    ],
  },
  {
    what: "Postgres is restarted while a bot or a relay stands at any step",
    callerSees: "the end, later",
    runs: "once",
    onRecord: "all that was confirmed",
    heals: "nothing is answered meanwhile; relays ask again",
    shownBy: [
      ["faults/restart-cells.ts", "while a relay stands at %s: it succeeds once"],
      ["faults/restart-cells.ts", "while a bot stands at %s: it succeeds once"],
      ["bot/invocation/handle-restarts.test.ts", "Postgres restarted by %s"],
    ],
  },
  {
    what: "one chat message is delivered to two bots, or again after a restart",
    callerSees: "one answer",
    runs: "once",
    onRecord: "one invocation, by the message's id",
    heals: "nothing to heal",
    shownBy: [
      [
        "bot/invocation/handle-faults.test.ts",
        "at once to two bots runs once, and is answered once",
      ],
    ],
  },
];

const OF_THE_WIRE: readonly Failure[] = [
  {
    what: "NATS is restarted while a bot or a relay stands at any step",
    callerSees: "the end, later",
    runs: "once",
    onRecord: "as ever",
    heals: "both connect again and repeat what was not answered",
    shownBy: [["faults/restart-cells.ts", "while a relay stands at %s: it succeeds once"]],
  },
  {
    what: "a relay is cut off, with its connection closed or hanging, while its command prints",
    callerSees: "unreachable after 15 s; `unknown` after `lost_after`; then its end",
    runs: "once, to its end",
    onRecord: "`unknown`, then the relay's result; the output byte for byte",
    heals: "output and result are sent when it is back",
    shownBy: [
      [
        "faults/cut-off.test.ts",
        "a relay cut off while its command prints (%s): afterwards the output is there, byte for byte",
      ],
    ],
  },
  {
    what: "an offer or its answer is lost, or nobody listens",
    callerSees: "that it waits, and why",
    runs: "nothing in that attempt, ever",
    onRecord: "attempt + 1",
    heals: "the next relay is asked, or the same one a little later",
    shownBy: [
      [DISPATCH, "that is offered and not claimed in time is offered again under another number"],
      [DISPATCH, "goes to the next relay when one does not listen any more"],
    ],
  },
  {
    what: "a claim or its permit is lost",
    callerSees: "nothing of it",
    runs: "once",
    onRecord: "one start",
    heals: "the relay asks again and gets the same answer",
    shownBy: [
      [AGENT, "is made again until it is answered, and starts once"],
      [STORE, "is granted to whom it was offered, and again when asked again"],
    ],
  },
  {
    what: "a permit is late",
    callerSees: "nothing of it",
    runs: "once",
    onRecord: "one start",
    heals: "older than 10 s since the question it starts nothing; the relay asks again",
    shownBy: [[AGENT, "whose permit has grown old is made again before anything starts"]],
  },
  {
    what: "output, a result or a receipt is lost",
    callerSees: "output a little later",
    runs: "nothing anew",
    onRecord: "each byte and the result, once",
    heals: "the relay sends until it has a receipt; to any bot when the owner of the reply is gone",
    shownBy: [
      [AGENT, "keeps its result until a bot confirms it"],
      [AGENT, "sends output to the bot that owns the reply, or to any when that one is gone"],
      [STORE, "is stored once for each offset, and the end of what is there is told"],
    ],
  },
  {
    what: "a message comes twice",
    callerSees: "nothing of it",
    runs: "once",
    onRecord: "once",
    heals:
      "an offer is answered twice and started once; a result gets a receipt and changes nothing",
    shownBy: [
      [AGENT, "that comes twice is answered twice and started once"],
      [DISPATCH, "is confirmed again when it is sent again, and ends the invocation once"],
    ],
  },
  {
    what: "a message of long ago, or of an earlier life, comes again",
    callerSees: "nothing of it",
    runs: "nothing",
    onRecord: "a count of what was refused",
    heals: "attempt, epoch, nonce or expiry does not fit",
    shownBy: [
      ["attack/replayed-to-relay.test.ts", "what was once true, said again"],
      [
        "attack/replayed-to-relay.test.ts",
        "all that was said to one life of a relay is nothing to the next",
      ],
    ],
  },
  {
    what: "somebody on the bus writes messages of their own",
    callerSees: "nothing of it",
    runs: "nothing",
    onRecord: "`message.refused`, at most once a minute each",
    heals: "signature, audience and kind do not fit",
    shownBy: [
      [
        "attack/forged-to-relay.test.ts",
        "starts nothing as a permit; the honest one does, asked again",
      ],
      ["attack/forged-to-bot.test.ts", "is no claim, and the honest one is"],
    ],
  },
  {
    what: "somebody has all NATS credentials of a bot, or those of a relay and its key",
    callerSees: "delays at most",
    runs: "nothing of theirs; with a relay's, what that relay is offered",
    onRecord: "`message.refused`",
    heals: "new credentials; `aldis relay remove` for a relay",
    shownBy: [
      [
        "attack/bot-credentials.test.ts",
        "runs nothing: neither by old offers nor by answering claims first",
      ],
      ["attack/relay-credentials.test.ts", "says nothing of another's execution in its own name"],
      ["attack/unguarded.test.ts", "swallows another's claims as a bot would: they are made again"],
    ],
  },
];

const OF_THE_RELAY: readonly Failure[] = [
  {
    what: "a relay is killed after an offer and before its permit is on disk",
    callerSees: "the end, later",
    runs: "once, in a later attempt",
    onRecord: "`not-begun`, attempt + 1",
    heals: "its journal says that nothing began",
    shownBy: [
      KILLED,
      [RECOVER, "a claim without a permit on disk has certainly not begun, and says so"],
    ],
  },
  {
    what: "a relay is killed while the command may run",
    callerSees: "`interrupted`, with the output until then",
    runs: "no more: what is left is ended; once more where it is at-least-once",
    onRecord: "`interrupted`, or attempt + 1",
    heals: "its journal, when it is back",
    shownBy: [
      KILLED,
      [
        RECOVER,
        "a command that ran when the relay crashed is ended and told as interrupted, with its output",
      ],
      [ENDS, "B40 is started again when its relay was interrupted, and ends with the last start"],
    ],
  },
  {
    what: "a relay is killed after the command's end",
    callerSees: "the end, later",
    runs: "nothing anew",
    onRecord: "the result that was signed, the very same",
    heals: "it is sent again from the journal",
    shownBy: [KILLED, [RECOVER, "a result that nobody has confirmed is sent again, the very same"]],
  },
  {
    what: "a relay does not come back",
    callerSees: "`unknown` after `lost_after`, and what can be done",
    runs: "nobody knows; once more where it is at-least-once",
    onRecord: "`unknown` until a person marks it",
    heals: "a person, or the relay after all: its result then stands beside the mark",
    shownBy: [
      [STORE, "of lost_after makes it unknown, and the relay's result settles that"],
      [ENDS, "is marked by a person, and what the relay says later stands beside the mark"],
      [
        ENDS,
        "B44 is started again when its relay is lost, as often as the bundle says and no more",
      ],
    ],
  },
  {
    what: "a relay's disk is lost, and the relay comes back in another life",
    callerSees: "`unknown` after `lost_after`",
    runs: "nothing anew",
    onRecord: "`unknown`; the output that was confirmed",
    heals: "a person",
    shownBy: [[DISPATCH, "speaks no more for what its earlier life ran: it becomes unknown"]],
  },
  {
    what: "a relay's disk takes nothing",
    callerSees: "that it waits, and for which reason; what prints there is ended",
    runs: "nothing without a journal",
    onRecord: "the refusal `disk`",
    heals: "offers are taken again once the journal can be written",
    shownBy: [
      ["relay/journal/journal.test.ts", "tells a fault, and that it has passed"],
      ["relay/execution/spool.test.ts", "tells the one who writes when the disk does not take it"],
      ["relay/runtime/runtime.contract.ts", "a sink that fails ends the command and is told"],
    ],
  },
  {
    what: "a relay is asked to stop",
    callerSees: "the end, or `interrupted`",
    runs: "to its end within `relay.stop_deadline`",
    onRecord: "its results, before it ends",
    heals: "nothing to heal",
    shownBy: [[AGENT, "announces it, refuses offers, and ends what does not finish in time"]],
  },
  {
    what: "a relay is removed while it runs something",
    callerSees: "`unknown`",
    runs: "to its end, unheard",
    onRecord: "`unknown`; the change itself",
    heals: "a person",
    shownBy: [
      [
        "bot/invocation/handle-removed.test.ts",
        "its relay is removed: it becomes unknown, and that is told",
      ],
      [
        "bot/relays/nats-life.test.ts",
        "is cut off within a second and cannot come back; another stays",
      ],
    ],
  },
];

const OF_THE_REST: readonly Failure[] = [
  {
    what: "a clock is more than 30 s off",
    callerSees: "that it waits, and for which relay",
    runs: "nothing new there",
    onRecord: "nothing wrong",
    heals:
      "messages count again when the clock is right; silence and `lost_after` go by the database's clock",
    shownBy: [
      ["attack/forged-to-relay.test.ts", "is no offer, and the honest one is"],
      [STORE, "of lost_after makes it unknown, and the relay's result settles that"],
    ],
  },
  {
    what: "a bot, a relay or NATS stands still for a while, and goes on",
    callerSees: "unreachable after 15 s; the end, later",
    runs: "once",
    onRecord: "as after a cut",
    heals: "permits that grew old meanwhile start nothing; what was not answered is asked again",
    shownBy: [CHAOS, MODEL],
  },
  {
    what: "a clock jumps, or a host loses its power",
    callerSees: "the end, or `unknown`",
    runs: "at most once",
    onRecord: "what the journal had on disk",
    heals: "permits age by the monotonic clock, silence by the database's; the journal speaks",
    shownBy: [MODEL],
  },
  {
    what: "a person cancels just before, while or after it begins",
    callerSees: "`cancelled`, or the end that it had already",
    runs: "no more",
    onRecord: "the wish, and what the relay says",
    heals: "the wish is sent until there is a result",
    shownBy: [
      [DISPATCH, "is not given for what was cancelled before it started"],
      [DISPATCH, "is a wish until the relay confirms it"],
      [AGENT, "of an execution that is cancelled meanwhile ends as cancelled, and nothing begins"],
    ],
  },
  {
    what: "all of these at once, at random",
    callerSees: "an end, or `unknown`",
    runs: "at most once",
    onRecord: "every end and all output",
    heals: "as above",
    shownBy: [CHAOS, MODEL, ["model/variants.test.ts", "is found out: $name"]],
  },
];

export const FAILURES: readonly Failure[] = [
  ...OF_THE_BOT,
  ...OF_THE_WIRE,
  ...OF_THE_RELAY,
  ...OF_THE_REST,
];

/** The table of the page. */
export function failureTable(): string {
  const rows = FAILURES.map(({ what, callerSees, runs, onRecord, heals, shownBy }) => {
    const tests = shownBy.map(([file, title]) => `[${title}](../test/${file})`).join("; ");
    return `| ${[what, callerSees, runs, onRecord, heals, tests].join(" | ")} |\n`;
  });
  const columns = [
    "what happens",
    "the caller sees",
    "what runs",
    "on record",
    "how it heals",
    "shown by",
  ];
  return `| ${columns.join(" | ")} |\n|${"---|".repeat(columns.length)}\n${rows.join("")}`;
}
