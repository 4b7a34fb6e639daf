const MOST_KEPT = 10_000;

/**
 * Does what has one key once: whoever comes with the same key meanwhile or later waits for the
 * first. The record in the database decides across bots; this spares it, and tells nobody twice
 * what was never recorded.
 */
export function createOnce(): (key: string, act: () => Promise<void>) => Promise<void> {
  const done = new Map<string, Promise<void>>();
  return (key, act) => {
    const known = done.get(key);
    if (known) return known;
    const [oldest] = done.keys();
    if (done.size >= MOST_KEPT && oldest !== undefined) done.delete(oldest);
    const doing = act();
    done.set(key, doing);
    return doing;
  };
}
