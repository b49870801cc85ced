/** Short notices at the window's edge: what happened, and what to do. */
import { notifications } from '@mantine/notifications';
import { PrecedentError } from '../../native/contract/errors.ts';
import { sentence } from './Empty.tsx';

type Kind = 'info' | 'done' | 'warning' | 'error';
const colorOf: Readonly<Record<Kind, string>> = {
  info: 'cyan',
  done: 'teal',
  warning: 'yellow',
  error: 'red',
};

export function notice(kind: Kind, title: string, message?: string): void {
  notifications.show({
    title,
    message: message ?? '',
    color: colorOf[kind],
    autoClose: kind === 'error' ? 12_000 : 5000,
    withBorder: true,
    closeButtonProps: { 'aria-label': 'Close' },
    'data-testid': 'notice',
  } as Parameters<typeof notifications.show>[0]);
}

/** A failure as a notice; one that the user asked for is not worth saying. */
export function failed(what: string, thrown: unknown): void {
  const error = PrecedentError.from(thrown);
  if (error.kind === 'cancelled') return;
  notice(error.kind === 'interrupted' ? 'warning' : 'error', what, sentence(error.message));
}
