/** What the pages say of one message; its fields and their types come from the code. */
export interface MessageWords {
  /** Who says it to whom, and where. */
  way: string;
  about: string;
  fields: Readonly<Record<string, string>>;
}

const KEY = "a public key: `kty`, `crv` and `x` of a JWK (RFC 8037)";
const PER_ATTEMPT = "which attempt at it; grows each time it goes back to the queue";

/** The words for each field that stands in every message, or in every one of a bot. */
export const COMMON: Readonly<Record<string, string>> = {
  version: "1; another is refused",
  iss: "the bot that signs, by the name of this life of it",
  aud: "`<relay id>/<epoch>`: one life of one relay",
  iat: "signed when, in seconds since 1970",
  exp: "good until when, in seconds since 1970",
};

const OFFER = {
  "offers[].attempt": PER_ATTEMPT,
  "offers[].spec.executionId": "the execution",
  "offers[].spec.invocationId": "the invocation that it is for",
  "offers[].spec.bundle": "the bundle's name",
  "offers[].spec.bundleVersion": "its version",
  "offers[].spec.bundleDigest": "SHA-256 of its file",
  "offers[].spec.command": "the command's name in the bundle",
  "offers[].spec.native":
    "whether it runs as a process of the host; its owner must have allowed the bundle",
  "offers[].spec.image": "`name:tag@digest` of the image; absent for native commands",
  "offers[].spec.argv": "the executable's words, then the words typed; 64 KiB each at most",
  "offers[].spec.env": "variables of the command",
  "offers[].spec.limits.timeoutMs": "how long it may run",
  "offers[].spec.limits.outputBytes": "how much it may print; the rest is cut, visibly",
  "offers[].spec.limits.memoryBytes": "how much memory it may have",
  "offers[].spec.limits.pids": "how many processes it may have",
  "offers[].spec.limits.cpus": "how many processors it may use",
  "offers[].spec.limits.tmpBytes": "how much it may write to `/tmp`",
  "offers[].spec.network": "the network that it gets; `none` for none",
  "offers[].spec.mounts": "what of the host it sees",
  "offers[].spec.user": "user and group that it runs as",
  "offers[].spec.selector": "the tags that a relay must have; the relay asks itself once more",
  "offers[].spec.delivery": "whether it may be started again",
};

const RESULT = {
  executionId: "the execution",
  attempt: PER_ATTEMPT,
  epoch: "the life of the relay that claimed it",
  status: "how it ended; `not-begun`: claimed, and certainly never started",
  exitCode: "of the process, where it exited by itself",
  signal: "that ended the process",
  reason: "one line for people, where the status does not explain itself",
  startedAt: "by the relay's clock; absent where it never began",
  endedAt: "by the relay's clock",
  durationMs: "by the relay's monotonic clock",
  outputLength: "bytes of all frames of the output",
  outputDigest: "the chain of SHA-256 over all frames of the output, base64url",
  outputCut: "whether it printed more than it may",
};

