import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import type { Logger } from "../../relay/process/logger.ts";
import type { Problem } from "./contracts/problem.ts";
import { problemOfFault } from "./faults.ts";
import { notFound, problem } from "./problems.ts";

/** Turns whatever was thrown into a problem; only what is nobody's fault is logged as one. */
export function answerError(log: Logger) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const found = problemOfRequest(error) ?? problemOfFault(error);
    const about = { requestId: request.id, method: request.method, route: routeOf(request) };
    if (found && found.status >= 500) log.warn({ ...about, err: error }, "request not served");
    if (!found) log.error({ ...about, err: error }, "request met a fault");
    const answer = found ?? internal();
    if (answer.status === 503) reply.header("retry-after", "5");
    return reply.code(answer.status).send(answer);
  };
}

/** For what fails before any hook has run, such as a path that cannot be decoded. */
export function answerUnroutable(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const answer = problemOfRequest(error) ?? internal();
  reply
    .code(answer.status)
    .header("x-request-id", request.id)
    .type("application/problem+json")
    .send(JSON.stringify({ ...answer, requestId: request.id }));
}

export function answerNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split("?", 1)[0] ?? "";
  const detail = `there is no ${request.method} ${path}; /openapi.json lists what there is`;
  return reply.code(404).send(notFound(detail));
}

/** What is wrong with the request itself. */
function problemOfRequest(error: FastifyError): Problem | undefined {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const context = error.validationContext ?? "request";
    const errors = error.validation.map(({ instancePath, message }) => ({
      in: context,
      field: instancePath.slice(1).replaceAll("/", "."),
      message: message ?? "is not valid",
    }));
    const [first] = errors;
    const detail = `${context}${first?.field ? `.${first.field}` : ""}: ${first?.message}`;
    return problem(400, "invalid-request", "Not a valid request", detail, errors);
  }
  const status = error.statusCode ?? 500;
  if (status < 400 || status >= 500) return undefined;
  return problem(status, kindOf(status), STATUS_CODES[status] ?? "Refused", error.message);
}

function kindOf(status: number): string {
  return (STATUS_CODES[status] ?? "refused").toLowerCase().replaceAll(" ", "-");
}

function internal(): Problem {
  const detail = "something went wrong here; the bot's log says what, under this request id";
  return problem(500, "internal", "Fault", detail);
}

function routeOf(request: FastifyRequest): string | undefined {
  return request.routeOptions.url;
}

/** Answers what is not even HTTP, or came too slowly. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed || !socket.writable) return;
  const status =
    { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 }[error.code ?? ""] ?? 400;
  const title = STATUS_CODES[status] ?? "";
  const body = JSON.stringify(
    problem(status, kindOf(status), title, "this is not a valid request"),
  );
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\ncontent-type: application/problem+json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
