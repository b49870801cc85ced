/** A place in a report, with the words that were found in it set off. */
export function Excerpt({ text }: { text: string }) {
  // The found words stand between the control characters 2 and 3.
  const [start, end] = [String.fromCharCode(2), String.fromCharCode(3)];
  return text.split(start).map((part, n) => {
    const [found, rest] = n === 0 ? ['', part] : [part.split(end)[0], part.split(end).slice(1).join(end)];
    return (
      // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one text have no other identity
      <span key={n}>
        {found && <mark>{found}</mark>}
        {rest}
      </span>
    );
  });
}
