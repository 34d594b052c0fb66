import type { Problem } from "./nouns";

/** ProblemError is an error answer of the service: a problem document (RFC 9457). */
export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.title);
    this.name = "ProblemError";
  }
}

/** NoAnswerError says that no answer of the service arrived: whether the call took effect is not known. */
export class NoAnswerError extends Error {
  constructor(cause: unknown) {
    super("no answer", { cause });
    this.name = "NoAnswerError";
  }
}

/** slugOf returns the last part of the problem's type, or null where the error is no problem document. */
export function slugOf(error: unknown): string | null {
  return error instanceof ProblemError ? error.problem.type.replace("/problems/", "") : null;
}

/** needsSignIn reports whether only signing in again can help. */
export function needsSignIn(error: unknown): boolean {
  const slug = slugOf(error);
  return slug === "not-signed-in" || slug === "reauthorization-required";
}

/** mayHelpToRetry reports whether asking the same again, soon, may succeed. */
export function mayHelpToRetry(error: unknown): boolean {
  return !(error instanceof ProblemError) || error.problem.status >= 500;
}

/** pointedAt returns what the problem says of the given place of the request, or null. */
export function pointedAt(error: unknown, pointer: string): string | null {
  if (!(error instanceof ProblemError)) return null;
  return error.problem.errors?.find((e) => e.pointer === pointer)?.detail ?? null;
}

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** answer returns what the service answered, or throws a ProblemError or a NoAnswerError. */
export async function answer<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await settled(call);
  if (response.ok) return data as T;
  throw isProblem(error) ? new ProblemError(error) : new NoAnswerError(`status ${response.status}`);
}

async function settled<T>(call: Promise<Answer<T>>): Promise<Answer<T>> {
  try {
    return await call;
  } catch (cause) {
    throw new NoAnswerError(cause);
  }
}

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "type" in body && "title" in body && "instance" in body;
}
