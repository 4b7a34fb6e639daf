/** Sends items together, and answers each for itself. */
export interface Batch<Item, Answer> {
  /** Resolves with this item's answer; rejects with what the message that carried it met. */
  send(item: Item): Promise<Answer>;
  /** Nothing is on its way: an item sent now leaves alone and at once. */
  readonly isIdle: boolean;
}

export interface BatchOptions<Item, Answer> {
  /** Answers in the order of the items. */
  deliver(items: readonly Item[]): Promise<readonly Answer[]>;
  /** At most so many in one message. */
  most: number;
  /** What the items of one message may weigh together; one alone may weigh more. */
  mostWeight?: number;
  weigh?(item: Item): number;
  /** So many messages may be on their way at once. */
  ways: number;
}

interface Waiting<Item, Answer> {
  item: Item;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/**
 * One message for each item while there is little to do; while all ways are taken, what comes
 * meanwhile gathers, and leaves together when one is free again. There is no timer.
 */
export function createBatch<Item, Answer>(
  options: BatchOptions<Item, Answer>,
): Batch<Item, Answer> {
  const waiting: Waiting<Item, Answer>[] = [];
  let underWay = 0;

  function take(): Waiting<Item, Answer>[] {
    const { most, mostWeight = Number.POSITIVE_INFINITY, weigh = () => 0 } = options;
    let weight = 0;
    const end = waiting.slice(0, most).findIndex(({ item }, index) => {
      weight += weigh(item);
      return index > 0 && weight > mostWeight;
    });
    return waiting.splice(0, end < 0 ? most : end);
  }

  async function deliver(batch: readonly Waiting<Item, Answer>[]): Promise<void> {
    try {
      const answers = await options.deliver(batch.map(({ item }) => item));
      for (const [index, { resolve, reject }] of batch.entries()) {
        const answer = answers[index];
        if (answer === undefined) reject(new Error("no answer to this one"));
        else resolve(answer);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  async function run(): Promise<void> {
    underWay += 1;
    try {
      while (waiting.length > 0) await deliver(take());
    } finally {
      underWay -= 1;
    }
  }

  return {
    get isIdle() {
      return underWay === 0;
    },
    send(item) {
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      waiting.push({ item, resolve, reject });
      if (underWay < options.ways) void run();
      return promise;
    },
  };
}
