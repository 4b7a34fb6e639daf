import type { Live } from "../dispatch/live.ts";
import type { LiveView } from "./message.ts";

/** Shows an execution as it happens; resolves when its end has been shown. */
export function followExecution(live: Live, executionId: string, view: LiveView): Promise<void> {
  return new Promise((resolve, reject) => {
    const watching = live.watch(executionId, {
      state: (state, detail) => view.state(state, detail),
      output: (stream, bytes) => view.output(stream, bytes),
      ended: (end) => {
        watching.unwatch();
        view.ended(end).then(resolve, reject);
      },
    });
  });
}
