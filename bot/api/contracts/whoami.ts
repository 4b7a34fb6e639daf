import { z } from "zod";

export const Whoami = z.object({
  userId: z.uuid(),
  name: z.string(),
  workspaceId: z.uuid(),
  groups: z.array(z.string()),
  roles: z.array(z.string()),
  permissions: z.array(z.string()),
});
export type Whoami = z.infer<typeof Whoami>;
