import {
  addOperatorRule,
  listOperatorRules,
  removeOperatorRule,
} from "../../access/operator-rules.ts";
import { askedFor } from "../../invocation/explain.ts";
import { checkOperatorRule, type RuleCheck } from "../../invocation/operator-rules.ts";
import { printRule } from "../../rules/print.ts";
import type { ApiApp } from "../api-app.ts";
import { actorOf, callerOf } from "../callers.ts";
import { Changed } from "../contracts/people.ts";
import type { Problem } from "../contracts/problem.ts";
import { AddedRule, NewRule, RuleKey, RuleList } from "../contracts/rules.ts";
import type { ApiDeps } from "../deps.ts";
import { newestView } from "../newest-view.ts";
import { problems } from "../openapi.ts";
import { notFound, unprocessable } from "../problems.ts";
import { changedOf, refusalOf } from "../refusals.ts";

export function addRuleRoutes(app: ApiApp, deps: ApiDeps): void {
  const { store } = deps.dispatch;
  const manage = { permission: "site:access-manage" } as const;

  app.get(
    "/api/v1/rules",
    {
      config: { permission: "site:access-read" },
      schema: {
        summary: "The operators' own rules, beside those of bundles",
        response: { 200: RuleList, ...problems },
      },
    },
    async (request) => {
      const rules = await listOperatorRules(store, callerOf(request).workspaceId);
      return {
        rules: rules.map(({ bundle, command, createdAt, ...rule }) => ({
          ...rule,
          command: `${bundle}:${command}`,
          createdAt: createdAt.toISOString(),
        })),
      };
    },
  );

  app.post(
    "/api/v1/rules",
    {
      config: manage,
      schema: {
        summary: "Add a rule about a command of an enabled bundle; it stays through upgrades",
        body: NewRule,
        response: { 200: AddedRule, ...problems },
      },
    },
    async (request, reply) => {
      const { workspaceId } = callerOf(request);
      const view = await newestView(deps, callerOf(request));
      const check = checkOperatorRule(request.body.rule, view.bundles, view.declared);
      if (!check.ok) {
        const { status, body } = faultOf(check);
        return reply.code(status).send(body);
      }
      const { bundle, command } = check.target;
      const rule = {
        bundle: bundle.name,
        command: command.name,
        rule: printRule(check.rule),
        asksFor: askedFor([check.rule]),
      };
      const added = await addOperatorRule(store, workspaceId, rule, actorOf(request));
      if (!added.ok) {
        const { status, body } = refusalOf(added);
        return reply.code(status).send(body);
      }
      const { id } = added.value;
      const { changed } = added;
      return reply.code(200).send({ id, command: check.rule.command, rule: rule.rule, changed });
    },
  );

  app.delete(
    "/api/v1/rules/:id",
    {
      config: manage,
      schema: {
        summary: "Remove a rule of the operators' own",
        params: RuleKey,
        response: { 200: Changed, ...problems },
      },
    },
    async (request, reply) => {
      const { workspaceId } = callerOf(request);
      const { id } = request.params;
      const { status, body } = changedOf(
        await removeOperatorRule(store, workspaceId, id, actorOf(request)),
      );
      return reply.code(status).send(body);
    },
  );
}

function faultOf(check: Exclude<RuleCheck, { ok: true }>): { status: 404 | 422; body: Problem } {
  if (check.reason === "not-found") return { status: 404, body: notFound(check.message) };
  const lines = check.problems.map(({ line, column, message }) => `${line}:${column}: ${message}`);
  return { status: 422, body: unprocessable(`the rule is not valid: ${lines[0]}`, lines) };
}
