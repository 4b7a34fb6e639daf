import type { Pace, Urgency } from "../live/pace.ts";
import type { LivePlace, OutputFile } from "../live/place.ts";
import type { Content } from "./calls.ts";
import { LONGEST_FILE_BYTES } from "./limits.ts";
import { liveText } from "./live-text.ts";

/** How messages reach one conversation, whichever way it began. */
export interface Spot {
  /** The channel or thread that they go to. */
  channel: string;
  /** `once` is the same for the same message, however often it is sent. */
  post(content: Content, once: string): Promise<string>;
  edit(message: string, content: Content): Promise<void>;
}

/** One execution's message and file. */
export function discordPlace(pace: Pace, whereTo: () => Promise<Spot>, id: string): LivePlace {
  let posted = 0;

  async function run<T>(
    kind: "create" | "edit",
    turn: { urgency: Urgency; signal?: AbortSignal },
    send: (spot: Spot) => Promise<T>,
  ): Promise<T> {
    const spot = await whereTo();
    const counts = ["all", `${kind} ${spot.channel}`];
    return pace.run({ counts, ...turn, send: () => send(spot) });
  }

  return {
    post(content, turn) {
      const once = `${id} shown ${posted++}`;
      return run("create", turn, (spot) => spot.post(liveText(content()), once));
    },
    edit: (message, content, turn) =>
      run("edit", turn, (spot) => spot.edit(message, liveText(content()))),
    async attach(file) {
      const content = withFile(file);
      await run("create", { urgency: "soon" }, (spot) => spot.post(content, `${id} attached`));
    },
  };
}

/** What Discord would not take whole loses its beginning, and says so. */
function withFile({ name, bytes }: OutputFile): Content {
  if (bytes.length <= LONGEST_FILE_BYTES) return { content: "", file: { name, bytes } };
  const end = bytes.subarray(bytes.length - LONGEST_FILE_BYTES);
  const content = `the last ${end.length} of ${bytes.length} bytes; the API has all of them`;
  return { content, file: { name, bytes: end } };
}
