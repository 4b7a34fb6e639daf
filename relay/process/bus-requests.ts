import { BusError, type BusErrorCode, type RequestOptions } from "./bus.ts";
import { type Clock, systemClock } from "./clock.ts";

/** A request that waits for its reply. */
export interface PendingRequest {
  reply: Promise<Uint8Array>;
  answer(payload: Uint8Array): void;
  fail(code: BusErrorCode, message: string): void;
}

export interface PendingRequests {
  /** `onSettled` releases whatever listens for the reply. */
  open(subject: string, options: RequestOptions, onSettled: () => void): PendingRequest;
  failAll(code: BusErrorCode, message: string): void;
}

/** Deadline, abort and end of the bus are the same for every kind of bus. */
export function createPendingRequests(clock: Pick<Clock, "after"> = systemClock): PendingRequests {
  const pending = new Set<PendingRequest>();

  function open(subject: string, options: RequestOptions, onSettled: () => void): PendingRequest {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const { signal, timeoutMs } = options;
    const onAbort = () => request.fail("aborted", `request to ${subject} aborted`);
    const onTimeout = () => request.fail("timeout", `no reply to ${subject} in ${timeoutMs} ms`);
    const timer = clock.after(timeoutMs, onTimeout);
    const settle = () => {
      if (!pending.delete(request)) return false;
      timer.cancel();
      signal?.removeEventListener("abort", onAbort);
      onSettled();
      return true;
    };
    const request: PendingRequest = {
      reply: promise,
      answer(payload) {
        const take = () => void (settle() && resolve(payload));
        if (!options.isReply) return take();
        options.isReply(payload).then(
          (isReply) => isReply && take(),
          (error: unknown) => void (settle() && reject(error)),
        );
      },
      fail: (code, message) => void (settle() && reject(new BusError(code, message))),
    };
    pending.add(request);
    signal?.addEventListener("abort", onAbort);
    if (signal?.aborted) onAbort();
    return request;
  }

  return {
    open,
    failAll(code, message) {
      for (const request of [...pending]) request.fail(code, message);
    },
  };
}
