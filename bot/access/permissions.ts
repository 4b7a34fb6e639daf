/** Every permission that the program itself asks for; bundles declare theirs in their own file. */
export const SITE_PERMISSIONS = {
  "site:bundles-read": "see which bundles are installed",
  "site:bundles-manage": "install and enable bundles",
  "site:relays-read": "see relays, their tags and whether they are reachable",
  "site:relays-manage": "enrol relays",
  "site:executions-read": "see what others run, and its output",
  "site:executions-cancel": "cancel what others run",
} as const;
export type SitePermission = keyof typeof SITE_PERMISSIONS;

/** The role that the first administrator gets. */
export const WORKSPACE_ADMIN = "Workspace Admin";
export const ADMINISTRATORS = "administrators";
