import { matches, printSelector, type Selector } from "../../../relay/wire/selector.ts";
import { listBundles } from "../../bundles/installed.ts";
import { changePolicy, EVERY_BUNDLE, listPolicies, readPolicy } from "../../relays/policy.ts";
import type { RelayRegistry } from "../../relays/registry.ts";
import type { Store } from "../../store/pool.ts";
import type { ApiApp } from "../api-app.ts";
import { actorOf, callerOf } from "../callers.ts";
import { ChangedPolicy, NewPolicy, PolicyList } from "../contracts/relay-policy.ts";
import type { ApiDeps } from "../deps.ts";
import { problems } from "../openapi.ts";
import { notFound, unprocessable } from "../problems.ts";
import { refusalOf } from "../refusals.ts";

export function addRelayPolicyRoutes(app: ApiApp, deps: ApiDeps): void {
  const { store, registry } = deps.dispatch;

  app.get(
    "/api/v1/relays/policy",
    {
      config: { permission: "site:relays-read" },
      schema: {
        summary: "What every relay must match that takes a command",
        response: { 200: PolicyList, ...problems },
      },
    },
    async (request) => {
      const policies = await listPolicies(store, callerOf(request).workspaceId);
      return {
        policies: policies.map(({ bundle, changedAt, ...policy }) => ({
          ...policy,
          bundle: bundle === EVERY_BUNDLE ? null : bundle,
          changedAt: changedAt.toISOString(),
        })),
      };
    },
  );

  app.put(
    "/api/v1/relays/policy",
    {
      config: { permission: "site:relays-manage" },
      schema: {
        summary:
          "Set or clear it, for all or for one bundle; what waits already keeps the one before",
        body: NewPolicy,
        response: { 200: ChangedPolicy, ...problems },
      },
    },
    async (request, reply) => {
      const { workspaceId } = callerOf(request);
      const { selector: text, bundle = EVERY_BUNDLE } = request.body;
      const read = text === null ? undefined : readPolicy(text);
      if (read?.ok === false) return reply.code(422).send(unprocessable(read.message, []));
      if (read && !(await isInstalled(store, workspaceId, bundle))) {
        return reply.code(404).send(notFound(`no bundle ${bundle} is installed`));
      }
      const wish = { bundle, selector: read?.selector };
      const outcome = await changePolicy(store, workspaceId, wish, actorOf(request));
      if (!outcome.ok) {
        const { status, body } = refusalOf(outcome);
        return reply.code(status).send(body);
      }
      return reply.code(200).send({
        changed: outcome.changed,
        selector: read ? printSelector(read.selector) : null,
        ...countMatching(registry, workspaceId, read?.selector),
      });
    },
  );
}

async function isInstalled(store: Store, workspaceId: string, bundle: string): Promise<boolean> {
  if (bundle === EVERY_BUNDLE) return true;
  return (await listBundles(store, workspaceId)).some(({ name }) => name === bundle);
}

function countMatching(
  registry: RelayRegistry,
  workspaceId: string,
  selector: Selector | undefined,
): { matching: number; relays: number } {
  const relays = registry.list(workspaceId).filter(({ state }) => state !== "removed");
  const matching = relays.filter(({ tags }) => !selector || matches(selector, tags));
  return { matching: matching.length, relays: relays.length };
}
