/** A name for something that is sent: sent twice under it, it is done once. */
export function newNonce(): string {
  // `randomUUID` is missing where the page did not come over https.
  const random = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
