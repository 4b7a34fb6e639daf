import type { ApiApp } from "../api-app.ts";
import { callerOf } from "../callers.ts";
import { Whoami } from "../contracts/whoami.ts";
import { problems } from "../openapi.ts";

export function addWhoamiRoutes(app: ApiApp): void {
  app.get(
    "/api/v1/whoami",
    {
      config: { permission: "signed-in" },
      schema: { summary: "Whose token this is", response: { 200: Whoami, ...problems } },
    },
    async (request) => {
      const { permissions, groups, roles, ...caller } = callerOf(request);
      return {
        ...caller,
        groups: [...groups].sort(),
        roles: [...roles].sort(),
        permissions: [...permissions].sort(),
      };
    },
  );
}
