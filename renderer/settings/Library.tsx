/** Which library is open, how much is in it, and whether its parts are sound. */
import { Button, Group, Progress } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { bridge } from '../bridge.ts';
import { callEngine, libraryKey, queryClient } from '../engine.ts';
import { infoQuery } from '../library/queries.ts';
import { Failure } from '../ui/Empty.tsx';
import { count } from '../ui/format.ts';
import { useIdentity } from '../ui/identity.ts';
import { failed } from '../ui/notice.ts';
import { useView } from '../ui/store.ts';

export function Library() {
  const identity = useIdentity();
  const info = useQuery(infoQuery);
  const [progress, setProgress] = useState<{ done: number; total: number } | null>(null);
  const verify = useMutation({
    mutationFn: (repair: boolean) => {
      setProgress(null);
      return callEngine('verify.run', { repair }, { onProgress: setProgress });
    },
  });
  const openOther = useMutation({
    mutationFn: () => bridge.openLibrary(),
    onSuccess: ({ opened }) => {
      if (!opened) return;
      useView.setState({
        row: null,
        lesion: null,
        proposal: null,
        subject: null,
        compare: null,
        libraryPatient: null,
        libraryWhere: [],
        dialog: null,
      });
      void queryClient.invalidateQueries({ queryKey: [libraryKey] });
    },
    onError: (error) => failed('The library could not be opened', error),
  });
  const counts = info.data?.counts;
  return (
    <section>
      <div className="panel-label">Library</div>
      <p className="path" data-volatile>
        {identity.text(info.data?.folder)}
      </p>
      {counts && (
        <p className="dim">
          {count(counts.patients, 'patient')}, {count(counts.studies, 'study', 'studies')},{' '}
          {count(counts.volumes, 'volume')}, {count(counts.lesions, 'lesion')}
        </p>
      )}
      <Group gap="xs">
        <Button
          size="compact-xs"
          variant="default"
          loading={openOther.isPending}
          onClick={() => openOther.mutate()}
        >
          Open another…
        </Button>
        <Button
          size="compact-xs"
          variant="default"
          loading={verify.isPending}
          onClick={() => verify.mutate(false)}
        >
          Verify
        </Button>
        {verify.data && !verify.data.ok && (
          <Button size="compact-xs" variant="default" onClick={() => verify.mutate(true)}>
            Repair
          </Button>
        )}
      </Group>
      {verify.isPending && progress && progress.total > 0 && (
        <Progress mt={6} aria-label="Progress" value={(100 * progress.done) / progress.total} />
      )}
      {verify.error && <Failure error={verify.error} />}
      {verify.data && (
        <>
          <p>
            {verify.data.ok ? 'Everything is sound.' : count(verify.data.problems.length, 'problem')} Checked:{' '}
            {Object.entries(verify.data.checked)
              .map(([what, n]) => `${n} ${what}`)
              .join(', ')}
            .
          </p>
          <ul className="warnings">
            {verify.data.problems.slice(0, 100).map(({ what, where, repaired }) => (
              <li key={`${what} ${where}`}>
                {what} ({where}){repaired ? ', repaired' : ''}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
