/** Text of a report in which the engine has put the found words between the control characters 2 and 3. */

export function MarkedText({ text }: { text: string }) {
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
