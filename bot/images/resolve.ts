import { pinImage } from "../../relay/wire/image.ts";
import type { AskDeps } from "../relays/ask-relay.ts";
import { type Judged, judge, type Wish } from "../relays/judge.ts";
import { whyNone } from "../relays/judge-words.ts";
import { relaysNow } from "../relays/pick.ts";
import type { KnownRelay, RelayRegistry } from "../relays/registry.ts";
import { askImage } from "./ask.ts";

export interface ResolveDeps extends AskDeps {
  registry: RelayRegistry;
}

export interface Question {
  workspaceId: string;
  image: string;
  /** What commands ask of relays: one that matches any of these may answer. */
  wishes: readonly Wish[];
}

/** The image with its digest; or one line that says why nobody could tell. */
export type Resolution = { ok: true; image: string } | { ok: false; reason: string };

/** Shorter than whoever asks over HTTP waits. */
const PATIENCE_MS = 240_000;
const ASK_AGAIN_MS = 500;

/** The first matching relay that knows, or can pull it, is believed: others must have those bytes. */
export async function resolveImage(deps: ResolveDeps, question: Question): Promise<Resolution> {
  const relays = relaysNow(deps.registry, question.workspaceId);
  const asked = relays.filter((relay) => question.wishes.some((wish) => couldTake(relay, wish)));
  const known = asked.flatMap(({ id }) => deps.registry.find(id) ?? []);
  if (known.length === 0) {
    const [wish] = question.wishes;
    const why = wish ? whyNone(relays, wish) : "no command needs a container";
    return { ok: false, reason: `nobody can say what ${question.image} is: ${why}` };
  }
  const deadlineMs = deps.clock.monotonicMs() + PATIENCE_MS;
  let first: string | undefined;
  for (const relay of known) {
    const answer = await askUntil(deps, relay, question.image, deadlineMs);
    if (answer.ok) return answer;
    first ??= `${relay.name}: ${answer.reason}`;
  }
  return { ok: false, reason: first ?? "" };
}

/** One that is full can still look. */
function couldTake(relay: Judged, wish: Wish): boolean {
  return judge(relay, wish).obstacles.every(({ kind }) => kind === "full");
}

async function askUntil(
  deps: ResolveDeps,
  { id, key, epoch }: KnownRelay,
  image: string,
  deadlineMs: number,
): Promise<Resolution> {
  let pending = "it does not answer";
  while (epoch !== null) {
    const answer = await askImage(deps, { id, key, epoch }, image);
    if (answer?.digest !== undefined) return { ok: true, image: pinImage(image, answer.digest) };
    if (answer?.refusal) return { ok: false, reason: answer.refusal.reason };
    if (answer?.pending === undefined) break;
    pending = `it is still ${answer.pending}; enable the bundle again in a while`;
    if (deps.clock.monotonicMs() >= deadlineMs) break;
    await deps.clock.sleep(ASK_AGAIN_MS);
  }
  return { ok: false, reason: pending };
}
