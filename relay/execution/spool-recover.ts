import type { Disk } from "../process/disk.ts";
import { wholeFrames } from "../wire/frames.ts";
import { OutputDigest } from "../wire/output-digest.ts";
import { openSegment, type Segment, segmentPath } from "./spool-segment.ts";

/** What an earlier life of the relay has written and no bot is known to have confirmed. */
export interface FoundOutput {
  segments: Segment[];
  /** Of the whole output, with what is gone from the disk. */
  length: number;
  digest: OutputDigest;
}

const READ_BYTES = 1024 * 1024;

/** Which files there are, under the name of the spool that they belong to: `EXECUTION.ATTEMPT`. */
export function groupSegments(names: readonly string[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const name of names) {
    const [, spool = name, number = "0"] = /^([^.]+\.\d+)(?:\.(\d+))?$/.exec(name) ?? [];
    groups.set(spool, [...(groups.get(spool) ?? []), Number(number)]);
  }
  for (const numbers of groups.values()) numbers.sort((a, b) => a - b);
  return groups;
}

/**
 * Takes up segments that follow each other, by place and by chain. What does not follow was not
 * on the disk before a power cut, and goes; so does half a frame at the end.
 */
export async function findOutput(
  disk: Disk,
  path: string,
  numbers: readonly number[],
): Promise<FoundOutput> {
  const found: FoundOutput = { segments: [], length: 0, digest: new OutputDigest() };
  for (const number of numbers) {
    const segment = await openSegment(disk, path, number);
    if (segment && follows(found, segment)) await takeUp(found, segment);
    else if (segment) await segment.remove();
    else await disk.remove(segmentPath(path, number));
  }
  return found;
}

function follows({ segments, length, digest }: FoundOutput, { place }: Segment): boolean {
  if (segments.length === 0) return true;
  return place.start === length && Buffer.compare(place.chain, digest.chain()) === 0;
}

async function takeUp(found: FoundOutput, segment: Segment): Promise<void> {
  if (found.segments.length === 0) found.digest = new OutputDigest(segment.place.chain);
  for (;;) {
    const bytes = await segment.read(segment.end, READ_BYTES);
    const whole = wholeFrames(bytes, READ_BYTES);
    if (whole === 0) break;
    found.digest.update(bytes.subarray(0, whole));
    segment.length += whole;
  }
  await segment.truncate(segment.length);
  await segment.seal();
  found.length = segment.end;
  found.segments.push(segment);
}
