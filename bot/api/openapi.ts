import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform } from "fastify-type-provider-zod";
import { Problem } from "./contracts/problem.ts";

const problemContent = { "application/problem+json": { schema: Problem } };

/** For each route's `response`: what every error looks like. */
export const problems = {
  "4xx": { description: "Refused; the problem says why", content: problemContent },
  "5xx": { description: "Not served; try again later", content: problemContent },
};

/** Makes the description of every route that is added after it, and serves it. */
export async function describeApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Aldis",
        version,
        description: "Everything that can be asked of an Aldis bot. Errors are RFC 9457 problems.",
      },
      components: {
        securitySchemes: { token: { type: "http", scheme: "bearer", description: "An API token" } },
      },
    },
    transform: (route) => {
      const { schema, url } = jsonSchemaTransform(route);
      const permission = route.route.config?.permission;
      const security = permission === "public" ? [] : [{ token: [] }];
      return { schema: { ...schema, security, "x-aldis-permission": permission }, url };
    },
  });
  app.get("/openapi.json", { config: { permission: "public" }, schema: { hide: true } }, () =>
    app.swagger(),
  );
}
