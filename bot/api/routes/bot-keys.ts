import { announceChange } from "../../relays/changes.ts";
import type { ApiApp } from "../api-app.ts";
import { actorOf, callerOf } from "../callers.ts";
import { BotKey, BotKeyDropped, BotKeyList } from "../contracts/bot-keys.ts";
import type { ApiDeps } from "../deps.ts";
import { problems } from "../openapi.ts";
import { refusalOf } from "../refusals.ts";

export function addBotKeyRoutes(app: ApiApp, { dispatch, keyLists }: ApiDeps): void {
  app.get(
    "/api/v1/bot-keys",
    {
      config: { permission: "site:relays-read" },
      schema: {
        summary: "The keys of bots that relays believe",
        response: { 200: BotKeyList, ...problems },
      },
    },
    async () => {
      const { number, exp } = keyLists.current().list;
      const expiresAt = new Date(exp * 1000).toISOString();
      return { number, expiresAt, keys: keyLists.keys() };
    },
  );

  app.post(
    "/api/v1/bot-keys/:kid/drop",
    {
      config: { permission: "site:relays-manage" },
      schema: {
        summary: "Sign a key list without this key: relays believe nothing more that it signs",
        params: BotKey,
        response: { 200: BotKeyDropped, ...problems },
      },
    },
    async (request, reply) => {
      const { workspaceId } = callerOf(request);
      const outcome = await keyLists.drop(workspaceId, request.params.kid, actorOf(request));
      if (!outcome.ok) {
        const { status, body } = refusalOf(outcome);
        return reply.code(status).send(body);
      }
      await announceChange(dispatch);
      return { changed: outcome.changed, number: outcome.value };
    },
  );
}
