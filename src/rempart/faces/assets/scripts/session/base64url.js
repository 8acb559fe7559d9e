// Bytes as URL-safe text without padding (RFC 4648 5), the way JOSE and WebAuthn write them.

export function encode(bytes) {
  const binary = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function decode(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

export function encodeJson(content) {
  return encode(new TextEncoder().encode(JSON.stringify(content)));
}
