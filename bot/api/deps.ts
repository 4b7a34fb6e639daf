import type { Registry } from "prom-client";
import type { Address } from "../../relay/process/config-types.ts";
import type { Logger } from "../../relay/process/logger.ts";
import type { DispatchDeps } from "../dispatch/dispatch.ts";
import type { Conversation, Message } from "../invocation/message.ts";
import type { Views } from "../invocation/view.ts";
import type { HeldKeyList } from "../relays/held-key-list.ts";
import type { NatsAuthority } from "../relays/nats-authority.ts";

/** All that the API works with; built by main. */
export interface ApiDeps {
  address: Address;
  /** The one way in for a typed line: `handle` of the flow, with its deps applied. */
  handle(message: Message, conversation: Conversation): Promise<void>;
  views: Views;
  /** Store, registry and live view are taken from here. */
  dispatch: DispatchDeps;
  /** What relays pin; printed in join tokens. */
  authorityFingerprint: string;
  /** Whose signatures relays believe; newcomers are told its number. */
  keyLists: HeldKeyList;
  /** Where relays reach the bus; absent where the bus is inside this process. */
  natsUrlForRelays: string | undefined;
  /** Vouches for relays to the NATS server, and cuts them off; absent where users are shared. */
  nats?: NatsAuthority | undefined;
  metrics: Registry;
  readiness(): Promise<Readiness>;
  log: Logger;
  version: string;
}

/** `true`: ready. Otherwise not, and a text says why. */
export interface Readiness {
  database: boolean | string;
  bus: boolean | string;
}
