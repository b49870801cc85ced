/** What a panel says when it has nothing to show, waits, or failed: title, one sentence, and what can be done. */
import { Button, Loader } from '@mantine/core';
import type { ReactNode } from 'react';
import { PrecedentError } from '../../native/contract/errors.ts';

export function Empty({ title, text, children }: { title: string; text?: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <div className="empty-title">{title}</div>
      {text && <div className="empty-text">{text}</div>}
      {children && <div className="empty-actions">{children}</div>}
    </div>
  );
}

export function Loading({ text }: { text: string }) {
  return (
    <div className="empty" aria-busy="true">
      <Loader size="xs" color="gray" />
      <div className="empty-text">{text}</div>
    </div>
  );
}

export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const { what, where, todo } = PrecedentError.from(error);
  return (
    <div className="empty" role="alert">
      <div className="empty-title failure">{sentence(where ? `${where}: ${what}` : what)}</div>
      {todo && !(retry && /^try again/i.test(todo)) && <div className="empty-text">{sentence(todo)}</div>}
      {retry && (
        <div className="empty-actions">
          <Button size="compact-xs" variant="default" onClick={retry}>
            Try again
          </Button>
        </div>
      )}
    </div>
  );
}

export function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(first) ? first : `${first}.`;
}
