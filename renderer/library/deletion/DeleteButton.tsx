/** At the end of a row of the library: deletes what the row stands for, once that was confirmed. */
import './deletion.css';
import { ActionIcon } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { DeletionSubject } from '../../../native/contract/deletion.ts';
import { askToDelete } from './deletion.ts';

/** @param what in words that name nobody */
export function Deletable(props: { subject: DeletionSubject; what: string; children: ReactNode }) {
  const { subject, what } = props;
  return (
    <div className="deletable">
      {props.children}
      <ActionIcon
        size="sm"
        variant="subtle"
        color="gray"
        className="deletable-button"
        aria-label={`Delete ${what}`}
        title={`Delete ${what}…`}
        onClick={() => askToDelete(subject, what)}
      >
        <IconTrash size={14} />
      </ActionIcon>
    </div>
  );
}
