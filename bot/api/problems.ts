import type { Problem } from "./contracts/problem.ts";

/** An answer that says no; the request's id is added when it is sent. */
export function problem(
  status: number,
  kind: string,
  title: string,
  detail: string,
  errors?: Problem["errors"],
): Problem {
  const type = `urn:aldis:problem:${kind}`;
  return { type, title, status, detail, ...(errors && { errors }) };
}

export function unauthorized(): Problem {
  const detail = "send a valid API token as `Authorization: Bearer …`";
  return problem(401, "unauthorized", "Not signed in", detail);
}

export function forbidden(missing: string): Problem {
  return problem(403, "forbidden", "Not permitted", `this needs the permission ${missing}`);
}

export function notFound(detail: string): Problem {
  return problem(404, "not-found", "Not found", detail);
}

export function conflict(detail: string): Problem {
  return problem(409, "conflict", "Conflict", detail);
}

export function unprocessable(detail: string, errors: readonly string[]): Problem {
  const listed = errors.map((message) => ({ message }));
  return problem(422, "unprocessable", "Not acceptable as it is", detail, listed);
}
