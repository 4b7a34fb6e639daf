/** What the ids in a message stand for. */
export interface Names {
  /** How the bot itself is mentioned stays as it is. */
  ownId: string;
  userName(id: string): string | undefined;
  channelName(id: string): string | undefined;
}

/** Whoever gives a name must not choose the words of whoever mentions it. */
const ONE_WORD = /^[\p{L}\p{N}\p{M}._-]{1,100}$/u;
const FENCED = /(```[\s\S]*?```)/;

/** A message as its author meant it: mentions, channels, emojis and links as plain text. */
export function withoutMarkup(content: string, names: Names): string {
  return content
    .split(FENCED)
    .map((part, index) => (index % 2 === 1 ? part : plain(part, names)))
    .join("");
}

function plain(text: string, { ownId, userName, channelName }: Names): string {
  return text
    .replace(/<@!?(\d{1,20})>/g, (mention, id: string) =>
      id === ownId ? mention : `@${oneWord(userName(id), id)}`,
    )
    .replace(/<@&(\d{1,20})>/g, "@$1")
    .replace(/<#(\d{1,20})>/g, (_, id: string) => `#${oneWord(channelName(id), id)}`)
    .replace(/<a?:(\w{1,32}):\d{1,20}>/g, ":$1:")
    .replace(/<\/([^:<>]{1,100}):\d{1,20}>/g, "/$1")
    .replace(/<(https?:\/\/[^\s<>]+)>/g, "$1");
}

/** The name where it is a single plain word, else the id. */
function oneWord(name: string | undefined, id: string): string {
  return name !== undefined && ONE_WORD.test(name) ? name : id;
}

export function mentionsOf(ownId: string): readonly string[] {
  return [`<@${ownId}>`, `<@!${ownId}>`];
}
