import { connect, createServer, type NetConnectOpts, type Server, type Socket } from "node:net";

/** A wire between two programs that a test can cut. */
export interface CutProxy {
  port: number;
  /** Ends every connection, and refuses new ones until `heal`. */
  cut(): void;
  /** Connections stay open and nothing comes through; what is under way is lost at `heal`. */
  hush(): void;
  heal(): void;
  stop(): Promise<void>;
}

export async function startCutProxy(target: NetConnectOpts): Promise<CutProxy> {
  let state: "whole" | "cut" | "hushed" = "whole";
  const pairs = new Set<readonly [Socket, Socket]>();

  const server = createServer((near) => {
    near.on("error", () => {});
    if (state === "cut") return void near.destroy();
    const far = connect(target);
    const pair = [near, far] as const;
    pairs.add(pair);
    far.on("error", () => {});
    near.on("close", () => far.destroy());
    far.on("close", () => {
      pairs.delete(pair);
      near.destroy();
    });
    pass(near, far);
    pass(far, near);
  });

  function pass(from: Socket, to: Socket): void {
    from.on("data", (bytes) => {
      if (state === "hushed" || to.destroyed || to.write(bytes)) return;
      from.pause();
      to.once("drain", () => from.resume());
    });
  }

  function endAll(): void {
    for (const [near, far] of pairs) {
      near.destroy();
      far.destroy();
    }
  }

  return {
    port: await listen(server),
    cut() {
      state = "cut";
      endAll();
    },
    hush() {
      state = "hushed";
    },
    heal() {
      if (state === "hushed") endAll();
      state = "whole";
    },
    async stop() {
      endAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    });
  });
}
