/**
 * What the bot must be allowed: see channels, send messages there and in threads, start threads,
 * attach files, read what was said while it was away, react.
 * https://discord.com/developers/docs/topics/permissions
 */
const PERMISSIONS = [6n, 10n, 11n, 15n, 16n, 35n, 38n].reduce((sum, bit) => sum | (1n << bit), 0n);

/** Where an administrator of a server invites the bot. */
export function inviteUrl(applicationId: string): string {
  const query = new URLSearchParams({
    client_id: applicationId,
    scope: "bot applications.commands",
    permissions: String(PERMISSIONS),
  });
  return `https://discord.com/oauth2/authorize?${query}`;
}
