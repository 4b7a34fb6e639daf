import { z } from "zod";
import { Moment, plainText } from "./text.ts";

export const BundleName = z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, "not the name of a bundle");
const Version = plainText(100);

export const BundleItem = z.object({
  name: z.string(),
  version: z.string(),
  digest: z.string(),
  enabled: z.boolean(),
  installedAt: Moment,
});
export type BundleItem = z.infer<typeof BundleItem>;
export const BundleList = z.object({ bundles: z.array(BundleItem) });

export const InstallBundle = z.strictObject({
  source: plainText(1024 * 1024).describe("The bundle file's text, YAML or JSON"),
  file: plainText(255).optional().describe("What errors call the file"),
});

export const InstalledBundle = z.object({
  name: z.string(),
  version: z.string(),
  digest: z.string(),
  isNew: z.boolean().describe("False when exactly this was installed before"),
  warnings: z.array(z.string()),
});

export const EnableBundle = z
  .strictObject({ version: Version.optional() })
  .describe("Without a version, the one that was installed last");
export const EnabledBundle = z.object({
  name: z.string(),
  version: z.string(),
  image: z.string().optional().describe("With the digest of what will run, where any is needed"),
});

export const BundleQuery = z.strictObject({ version: Version.optional() });

const BundleOption = z.object({
  name: z.string(),
  type: z.string(),
  description: z.string(),
  required: z.boolean(),
  short: z.string().optional(),
  choices: z.array(z.string()).optional(),
  secret: z.boolean(),
});

const BundleCommand = z.object({
  name: z.string(),
  description: z.string(),
  executable: z.array(z.string()),
  native: z.boolean(),
  options: z.array(BundleOption),
  arguments: z.array(
    z.object({
      name: z.string(),
      description: z.string(),
      required: z.boolean(),
      choices: z.array(z.string()).optional(),
    }),
  ),
  rules: z.array(z.string()),
  examples: z.array(z.string()),
});

export const BundleInfo = z.object({
  name: z.string(),
  version: z.string(),
  enabled: z.boolean(),
  digest: z.string(),
  description: z.string(),
  image: z.string().optional(),
  permissions: z.array(z.string()),
  commands: z.array(BundleCommand),
  versions: z.array(BundleItem),
});
export type BundleInfo = z.infer<typeof BundleInfo>;
