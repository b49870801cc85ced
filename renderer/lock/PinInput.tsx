/** Where a PIN is typed, seen by nobody and remembered by nothing. */
import { PasswordInput } from '@mantine/core';

export function PinInput(props: {
  readonly label: string;
  readonly size: 'xs' | 'sm';
  readonly autoFocus?: boolean;
  readonly value: string;
  readonly onPin: (pin: string) => void;
}) {
  const { onPin, ...shown } = props;
  return (
    <PasswordInput {...shown} autoComplete="off" onChange={(event) => onPin(event.currentTarget.value)} />
  );
}