export const MESSAGE_WORDS: Readonly<Record<string, MessageWords>> = {
  presence: {
    way: "relay → every bot, on `aldis.up.<relay>.presence`",
    about:
      "Every `relay.heartbeat`, at each change, and whenever a key list or a wish to drain has come.",
    fields: {
      epoch: "this life of the relay",
      number: "grows with each; an older one changes nothing",
      program: "the program and its version, to be shown",
      tags: "as the relay has them on disk, to be shown; bots go by the enrolled ones",
      capacity: "how many may run at once",
      running: "how many run now",
      draining: "whether it takes no more offers",
      runtimes: "what it can run commands with",
      keyListNumber: "the number of the key list that it has",
    },
  },
  challenge: {
    way: "bot → relay, on `aldis.down.<relay>`, as a request",
    about: "Who announces an epoch that the bot has not seen is asked to prove that it lives.",
    fields: { nonce: "drawn for this question" },
  },
  "challenge-answer": {
    way: "relay → the bot that asked, on `aldis.up.<relay>.reply.<bot>.<x>`",
    about: "Proves that whoever announced the epoch holds the relay's key now.",
    fields: { nonce: "that of the question", epoch: "this life of the relay" },
  },
  offer: {
    way: "bot → relay, on `aldis.down.<relay>`, as a request",
    about: "What may be run, all of it. It permits nothing. 256 KiB at most in all.",
    fields: OFFER,
  },
  "offer-answer": {
    way: "relay → the bot that asked, on `aldis.up.<relay>.reply.<bot>.<x>`",
    about: "For each offer whether it is taken; a claim follows.",
    fields: {
      "answers[].executionId": "the execution",
      "answers[].attempt": PER_ATTEMPT,
      "answers[].refusal.code":
        "`draining`, `disk`, `too-large`, `selector`, `native-not-allowed`, `no-runtime`, `capacity`, `network`, `mount`, `user`, `image`, `image-pull` or `image-failed`; one that is not known counts as one that lasts",
      "answers[].refusal.reason": "one line, which the person who typed the command gets to see",
    },
  },
  claim: {
    way: "relay → one bot, on `aldis.up.<relay>.claim`, as a request",
    about: "Asks to start what was offered.",
    fields: {
      epoch: "this life of the relay",
      nonce: "drawn for this question, so that no older permit passes for its answer",
      "claims[].executionId": "the execution",
      "claims[].attempt": PER_ATTEMPT,
    },
  },
  permit: {
    way: "bot → relay, as the reply, below `_INBOX.<relay>.`",
    about: "Signed after `offered → started` is committed, or says why not.",
    fields: {
      nonce: "that of the claim which this answers",
      "permits[].executionId": "the execution",
      "permits[].attempt": PER_ATTEMPT,
      "permits[].granted": "whether it may start",
      "permits[].replyBot": "the bot that owns the reply: output goes there",
      "permits[].goodForMs":
        "for so long after the claim it may begin: the command's `lost_after`; never longer than `relay.permit_lifetime`",
      "permits[].reason": "why not: the state that stands in the way",
    },
  },
  output: {
    way: "relay → the bot that owns the reply, on `aldis.up.<relay>.output.<bot>`, or one bot, on `aldis.up.<relay>.output`, as a request",
    about: "The head of a message; a line feed and the frames themselves follow it.",
    fields: {
      executionId: "the execution",
      attempt: PER_ATTEMPT,
      offset: "where these bytes stand in the attempt's frames",
      length: "how many bytes follow",
      digest: "SHA-256 of these bytes, base64url",
    },
  },
  result: {
    way: "relay → one bot, on `aldis.up.<relay>.result`, as a request",
    about:
      "How an attempt ended. Each is signed by itself, because bots keep it as evidence; up to 64 share a message, a line each.",
    fields: RESULT,
  },
  receipt: {
    way: "bot → relay, as the reply, below `_INBOX.<relay>.`",
    about: "What was sent is committed. What is not named in it is sent again.",
    fields: {
      "receipts[].executionId": "the execution",
      "receipts[].attempt": PER_ATTEMPT,
      "receipts[].of": "what of it is committed",
      "receipts[].offset":
        "for output: up to where; it may be another end than that of the piece sent",
      head: "the newest head of the audit chain, signed: `aldis-audit-head`",
    },
  },
  cancel: {
    way: "bot → relay, on `aldis.down.<relay>`",
    about: "Ends what runs; a repeat changes nothing. The answer is the result.",
    fields: {
      "cancels[].executionId": "the execution",
      "cancels[].attempt": PER_ATTEMPT,
    },
  },
  drain: {
    way: "bot → relay, on `aldis.down.<relay>`",
    about: "Take no more offers, or take them again. The answer is the next presence.",
    fields: {
      nonce: "drawn for this message, which counts once",
      draining: "whether to take no more offers",
    },
  },
  "resolve-image": {
    way: "bot → relay, on `aldis.down.<relay>`, as a request",
    about: "Which bytes the name of an image means, before a version of a bundle is enabled.",
    fields: { nonce: "drawn for this question", image: "the image as the bundle names it" },
  },
  "image-answer": {
    way: "relay → the bot that asked, on `aldis.up.<relay>.reply.<bot>.<x>`",
    about: "One of the three. While the relay pulls the image, the bot asks again.",
    fields: {
      nonce: "that of the question",
      digest: "of the image's manifest, or the id of an imported image",
      pending: "it is being pulled, and how far; one line",
      "refusal.code": "`image`, `image-failed` or `no-runtime`",
      "refusal.reason": "one line, which the person who enables the bundle gets to see",
    },
  },
  enrol: {
    way: "newcomer → one bot, on `aldis.enrol`, as a request",
    about: "Asks to become a relay; signed by the key that it brings.",
    fields: {
      token: "the secret of the join token",
      signingKey: KEY,
      sealingKey: KEY,
      hostname: "to be shown",
      natsUser: "the public key of the host's NATS user, where the server asks for users",
    },
  },
  "enrol-answer": {
    way: "bot → newcomer, as the reply, below `_INBOX.<hash of the token>.`; plain JSON",
    about:
      "Believed is what a bot has signed, by a key list of at least the number in the join token, and nothing beside it. A join token without that number is of a version before, which signed the key list only.",
    fields: {
      ok: "whether it is a relay now",
      relayId: "its id",
      name: "its name, as the administrator gave it",
      tags: "its tags, as the administrator gave them",
      keyList: "the newest key list, signed: `aldis-key-list`",
      natsJwt: "what the NATS server asks of that user",
      signed:
        "the same five, signed by a bot on the key list: `typ` `aldis-enrolment`, with `iss`, `iat`, `exp`, and for `aud` `_INBOX.<hash of the token>/<thumbprint of the newcomer's key>`",
      reason: "why not",
    },
  },
  "key-list": {
    way: "bot → relay, on `aldis.down.<relay>`, and within the answer to a newcomer; signed by the authority",
    about: "Whose signatures a relay believes. It has no audience.",
    fields: {
      number: "only a list with a higher one is taken",
      authority: "the key that signs it; its thumbprint is what relays have pinned",
      keys: "the signing keys of the bots",
    },
  },
  "rotation-request": {
    way: "relay → one bot, on `aldis.up.<relay>.rotate`, as a request",
    about: "New keys for a relay; signed by the key that has counted so far.",
    fields: {
      proof: "`aldis-rotation-proof`, signed by the new key",
      nonce: "drawn for this question; stands for the epoch in the answer's audience",
    },
  },
  "rotation-proof": {
    way: "within `aldis-rotation-request`",
    about: "Whoever asks holds the new key, and means this relay.",
    fields: { relayId: "the relay", signingKey: KEY, sealingKey: KEY },
  },
  "rotation-answer": {
    way: "bot → relay, as the reply, below `_INBOX.<relay>.`",
    about: "Signed after the change is committed.",
    fields: {
      kid: "the thumbprint of the signing key that counts from now on",
      refused: "why it is not taken",
    },
  },
  "audit-head": {
    way: "within `aldis-receipt`",
    about:
      "The newest link of a workspace's audit chain, to be kept and shown later: no audience, no expiry.",
    fields: {
      workspace: "whose chain",
      number: "the link's number",
      hash: "the link's hash, SHA-256 in hexadecimal",
      at: "when it was signed, by the bot's clock",
    },
  },
};
