/**
 * Slack's markup back into what was typed. It escapes only `&`, `<` and `>`, and writes what it
 * has recognised between angle brackets: `<@U1>`, `<#C1|ops>`, `<https://a.b|a.b>`, `<!here>`. A
 * person becomes their id, not the name that they give themselves.
 */
export function typedText(text: string, bot: { userId: string; name: string }): string {
  return text
    .split(/(<[^<>]*>)/)
    .map((part) => (part.startsWith("<") && part.endsWith(">") ? entity(part, bot) : part))
    .map(unescaped)
    .join("");
}

/** Text for a field that Slack reads as its markup: nothing in it means anything. */
export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function entity(part: string, bot: { userId: string; name: string }): string {
  const [target = "", label = ""] = split(part.slice(1, -1));
  const rest = target.slice(1);
  switch (target.charAt(0)) {
    case "@":
      return rest === bot.userId ? `@${bot.name}` : `@${rest}`;
    case "#":
      return `#${label === "" ? rest : label}`;
    case "!":
      return label === "" ? `@${rest}` : label;
    default:
      return label === "" ? target.replace(/^mailto:/, "") : label;
  }
}

function split(inner: string): [target: string, label: string] {
  const bar = inner.indexOf("|");
  return bar < 0 ? [inner, ""] : [inner.slice(0, bar), inner.slice(bar + 1)];
}

function unescaped(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
