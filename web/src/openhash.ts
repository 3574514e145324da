// openHash is SHA-256("parley open v1\n" || deterministic CBOR of the list): both
// officers sign for the same items.
export async function openHash(items: string[]): Promise<string> {
  const head = (major: number, n: number) => (n < 24 ? [major + n] : n < 256 ? [major + 24, n] : [major + 25, n >> 8, n & 255]);
  const bytes = [...new TextEncoder().encode("parley open v1\n"), ...head(0x80, items.length)];
  for (const s of items) {
    const b = new TextEncoder().encode(s);
    bytes.push(...head(0x60, b.length), ...b);
  }
  const sum = await crypto.subtle.digest("SHA-256", new Uint8Array(bytes));
  return [...new Uint8Array(sum)].map((x) => x.toString(16).padStart(2, "0")).join("");
}
