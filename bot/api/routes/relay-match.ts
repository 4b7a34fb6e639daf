import { anyRelay, mergeSelectors, printSelector } from "../../../relay/wire/selector.ts";
import { BUILT_IN } from "../../invocation/built-in/asked.ts";
import { allTargets, nameOf, type Target } from "../../invocation/resolve.ts";
import type { Obstacle, Wish } from "../../relays/judge.ts";
import { wordsForObstacle } from "../../relays/judge-words.ts";
import { type Match, matchRelays } from "../../relays/match.ts";
import { relaysNow } from "../../relays/pick.ts";
import { EVERY_BUNDLE, type Policies, policyFor, readSelector } from "../../relays/policy.ts";
import { wordsForAge } from "../../replies/words.ts";
import { relayTagsIn } from "../../rules/relay-tags.ts";
import type { ApiApp } from "../api-app.ts";
import { callerOf } from "../callers.ts";
import { Matched, type MatchedRelay, MatchWish } from "../contracts/relay-match.ts";
import type { ApiDeps } from "../deps.ts";
import { newestView } from "../newest-view.ts";
import { problems } from "../openapi.ts";
import { notFound, unprocessable } from "../problems.ts";

export function addRelayMatchRoutes(app: ApiApp, deps: ApiDeps): void {
  const { registry, clock } = deps.dispatch;

  app.get(
    "/api/v1/relays/match",
    {
      config: { permission: "site:relays-read" },
      schema: {
        summary:
          "Which relays match a selector or could take a command now; and of each other one, why not",
        querystring: MatchWish,
        response: { 200: Matched, ...problems },
      },
    },
    async (request, reply) => {
      const { workspaceId } = callerOf(request);
      const { selector: text = "", command } = request.query;
      const read = readSelector(text);
      if (!read.ok) return reply.code(422).send(unprocessable(read.message, []));
      const { bundles, policies } = await newestView(deps, callerOf(request));
      const target = allTargets(bundles).find((each) => nameOf(each) === command);
      if (command !== undefined && !target) {
        const line = `no enabled bundle has the command ${command}; write it as bundle:command`;
        return reply.code(404).send(notFound(line));
      }
      if (target?.bundle.name === BUILT_IN) {
        const line = `${nameOf(target)} runs in the bot, on no relay`;
        return reply.code(422).send(unprocessable(line, []));
      }
      const wish = wishOf(policies, target, read.selector);
      const relays = matchRelays(relaysNow(registry, workspaceId), wish);
      const silentMs = ({ id }: Match) =>
        clock.monotonicMs() - (registry.find(id)?.heardAtMs ?? Number.NEGATIVE_INFINITY);
      return reply.code(200).send({
        selector: printSelector(wish.selector),
        policy: printSelector(wish.policy),
        preferredOf: Object.keys(wish.selector.preferred).length,
        ruleTags: relayTagsIn(target?.command.rules ?? []),
        relays: relays.map((match) => shown(match, silentMs(match))),
      });
    },
  );
}

function wishOf(
  policies: Policies,
  target: Target | undefined,
  typed: Wish["selector"],
): Wish & Required<Pick<Wish, "policy">> {
  const selector = mergeSelectors(target?.command.selector ?? anyRelay(), typed);
  const policy = policyFor(policies, target?.bundle.name ?? EVERY_BUNDLE);
  return { selector, policy, ...(target && { native: target.command.native }) };
}

function shown({ id: _, obstacles, ...match }: Match, silentMs: number): MatchedRelay {
  const reasons = obstacles.map((each) => ({ kind: each.kind, text: textOf(each, silentMs) }));
  return { ...match, reasons };
}

function textOf(obstacle: Obstacle, silentMs: number): string {
  const words = wordsForObstacle(obstacle);
  if (obstacle.kind !== "unreachable") return words;
  if (silentMs === Number.POSITIVE_INFINITY) return `${words}, not heard since this bot started`;
  return `${words}, last heard ${wordsForAge(silentMs)}`;
}
