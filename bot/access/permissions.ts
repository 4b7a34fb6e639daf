/** Every permission that the program itself asks for; bundles declare theirs in their own file. */
export const SITE_PERMISSIONS = {
  "site:bundles-read": "see which bundles are installed",
  "site:bundles-manage": "install and enable bundles",
  "site:relays-read": "see relays, their tags and whether they are reachable",
  "site:relays-manage": "enrol relays, suspend and remove them",
  "site:executions-read": "see what others run, and its output",
  "site:executions-cancel": "cancel what others run",
  "site:executions-mark": "say how what others ran went, where nobody knows",
  "site:access-read": "see users, groups, roles and grants, and what others may do",
  "site:access-manage": "change users, groups, roles and grants, and rules of the workspace's own",
  "site:audit-read": "read, export and verify the audit",
  "site:audit-erase": "erase details of audit events",
} as const;
export type SitePermission = keyof typeof SITE_PERMISSIONS;

/** The role that the first administrator gets. */
export const WORKSPACE_ADMIN = "Workspace Admin";
export const ADMINISTRATORS = "administrators";

const VIEWS: readonly SitePermission[] = [
  "site:bundles-read",
  "site:relays-read",
  "site:executions-read",
];

/** Roles that every workspace has; what they hold is kept up to date with this table. */
export const BUILT_IN_ROLES: Readonly<Record<string, BuiltInRole>> = {
  Viewer: { description: "sees what is there and what runs", permissions: VIEWS },
  Operator: {
    description: "sees what runs, and may stop it",
    permissions: [...VIEWS, "site:executions-cancel", "site:executions-mark"],
  },
  "Bundle Author": {
    description: "installs and enables bundles",
    permissions: [...VIEWS, "site:bundles-manage"],
  },
  Approver: { description: "sees what others ask for", permissions: VIEWS },
  "Audit Reader": {
    description: "reads, exports and verifies the audit",
    permissions: ["site:bundles-read", "site:access-read", "site:audit-read"],
  },
  "Report Author": { description: "sees what reports are made of", permissions: VIEWS },
  "Relay Admin": {
    description: "enrols relays and looks after them",
    permissions: ["site:relays-read", "site:relays-manage", "site:executions-read"],
  },
  [WORKSPACE_ADMIN]: {
    description: "everything",
    permissions: Object.keys(SITE_PERMISSIONS).filter(isSitePermission),
  },
};

export interface BuiltInRole {
  description: string;
  permissions: readonly SitePermission[];
}

export function isSitePermission(name: string): name is SitePermission {
  return Object.hasOwn(SITE_PERMISSIONS, name);
}
