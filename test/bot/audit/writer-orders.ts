import { z } from "zod";

export const Setup = z.object({
  url: z.string(),
  workspaceId: z.uuid(),
  name: z.string(),
  keyPem: z.string(),
  intervalMs: z.number(),
});
export type Setup = z.infer<typeof Setup>;

/** What a writer is told to do; `perSecond: 0` means as fast as it can. */
export type Order =
  | { order: "write"; perSecond: number; seconds: number }
  | { order: "hold" | "release" | "stop" };

export const Told = z.discriminatedUnion("told", [
  z.object({ told: z.literal("ready") }),
  z.object({ told: z.literal("holding") }),
  z.object({ told: z.literal("released") }),
  z.object({
    told: z.literal("written"),
    written: z.array(z.tuple([z.string(), z.number()])),
    slowestMs: z.number(),
  }),
]);
export type Told = z.infer<typeof Told>;
