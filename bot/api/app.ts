import { type FastifyInstance, fastify } from "fastify";
import {
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from "fastify-type-provider-zod";
import { uuidv7 } from "../../relay/wire/ids.ts";
import type { ApiApp } from "./api-app.ts";
import { guard, type RoutePermission } from "./callers.ts";
import type { ApiDeps } from "./deps.ts";
import { answerBrokenRequest, answerError, answerNotFound, answerUnroutable } from "./errors.ts";
import { describeApi } from "./openapi.ts";
import { recordRefusedCalls } from "./refused-calls.ts";
import { addAuditRoutes } from "./routes/audit.ts";
import { addBotKeyRoutes } from "./routes/bot-keys.ts";
import { addBundleRoutes } from "./routes/bundles.ts";
import { addEventRoutes } from "./routes/events.ts";
import { addExecutionWaysOn } from "./routes/execution-ways-on.ts";
import { addExecutionRoutes } from "./routes/executions.ts";
import { addExplainRoutes } from "./routes/explain.ts";
import { addGrantRoutes } from "./routes/grants.ts";
import { addGroupRoutes } from "./routes/groups.ts";
import { addHealthRoutes } from "./routes/health.ts";
import { addInvocationRoutes } from "./routes/invocations.ts";
import { addPermissionRoutes } from "./routes/permissions.ts";
import { addRelayMatchRoutes } from "./routes/relay-match.ts";
import { addRelayPolicyRoutes } from "./routes/relay-policy.ts";
import { addRelayRoutes } from "./routes/relays.ts";
import { addRoleRoutes } from "./routes/roles.ts";
import { addRuleRoutes } from "./routes/rules.ts";
import { addUserRoutes } from "./routes/users.ts";
import { addWhoamiRoutes } from "./routes/whoami.ts";

const MAX_BODY_BYTES = 1024 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;

/** One route as it was declared. */
export interface DeclaredRoute {
  method: string;
  url: string;
  permission: RoutePermission | undefined;
}

/** The API, ready to listen, and every route that it has. */
export async function buildApp(deps: ApiDeps) {
  const app = fastify({
    logger: false,
    genReqId: () => uuidv7(),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    exposeHeadRoutes: false,
    forceCloseConnections: "idle",
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: answerUnroutable,
  }).withTypeProvider<ZodTypeProvider>();
  const routes: DeclaredRoute[] = [];
  app.addHook("onRoute", ({ method, url, config }) => {
    for (const one of [method].flat()) {
      routes.push({ method: one, url, permission: config?.permission });
    }
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  answerInProblems(app, deps);
  await describeApi(app, deps.version);
  addRoutes(app, deps);
  await app.ready();
  return { app, routes };
}

function answerInProblems(app: FastifyInstance, deps: ApiDeps): void {
  app.decorateRequest("caller", undefined);
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    reply.header("x-content-type-options", "nosniff");
    reply.header("cache-control", "no-store");
  });
  app.addHook("onRequest", guard(deps.dispatch.store));
  app.addHook("preSerialization", async (request, reply, payload) => {
    if (reply.statusCode < 400 || typeof payload !== "object" || payload === null) return payload;
    if (!("type" in payload)) return payload;
    reply.type("application/problem+json");
    return { ...payload, requestId: request.id };
  });
  app.addHook("onSend", recordRefusedCalls({ store: deps.dispatch.store, log: deps.log }));
  app.setErrorHandler(answerError(deps.log));
  app.setNotFoundHandler(answerNotFound);
}

function addRoutes(app: ApiApp, deps: ApiDeps): void {
  addHealthRoutes(app, deps);
  addWhoamiRoutes(app);
  addBundleRoutes(app, deps);
  addRelayRoutes(app, deps);
  addBotKeyRoutes(app, deps);
  addRelayMatchRoutes(app, deps);
  addRelayPolicyRoutes(app, deps);
  addExecutionRoutes(app, deps);
  addExecutionWaysOn(app, deps);
  addEventRoutes(app, deps);
  addInvocationRoutes(app, deps);
  addAuditRoutes(app, deps);
  addUserRoutes(app, deps);
  addGroupRoutes(app, deps);
  addRoleRoutes(app, deps);
  addGrantRoutes(app, deps);
  addPermissionRoutes(app, deps);
  addRuleRoutes(app, deps);
  addExplainRoutes(app, deps);
}
