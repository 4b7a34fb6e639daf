import { explainLive, type Explained as Live } from "../../invocation/explain-live.ts";
import type { Decision } from "../../rules/decide.ts";
import type { ApiApp } from "../api-app.ts";
import { actorOf, callerOf } from "../callers.ts";
import { Explained, type ExplainedPermission, ExplainRule } from "../contracts/rules.ts";
import type { ApiDeps } from "../deps.ts";
import { problems } from "../openapi.ts";
import { forbidden, notFound } from "../problems.ts";
import { refusalOf } from "../refusals.ts";

const SEES_OTHERS = "site:access-read";

export function addExplainRoutes(app: ApiApp, { dispatch, views }: ApiDeps): void {
  const { store, registry } = dispatch;

  app.post(
    "/api/v1/rules/explain",
    {
      config: { permission: "signed-in" },
      schema: {
        summary: `Why a line is allowed or denied; about others, or for a relay, it needs ${SEES_OTHERS}`,
        body: ExplainRule,
        response: { 200: Explained, ...problems },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { as: user = caller.name, relay: relayName, ...said } = request.body;
      const mayAsk = caller.permissions.has(SEES_OTHERS);
      // Which users and relays there are is not for everybody to find out.
      const isOwn = user === caller.name && relayName === undefined;
      if (!isOwn && !mayAsk) return reply.code(403).send(forbidden(SEES_OTHERS));
      const known = registry.list(caller.workspaceId);
      const relay = known.find(({ name }) => name === relayName);
      if (relayName !== undefined && !relay) {
        return reply.code(404).send(notFound(`there is no relay ${relayName}`));
      }
      const wish = { ...said, workspaceId: caller.workspaceId, user, relay, seesAll: mayAsk };
      const found = await explainLive(
        { store, views, now: () => new Date() },
        wish,
        actorOf(request),
      );
      if (found.ok) return reply.code(200).send(explained(user, found, mayAsk));
      const { status, body } = refusalOf(found);
      return reply.code(status).send(body);
    },
  );
}

/** Which roles and groups there are is for whoever may see them. */
function explained(user: string, live: Live, mayAsk: boolean): Explained {
  const { decision, answer, target, trial } = live.explanation;
  return {
    user,
    suspended: live.isSuspended,
    decision,
    ...(answer !== undefined && { answer }),
    ...(target && { command: { bundle: target.bundle.name, command: target.command.name } }),
    ...(trial && reasonsOf(trial.decision)),
    rules: trial?.rules.map((rule) => ({ ...rule })) ?? [],
    openTags: [...(trial?.openTags ?? [])],
    permissions: live.paths.map((each) => permissionOf(each, mayAsk)),
    ask: isAskShown(live, mayAsk) ? [...live.ask] : [],
  };
}

/** A denial in chat names them where a permission is missing, and nowhere else. */
function isAskShown({ explanation }: Live, mayAsk: boolean): boolean {
  const decision = explanation.trial?.decision;
  return mayAsk || (decision?.allowed === false && decision.reason === "missing-permission");
}

function reasonsOf(decision: Decision) {
  const matched = decision.matched.map((match) => ({ ...match }));
  if (decision.allowed) return { matched };
  const { reason, message, because, missing } = decision;
  return {
    matched,
    reason,
    message,
    ...(because !== undefined && { because }),
    ...(missing && { missing: [...missing] }),
  };
}

function permissionOf(
  { name, held, paths, roles, groups }: Live["paths"][number],
  mayAsk: boolean,
): ExplainedPermission {
  const isShown = mayAsk && !held;
  return {
    name,
    held,
    paths: paths.map((path) => ({ ...path, expiresAt: path.expiresAt?.toISOString() ?? null })),
    roles: isShown ? roles : [],
    groups: isShown ? groups : [],
  };
}
