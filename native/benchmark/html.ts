/** The little that the reports share to write HTML safely, and numbers alike. */

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Any value as the text of an element or a quoted attribute. */
export function text(value: string | number): string {
  return String(value).replace(/[&<>"']/g, (character) => escapes[character]);
}

/** A difference with its sign. */
export function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
}
