import { isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";

export interface YamlPlace {
  line: number;
  column: number;
}

/** A YAML file as plain data that still knows where its keys stand. */
export interface YamlSource {
  content: unknown;
  /** Where a key or an item stands, or the nearest thing around it that exists. */
  placeOf(path: readonly (string | number)[]): YamlPlace;
}

export type YamlReading =
  | { ok: true; source: YamlSource }
  | { ok: false; problems: readonly (YamlPlace & { message: string })[] };

/** For files of this host's owner: it guards against mistakes, not against malice. */
export function readYamlSource(text: string): YamlReading {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeAt = (offset: number): YamlPlace => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const problems = document.errors.map(({ pos, message }) => ({
    ...placeAt(pos[0]),
    message: message.split("\n", 1)[0] ?? message,
  }));
  if (problems.length > 0) return { ok: false, problems };
  try {
    const content: unknown = document.toJS();
    return { ok: true, source: { content, placeOf } };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, problems: [{ line: 1, column: 1, message }] };
  }

  function placeOf(path: readonly (string | number)[]): YamlPlace {
    for (let length = path.length; length > 0; length--) {
      const offset = offsetOf(path.slice(0, length));
      if (offset !== undefined) return placeAt(offset);
    }
    return placeAt(document.contents?.range?.[0] ?? 0);
  }

  function offsetOf(path: readonly (string | number)[]): number | undefined {
    const around = document.getIn(path.slice(0, -1), true);
    if (isMap(around)) {
      const pair = around.items.find(
        ({ key }) => isScalar(key) && String(key.value) === path.at(-1),
      );
      return isNode(pair?.key) ? pair.key.range?.[0] : undefined;
    }
    const node = document.getIn(path, true);
    return isNode(node) ? node.range?.[0] : undefined;
  }
}
