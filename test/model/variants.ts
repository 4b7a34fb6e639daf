import type { Journal } from "../../relay/journal/journal.ts";
import type { MessageBus } from "../../relay/process/bus.ts";
import { audienceOf, fromBot, signAsBot } from "../../relay/wire/envelope.ts";
import type { Claim } from "../../relay/wire/messages.ts";
import { bodyOf } from "./permits.ts";
import { through } from "./redeliveries.ts";
import { forgettingNumbers } from "./same-number.ts";
import type { RelayParts, Variant } from "./variant.ts";

/** What each line of the protocol is for: without it, this is what goes wrong, and how soon. */
export const VARIANTS: readonly Variant[] = [
  {
    name: "all lives of a relay share one epoch",
    within: 300,
    epoch: (drawn) => drawn.replace(/n\d+$/, "n1"),
  },
  {
    name: "a permit leaves before its commit",
    within: 300,
    executions: (inner) => ({
      ...inner,
      async start(key, by) {
        inner.start(key, by).catch(() => {});
        return { answer: "granted", replyBot: "bot0n1" };
      },
    }),
  },
  {
    name: "a receipt leaves before its commit",
    within: 300,
    executions: (inner) => ({
      ...inner,
      async settle(...args) {
        inner.settle(...args).catch(() => {});
        return "settled";
      },
    }),
  },
  {
    name: "a relay starts what it is offered, without a claim",
    within: 100,
    relayBus: startAtOnce,
  },
  {
    name: "a message that comes a second time counts as a new one",
    within: 200,
    forgetsOffers: true,
    weather: { loss: 0, doubling: 0.5, lateness: 0.3, latestMs: 1000 },
  },
  { name: "a permit is good for ever", within: 500, permitMs: Number.POSITIVE_INFINITY },
  {
    name: "what goes back to the queue keeps its number",
    within: 300,
    database: forgettingNumbers,
  },
  { name: "a journal forgets a result before its receipt", within: 500, journal: forgetEarly },
];

/** The relay is its own bot: it permits whatever it asks for. */
function startAtOnce({ bus, relayId, epoch, botKey, botId, wallMs }: RelayParts): MessageBus {
  return {
    ...through(bus),
    async request(subject, payload, options) {
      if (!subject.endsWith(".claim")) return bus.request(subject, payload, options);
      const { nonce, claims }: Claim = bodyOf(payload);
      const permits = claims.map((of) => ({ ...of, granted: true, replyBot: botId }));
      const to = { iss: botId, aud: audienceOf(relayId, epoch), nowMs: wallMs(), ttlMs: 10_000 };
      return signAsBot(botKey, fromBot.permit, to, { nonce, permits });
    },
  };
}

function forgetEarly(journal: Journal): void {
  const append = journal.append.bind(journal);
  journal.append = async (entry) => {
    await append(entry);
    const { executionId, attempt } = entry;
    if (entry.kind === "finished") await append({ kind: "settled", executionId, attempt });
  };
}
