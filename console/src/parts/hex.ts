// Bytes for people.

const WIDTH = 16;
// So many bytes are laid out; nobody reads more.
const MOST = 4096;

/** Bytes in base64 as lines of offset, hexadecimal and ASCII. */
export function hexDump(base64: string): string {
  // Four characters are three bytes.
  const bytes = fromBase64(base64.slice(0, Math.ceil(MOST / 3) * 4));
  const lines: string[] = [];
  for (let start = 0; start < bytes.length; start += WIDTH) {
    const row = [...bytes.slice(start, start + WIDTH)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${start.toString(16).padStart(6, "0")}  ${hex.padEnd(WIDTH * 3 - 1)}  ${text}`);
  }
  return lines.join("\n");
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
