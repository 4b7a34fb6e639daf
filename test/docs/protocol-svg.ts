const STYLE = `  <style>
    .page { fill: #ffffff; stroke: #d0d7de; }
    .box { fill: #f6f8fa; stroke: #57606a; }
    .step { fill: #ddf4ff; stroke: #0969da; }
    .halt { fill: #ffebe9; stroke: #cf222e; }
    .run { fill: #dafbe1; stroke: #1a7f37; }
    text { fill: #1f2328; font-family: system-ui, -apple-system, "Segoe UI", sans-serif; font-size: 14px; text-anchor: middle; }
    .name { font-weight: 600; font-size: 15px; }
    .code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 13px; }
    .note { fill: #57606a; font-size: 12.5px; }
    .line { stroke: #57606a; stroke-width: 1.5; fill: none; }
    .life { stroke: #d0d7de; stroke-width: 1.5; }
    .head { fill: #57606a; }
    @media (prefers-color-scheme: dark) {
      .page { fill: #0d1117; stroke: #30363d; }
      .box { fill: #161b22; stroke: #8b949e; }
      .step { fill: #0c2d6b; stroke: #58a6ff; }
      .halt { fill: #490202; stroke: #f85149; }
      .run { fill: #033a16; stroke: #3fb950; }
      text { fill: #e6edf3; }
      .note { fill: #9da7b3; }
      .line { stroke: #9da7b3; }
      .life { stroke: #30363d; }
      .head { fill: #9da7b3; }
    }
  </style>
  <defs>
    <marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">
      <path class="head" d="M0 0 10 5 0 10z"/>
    </marker>
  </defs>`;

export interface Drawing {
  width: number;
  height: number;
  title: string;
  description: string;
  parts: readonly string[];
}

/** A drawing in the colours of the others, light and dark. */
export function drawn({ width, height, title, description, parts }: Drawing): string {
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title description">`,
    `  <title id="title">${title}</title>`,
    `  <desc id="description">${description}</desc>`,
    STYLE,
    `  <rect class="page" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="10"/>`,
    ...parts.map((part) => `  ${part}`),
    "</svg>",
  ].join("\n")}\n`;
}

export function text(x: number, y: number, words: string, style = ""): string {
  return `<text${style && ` class="${style}"`} x="${x}" y="${y}">${words}</text>`;
}
