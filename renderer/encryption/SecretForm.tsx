/** A form of passphrases: the one that opens the library now, a new one typed twice, or both. */
import { Button, Group, PasswordInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { Failure } from '../ui/Empty.tsx';

/** As the key file asks for (`native/files/keyFile.ts`), counted in characters. */
const leastLength = 12;

const currentLabel = 'Passphrase or recovery key';
const newLabel = 'New passphrase';

interface Props {
  readonly asks: readonly ('current' | 'new')[];
  readonly action: string;
  readonly pending: boolean;
  readonly error: unknown;
  readonly submit: (secrets: { readonly current: string; readonly next: string }) => void;
  readonly leave: () => void;
}

export function SecretForm({ asks, action, pending, error, submit, leave }: Props) {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const asksNew = asks.includes('new');
  const tooShort = next !== '' && [...next.normalize('NFC')].length < leastLength;
  const differs = again !== '' && again !== next;
  const complete =
    (!asks.includes('current') || current !== '') &&
    (!asksNew || (next !== '' && !tooShort && again === next));
  const first = asks.includes('current') ? currentLabel : newLabel;
  const field = (label: string, value: string, set: (text: string) => void, problem?: string | false) => (
    <PasswordInput
      size="xs"
      label={label}
      value={value}
      onChange={(event) => set(event.currentTarget.value)}
      error={problem}
      disabled={pending}
      autoComplete="off"
      spellCheck={false}
      // The button that opened the form is gone, and the focus with it.
      autoFocus={label === first}
      visibilityToggleButtonProps={{ 'aria-label': `Show: ${label}` }}
    />
  );
  return (
    <form
      className="secret-form"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        if (complete) submit({ current, next });
      }}
    >
      {asks.includes('current') && field(currentLabel, current, setCurrent)}
      {asksNew &&
        field(newLabel, next, setNext, tooShort && `At least ${leastLength} characters: several words`)}
      {asksNew && field('The same again', again, setAgain, differs && 'The two differ')}
      {error ? <Failure error={error} /> : null}
      <Group gap="xs">
        <Button type="submit" size="compact-xs" loading={pending} disabled={!complete}>
          {action}
        </Button>
        <Button size="compact-xs" variant="default" onClick={leave}>
          Cancel
        </Button>
      </Group>
    </form>
  );
}
