/** At the end of a row of the library: deletes what the row stands for, once that was confirmed. */
import './deletion.css';
import { ActionIcon } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { type Asked, askToDelete } from './deletion.ts';

export function Deletable({ children, ...asked }: Asked & { readonly children: ReactNode }) {
  const { what } = asked;
  return (
    <div className="deletable">
      {children}
      <ActionIcon
        size="sm"
        variant="subtle"
        color="gray"
        className="deletable-button"
        aria-label={`Delete ${what}`}
        title={`Delete ${what}…`}
        onClick={() => askToDelete(asked)}
      >
        <IconTrash size={14} />
      </ActionIcon>
    </div>
  );
}
