// Orders of a page to its gate, as JSON.

/** Send an order, return the answer; throws what the gate says when it refuses. */
export async function post(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    cache: "no-store",
  }).catch(() => {
    throw new Error("the gate does not answer");
  });
  if (response.ok) return response;
  throw new Error((await response.json()).error);
}
