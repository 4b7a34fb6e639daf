import { attemptKey } from "../../relay/journal/entry.ts";
import type { MessageBus, RequestOptions } from "../../relay/process/bus.ts";
import type { Clock } from "../../relay/process/clock.ts";
import type { AttemptName, Claim, Permit, Receipt } from "../../relay/wire/messages.ts";
import { through } from "./redeliveries.ts";

export interface PermitEvents {
  onReceipt(of: AttemptName): void;
  onPermit(isGranted: boolean): void;
}

/** What one life of a relay has asked of the bots and been told, as seen on the wire. */
export class Permits {
  readonly claimed = new Map<string, AttemptName>();

  readonly #clock: Clock;
  readonly #askedAtMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How long ago the question left that was answered with the newest permit. */
  ageOf(of: AttemptName): number {
    const askedAtMs = this.#askedAtMs.get(attemptKey(of));
    return askedAtMs === undefined
      ? Number.POSITIVE_INFINITY
      : this.#clock.monotonicMs() - askedAtMs;
  }

  observing(bus: MessageBus, events: PermitEvents): MessageBus {
    const request = async (subject: string, payload: Uint8Array, options: RequestOptions) => {
      const askedAtMs = this.#clock.monotonicMs();
      if (subject.endsWith(".claim")) this.#noteClaims(payload);
      const answer = await bus.request(subject, payload, options);
      if (subject.endsWith(".claim")) this.#notePermits(answer, askedAtMs, events);
      if (subject.endsWith(".result")) noteReceipts(answer, events);
      return answer;
    };
    return { ...through(bus), request };
  }

  #noteClaims(payload: Uint8Array): void {
    const { claims }: Claim = bodyOf(payload);
    for (const of of claims) this.claimed.set(attemptKey(of), of);
  }

  #notePermits(answer: Uint8Array, askedAtMs: number, { onPermit }: PermitEvents): void {
    const { permits }: Permit = bodyOf(answer);
    for (const permit of permits) {
      if (permit.granted) this.#askedAtMs.set(attemptKey(permit), askedAtMs);
      onPermit(permit.granted);
    }
  }
}

function noteReceipts(answer: Uint8Array, { onReceipt }: PermitEvents): void {
  const { receipts }: Receipt = bodyOf(answer);
  for (const { of, executionId, attempt } of receipts) {
    if (of === "result") onReceipt({ executionId, attempt });
  }
}

/** What a signed message says. */
export function bodyOf(payload: Uint8Array) {
  const [, body = ""] = Buffer.from(payload).toString("latin1").split(".");
  return JSON.parse(Buffer.from(body, "base64url").toString("utf8"));
}
