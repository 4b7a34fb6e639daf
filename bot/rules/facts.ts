/**
 * What a decision is made on. `null` stands for what is not known and could be anything; what is
 * absent is left out.
 */
export interface Facts {
  /** As `bundle:command`. */
  command: string;
  /** By name, defaults and flags that were not given included; `null` before anything is typed. */
  options: OptionFacts | null;
  /**
   * What was typed for options that are not declared, and may stand for any longer name: an option
   * that starts with one of these and was not given itself is unknown.
   */
  abbreviations?: readonly string[] | undefined;
  /** In order; `null` before anything is typed. */
  arguments: ArgumentFacts | null;
  /** The Aldis user's name. */
  user: string;
  groups: readonly string[];
  roles: readonly string[];
  permissions: ReadonlySet<string>;
  /** The provider's id, and the name an administrator registered it under. */
  channel?: { id: string; name?: string | undefined } | undefined;
  adapter: string;
  now: Date;
  /** The workspace's, as `Europe/Zurich`. */
  timeZone: string;
  /** Those of the relay in question; `null` while none is chosen. */
  relayTags: Readonly<Record<string, string>> | null;
}

/** An option has one value, or several if it is a list. */
export type OptionFacts = Readonly<Record<string, readonly string[] | null>>;

export type ArgumentFacts = readonly (string | null)[];
