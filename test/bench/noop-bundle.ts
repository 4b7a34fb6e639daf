/** One command, `!noop`, which does nothing and which anybody may run. */
export const NOOP = `
aldis_bundle_version: 1
name: bench
version: 1.0.0
description: Nothing.
commands:
  noop: { description: Nothing., executable: [/bin/true], native: true, options: {}, rules: [allow] }
`;
