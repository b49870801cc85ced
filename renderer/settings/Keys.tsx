/** The keys of the window, each to be changed by pressing another; exported, imported, and put back as delivered. */
import { Button, FileButton, Group } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Fragment, type KeyboardEvent, useRef, useState } from 'react';
import { PrecedentError } from '../../native/contract/errors.ts';
import { bridge } from '../bridge.ts';
import { useExportRefusal } from '../lock/session.ts';
import { failed, notice } from '../ui/notice.ts';
import { bindingId, keyName, shownKey } from '../viewer/keys.ts';
import { changed, keysAsJson, keysFromJson, setOwnKeys, useOwnKeys } from '../viewer/ownKeys.ts';

/** More than any table of keys takes. */
const mostBytes = 100_000;

export function Keys() {
  const { changes, bindings } = useOwnKeys();
  const [waiting, setWaiting] = useState<string | null>(null);
  const [refused, setRefused] = useState<{ readonly id: string; readonly reason: string } | null>(null);
  const forgetFile = useRef<() => void>(null);
  const refusal = useExportRefusal();
  const exporting = useMutation({
    mutationFn: () => bridge.saveText('precedent-keys.json', keysAsJson(changes)),
    onSuccess: (name) => {
      if (name !== null) notice('done', 'Keys exported', name);
    },
    onError: (error) => failed('The keys were not exported', error),
  });
  const importing = useMutation({
    mutationFn: async (file: File) => {
      if (file.size > mostBytes) throw new PrecedentError('usage', 'the file is too large to hold keys');
      setOwnKeys(keysFromJson(await file.text()));
    },
    onSuccess: () => notice('done', 'Keys imported'),
    onError: (error) => failed('The keys were not imported', error),
    // The same file, mended, may be chosen again.
    onSettled: () => forgetFile.current?.(),
  });

  const onKeyDown = (event: KeyboardEvent, id: string) => {
    if (waiting !== id || ['Shift', 'Control', 'Meta', 'Alt'].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    setWaiting(null);
    if (event.key === 'Escape') return;
    const key = keyName({ key: event.key, mod: event.ctrlKey || event.metaKey, shift: event.shiftKey });
    try {
      setOwnKeys(changed(changes, id, [key]));
      setRefused(null);
    } catch (error) {
      setRefused({ id, reason: PrecedentError.from(error).what });
    }
  };

  return (
    <section data-testid="own-keys">
      <div className="panel-label">Keys</div>
      <div className="own-keys">
        {bindings.map((binding) => {
          const id = bindingId(binding);
          if (id === null || binding.fixed) return null;
          return (
            <div key={id} className="key-line">
              <span>{binding.name}</span>
              {refused?.id === id && (
                <span className="key-refused" role="alert">
                  {refused.reason}
                </span>
              )}
              <button
                type="button"
                className="key-names"
                data-testid={`key-${id}`}
                data-own={changes[id] !== undefined}
                // The dialog would close by the Escape that ends the waiting.
                data-mantine-stop-propagation={waiting === id}
                aria-label={`${binding.name}: ${binding.keys.map(shownKey).join(' or ')}. Change`}
                onClick={() => {
                  setWaiting(id);
                  setRefused(null);
                }}
                onKeyDown={(event) => onKeyDown(event, id)}
                onBlur={() => setWaiting((now) => (now === id ? null : now))}
              >
                {waiting === id
                  ? 'Press a key'
                  : binding.keys.map((key, index) => (
                      <Fragment key={key}>
                        {index > 0 && ' or '}
                        <kbd>{shownKey(key)}</kbd>
                      </Fragment>
                    ))}
              </button>
            </div>
          );
        })}
      </div>
      <Group gap="xs" mt={8}>
        <Button
          size="compact-xs"
          variant="default"
          data-testid="keys-export"
          loading={exporting.isPending}
          disabled={refusal !== undefined}
          title={refusal}
          onClick={() => exporting.mutate()}
        >
          Export…
        </Button>
        <FileButton
          accept=".json"
          resetRef={forgetFile}
          inputProps={{ 'aria-label': 'Keys to import' }}
          onChange={(file) => file && importing.mutate(file)}
        >
          {(props) => (
            <Button {...props} size="compact-xs" variant="default" loading={importing.isPending}>
              Import…
            </Button>
          )}
        </FileButton>
        <Button
          size="compact-xs"
          variant="default"
          disabled={Object.keys(changes).length === 0}
          onClick={() => {
            setOwnKeys({});
            setRefused(null);
          }}
        >
          As delivered
        </Button>
      </Group>
    </section>
  );
}
