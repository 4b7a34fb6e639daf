import type { BusMessage, MessageBus, MessageHandler } from "../../relay/process/bus.ts";

/** Tells messages that come for the first time from those that come again. */
export function redeliveries(bus: MessageBus): { first: MessageBus; again: MessageBus } {
  const seen = new Set<string>();
  let takesAgain: MessageHandler = () => {};
  const first: MessageBus = {
    ...through(bus),
    subscribe: (subject, options, handler) =>
      bus.subscribe(subject, options, (message: BusMessage) => {
        const text = Buffer.from(message.payload).toString("latin1");
        if (seen.has(text)) return takesAgain(message);
        seen.add(text);
        return handler(message);
      }),
  };
  const again: MessageBus = {
    ...through(bus),
    subscribe(_subject, _options, handler) {
      takesAgain = handler;
      return { unsubscribe: () => {} };
    },
  };
  return { first, again };
}

/** Another bus in front of this one, which may change some of it. */
export function through(bus: MessageBus): MessageBus {
  return {
    request: (...args) => bus.request(...args),
    publish: (...args) => bus.publish(...args),
    subscribe: (...args) => bus.subscribe(...args),
    flush: () => bus.flush(),
    onStatus: (...args) => bus.onStatus(...args),
    stop: () => bus.stop(),
  };
}
