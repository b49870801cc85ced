/** Everything of the library in open formats: written into a folder, and taken in again by a library without cases. */
import { Button, Group, Progress } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Archived } from '../../native/contract/archive.ts';
import { bridge } from '../bridge.ts';
import { callEngine, libraryKey, queryClient } from '../engine.ts';
import { infoQuery } from '../library/queries.ts';
import { useExportRefusal } from '../lock/session.ts';
import { Failure } from '../ui/Empty.tsx';
import { count } from '../ui/format.ts';

type Done = { done: number; total: number };

export function Archive() {
  const info = useQuery(infoQuery);
  const refusal = useExportRefusal();
  const [progress, setProgress] = useState<Done | null>(null);
  const options = { onProgress: setProgress };
  const write = useMutation({
    mutationFn: async () => {
      const target = await bridge.chooseExport('precedent-export');
      return target && callEngine('archive.write', { target: target.token }, options);
    },
    onSettled: () => setProgress(null),
  });
  const read = useMutation({
    mutationFn: async () => {
      const [source] = await bridge.chooseImport('folder');
      return source ? callEngine('archive.read', { source: source.token }, options) : null;
    },
    onSettled: () => setProgress(null),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: [libraryKey] }),
  });
  const busy = write.isPending || read.isPending;
  const empty = info.data?.counts.patients === 0;
  return (
    <section data-testid="archive">
      <div className="panel-label">Everything in open formats</div>
      <p className="dim">
        Tables as JSON, images and regions as NIfTI, embeddings as NumPy files, with who the patients are. A
        library without cases can take such a folder in and is the same library then.
      </p>
      <Group gap="xs">
        <Button
          size="compact-xs"
          variant="default"
          loading={write.isPending}
          disabled={busy || refusal !== undefined}
          title={refusal}
          onClick={() => write.mutate()}
        >
          Export everything…
        </Button>
        <Button
          size="compact-xs"
          variant="default"
          loading={read.isPending}
          disabled={busy || !empty}
          title={empty ? undefined : 'This library holds cases: open an empty folder as a new library first'}
          onClick={() => read.mutate()}
        >
          Take in an export…
        </Button>
      </Group>
      {busy && progress && progress.total > 0 && (
        <Progress value={(100 * progress.done) / progress.total} aria-label="Volumes done" />
      )}
      {(write.error ?? read.error) && <Failure error={write.error ?? read.error} />}
      {write.data && <p>Wrote {said(write.data)}.</p>}
      {read.data && <p>Took in {said(read.data)}.</p>}
    </section>
  );
}

function said({ volumes, lesions, files }: Archived): string {
  return `${count(volumes, 'volume')} and ${count(lesions, 'lesion')} in ${count(files, 'file')}`;
}
