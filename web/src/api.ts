// Calls on the node. A refusal becomes a Refused with the node's own words.
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly field: string,
    readonly remedy: string,
  ) {
    super(message);
  }
}

// Unreachable: the node did not answer at all.
export class Unreachable extends Error {}

async function call<T>(method: "GET" | "POST", path: string, body?: unknown): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, {
      method,
      credentials: "same-origin",
      cache: "no-store",
      ...(body === undefined ? {} : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
    });
  } catch (e) {
    throw new Unreachable(String(e));
  }
  const text = await answer.text();
  let value: unknown;
  try {
    value = text ? JSON.parse(text) : null;
  } catch {
    throw new Refused(answer.status, text.slice(0, 200), "", "");
  }
  if (!answer.ok) {
    const p = (value ?? {}) as { error?: string; field?: string; remedy?: string };
    throw new Refused(answer.status, p.error ?? answer.statusText, p.field ?? "", p.remedy ?? "");
  }
  return value as T;
}

export const get = <T>(path: string) => call<T>("GET", path);
export const post = <T>(path: string, body: unknown) => call<T>("POST", path, body);
