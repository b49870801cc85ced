/** A short text that a user gives to something they drew or marked, and the button that removes it; hidden with the identities. */
import { ActionIcon, TextInput } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useIdentity } from './identity.ts';

interface NoteLineProps {
  readonly name: string;
  readonly placeholder: string;
  readonly text: string;
  /** Told when another text was written. */
  readonly keep: (text: string) => void;
  readonly removeName: string;
  readonly remove: () => void;
}

export function NoteLine({ name, placeholder, text, keep, removeName, remove }: NoteLineProps) {
  const identity = useIdentity();
  return (
    <div className="annotation-naming">
      <TextInput
        size="xs"
        aria-label={name}
        placeholder={placeholder}
        maxLength={200}
        defaultValue={identity.text(text)}
        disabled={identity.hidden}
        onBlur={(event) => {
          const written = event.currentTarget.value.trim();
          if (written !== text) keep(written);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') event.currentTarget.blur();
        }}
      />
      <ActionIcon size="sm" variant="subtle" color="gray" aria-label={removeName} onClick={remove}>
        <IconTrash size={14} />
      </ActionIcon>
    </div>
  );
}
