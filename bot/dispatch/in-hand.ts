/** Does the work unless this relay has too much in hand already; false where it was not done. */
export type InHand = (relayId: string, work: () => Promise<void>) => Promise<boolean>;

/**
 * So many messages of one relay at once: whoever sends more than an honest relay ever does must
 * not hold up the others. What is dropped is sent again by whoever means it.
 */
export function atMostInHand(most: number): InHand {
  const counts = new Map<string, number>();

  return async (relayId, work) => {
    const count = counts.get(relayId) ?? 0;
    if (count >= most) return false;
    counts.set(relayId, count + 1);
    try {
      await work();
      return true;
    } finally {
      const left = (counts.get(relayId) ?? 1) - 1;
      if (left > 0) counts.set(relayId, left);
      else counts.delete(relayId);
    }
  };
}
