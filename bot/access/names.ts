import { z } from "zod";

const PLAIN = /^[a-z][a-z0-9_-]{0,62}$/;
const PLAIN_SAYS = "1 to 63 of a-z, 0-9, _ and -, beginning with a letter";

/** As rules write them in `user == "ada"`. */
export const UserName = z.string().regex(PLAIN, `a user's name is ${PLAIN_SAYS}`);
export const GroupName = z.string().regex(PLAIN, `a group's name is ${PLAIN_SAYS}`);
export const RoleName = z
  .string()
  .regex(
    /^[A-Za-z](?:[A-Za-z0-9 ._-]{0,61}[A-Za-z0-9])?$/,
    "a role's name is 1 to 63 letters, digits, spaces and . _ -, beginning with a letter",
  );

/** One that anybody may declare: the program, a bundle, the workspace. */
export const PermissionName = z
  .string()
  .max(200)
  .regex(
    /^[a-z][a-z0-9_-]*:[a-z][a-z0-9_-]*$/,
    "a permission is written bundle:name or site:name, in small letters",
  );

/** One that the workspace may declare. */
export const OwnPermissionName = z
  .string()
  .regex(/^site:[a-z][a-z0-9_-]{0,62}$/, "a permission of the workspace's own is site:name");
