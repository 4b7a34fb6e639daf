import { z } from "zod";
import { findBundleSource, installBundle, listBundles } from "../../bundles/installed.ts";
import { loadBundle } from "../../bundles/load.ts";
import { enableWithImage } from "../../images/enable.ts";
import type { ApiApp } from "../api-app.ts";
import { bundleInfo, bundleItem } from "../bundle-info.ts";
import { callerOf } from "../callers.ts";
import {
  BundleInfo,
  BundleList,
  BundleName,
  BundleQuery,
  EnableBundle,
  EnabledBundle,
  InstallBundle,
  InstalledBundle,
} from "../contracts/bundles.ts";
import type { ApiDeps } from "../deps.ts";
import { newestView } from "../newest-view.ts";
import { problems } from "../openapi.ts";
import { conflict, notFound, unprocessable } from "../problems.ts";

const Named = z.object({ name: BundleName });

export function addBundleRoutes(app: ApiApp, deps: ApiDeps): void {
  const { dispatch } = deps;
  const { store } = dispatch;
  const read = { permission: "site:bundles-read" } as const;
  const manage = { permission: "site:bundles-manage" } as const;

  app.get(
    "/api/v1/bundles",
    {
      config: read,
      schema: { summary: "Installed bundles", response: { 200: BundleList, ...problems } },
    },
    async (request) => {
      const installed = await listBundles(store, callerOf(request).workspaceId);
      return { bundles: installed.map(bundleItem) };
    },
  );

  app.get(
    "/api/v1/bundles/:name",
    {
      config: read,
      schema: {
        summary: "One bundle: the enabled version, or the newest",
        params: Named,
        querystring: BundleQuery,
        response: { 200: BundleInfo, ...problems },
      },
    },
    async (request, reply) => {
      const { workspaceId } = callerOf(request);
      const { name } = request.params;
      const versions = (await listBundles(store, workspaceId)).filter((one) => one.name === name);
      const wanted = request.query.version;
      const shown = wanted
        ? versions.find(({ version }) => version === wanted)
        : (versions.find(({ enabled }) => enabled) ?? versions.at(-1));
      const source = shown && (await findBundleSource(store, workspaceId, name, shown.version));
      if (!shown || source === undefined) {
        return reply.code(404).send(notFound(`no bundle ${name} ${wanted ?? ""} is installed`));
      }
      const loaded = loadBundle(source, name);
      if (!loaded.ok) {
        const errors = loaded.errors.map(({ message }) => message);
        return reply.code(422).send(unprocessable("this program cannot read it", errors));
      }
      return bundleInfo(loaded.bundle, shown.enabled, versions);
    },
  );

  app.post(
    "/api/v1/bundles",
    {
      config: manage,
      schema: {
        summary: "Install a version of a bundle; it does not run before it is enabled",
        body: InstallBundle,
        response: { 200: InstalledBundle, 201: InstalledBundle, ...problems },
      },
    },
    async (request, reply) => {
      const { workspaceId, userId } = callerOf(request);
      const { source, file = "bundle.yaml" } = request.body;
      const actor = { userId, method: "api" };
      const done = await installBundle(dispatch, workspaceId, { text: source, file }, actor);
      if (!done.ok) {
        return reply.code(422).send(unprocessable("the bundle is not valid", done.errors));
      }
      const { name, version, digest } = done.bundle;
      const installed = { name, version, digest, isNew: done.isNew, warnings: [...done.warnings] };
      return reply.code(done.isNew ? 201 : 200).send(installed);
    },
  );

  app.post(
    "/api/v1/bundles/:name/enable",
    {
      config: manage,
      schema: {
        summary:
          "Make one version the one that runs; a relay says which bytes its image's name means",
        params: Named,
        body: EnableBundle,
        response: { 200: EnabledBundle, ...problems },
      },
    },
    async (request, reply) => {
      const { workspaceId, userId } = callerOf(request);
      const { name } = request.params;
      const actor = { userId, method: "api" };
      const { policies } = await newestView(deps, callerOf(request));
      const wish = { workspaceId, name, version: request.body.version, policies };
      const done = await enableWithImage(dispatch, wish, actor);
      if (done.ok) return reply.code(200).send({ name, ...done });
      if (done.kind === "not-found") return reply.code(404).send(notFound(done.reason));
      return reply.code(409).send(conflict(done.reason));
    },
  );
}
