/** How the library is: what waits, failed or is missing, each with what mends it; whether it is sound, and how large it is. */
import { Button, Progress } from '@mantine/core';
import { queryOptions, useMutation, useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { Filter } from '../../../native/contract/engine.ts';
import { bridge } from '../../bridge.ts';
import { callEngine, libraryKey } from '../../engine.ts';
import { Failure, Loading } from '../../ui/Empty.tsx';
import { bytes, count } from '../../ui/format.ts';
import { failed } from '../../ui/notice.ts';
import { useView } from '../../ui/store.ts';
import { infoQuery } from '../queries.ts';
import { openPage } from './pageState.ts';

const healthQuery = queryOptions({
  queryKey: [libraryKey, 'health'],
  queryFn: ({ signal }) => callEngine('library.health', {}, { signal }),
});

const parts: Readonly<Record<string, string>> = {
  'catalog.sqlite': 'Catalog: what is known',
  originals: 'Copies of originals',
  voxels: 'Decoded volumes (made again when missing)',
  vectors: 'Vectors (made again when missing)',
  thumbnails: 'Pictures of lesions (made again when missing)',
  encoders: 'Added encoders',
};

function showLesions(where: readonly Filter[]): void {
  useView.setState({ libraryWhere: where, libraryText: '', libraryPatient: null });
  openPage('lesions');
}

function Row(props: { what: string; state: ReactNode; bad: boolean; children?: ReactNode }) {
  return (
    <tr data-bad={props.bad}>
      <th scope="row">{props.what}</th>
      <td className="end number">{props.state}</td>
      <td>{props.children}</td>
    </tr>
  );
}

function Mend({ text, act, busy }: { text: string; act: () => void; busy?: boolean }) {
  return (
    <Button size="compact-xs" variant="default" loading={busy ?? false} onClick={act}>
      {text}
    </Button>
  );
}

export function HealthPage() {
  const health = useQuery(healthQuery);
  const info = useQuery(infoQuery);
  const originals = useMutation({ mutationFn: () => callEngine('originals.check', {}) });
  const locate = useMutation({
    mutationFn: async () => {
      const [folder] = await bridge.chooseImport('folder');
      if (folder) await callEngine('originals.locate', { folder: folder.token });
    },
    onSuccess: () => originals.mutate(),
    onError: (error) => failed('The originals were not looked for', error),
  });
  const embed = useMutation({
    mutationFn: () => callEngine('encoders.embedLibrary', { levels: ['lesion'] }),
    onError: (error) => failed('Not everything could be embedded', error),
    onSettled: () => void health.refetch(),
  });
  if (health.error) return <Failure error={health.error} retry={() => void health.refetch()} />;
  if (!health.data || !info.data) return <Loading text="Looking at the library" />;
  const now = health.data;
  const { counts } = info.data;
  const missing = originals.data?.length;
  const imports = (tab: 'jobs' | 'conflicts') => useView.setState({ dialog: 'import', importTab: tab });
  const size = now.size.reduce((sum, part) => sum + part.bytes, 0);
  const lesions = (n: number) => (n === 0 ? 'none' : count(n, 'lesion'));
  return (
    <div className="library-scroll" data-testid="health">
      <p className="dim">
        {count(counts.patients, 'patient')}, {count(counts.studies, 'study', 'studies')},{' '}
        {count(counts.volumes, 'volume')}, {count(counts.lesions, 'lesion')}
      </p>
      <table className="library-table health-table">
        <tbody>
          <Row what="Not searchable yet" state={lesions(now.notEmbedded)} bad={now.notEmbedded > 0}>
            {now.notEmbedded > 0 && (
              <Mend text="Embed now" busy={embed.isPending} act={() => embed.mutate()} />
            )}
          </Row>
          <Row
            what="Missing original files"
            state={missing === undefined ? 'not checked' : missing === 0 ? 'none' : count(missing, 'volume')}
            bad={(missing ?? 0) > 0}
          >
            <Mend text="Check" busy={originals.isPending} act={() => originals.mutate()} />
            {(missing ?? 0) > 0 && (
              <Mend text="Look for them in…" busy={locate.isPending} act={() => locate.mutate()} />
            )}
            {originals.error && <Failure error={originals.error} />}
          </Row>
          <Row
            what="Conflicts that wait for a decision"
            state={now.conflicts === 0 ? 'none' : now.conflicts}
            bad={now.conflicts > 0}
          >
            {now.conflicts > 0 && <Mend text="Decide…" act={() => imports('conflicts')} />}
          </Row>
          <Row
            what="Failed imports"
            state={now.failedImports === 0 ? 'none' : now.failedImports}
            bad={now.failedImports > 0}
          >
            {now.failedImports > 0 && <Mend text="Imports…" act={() => imports('jobs')} />}
          </Row>
          <Row
            what="Files that imports left out"
            state={now.skippedFiles === 0 ? 'none' : count(now.skippedFiles, 'file')}
            bad={false}
          >
            {now.skippedFiles > 0 && <Mend text="See why…" act={() => imports('jobs')} />}
          </Row>
          <Row
            what="Volumes read with a warning"
            state={now.warned === 0 ? 'none' : count(now.warned, 'volume')}
            bad={false}
          >
            {now.warned > 0 && (
              <Mend
                text="Studies…"
                act={() => useView.setState({ dialog: null, tab: 'studies', libraryText: '' })}
              />
            )}
          </Row>
          <Row what="Without a diagnosis" state={lesions(now.withoutDiagnosis)} bad={false}>
            {now.withoutDiagnosis > 0 && (
              <Mend text="Show them" act={() => showLesions([{ field: 'diagnosis', value: '' }])} />
            )}
          </Row>
          <Row what="Diagnosis not proven" state={lesions(now.unproven)} bad={false}>
            {now.unproven > 0 && (
              <Mend
                text="Show them"
                act={() =>
                  showLesions([
                    { field: 'diagnosis', value: '!' },
                    { field: 'proven', value: 'no' },
                  ])
                }
              />
            )}
          </Row>
          <Row what="Without a label" state={lesions(now.withoutLabels)} bad={false}>
            {now.withoutLabels > 0 && (
              <Mend text="Show them" act={() => showLesions([{ field: 'labels', value: '0' }])} />
            )}
          </Row>
          <Row what="Duplicates" state="" bad={false}>
            <Mend text="Look for them" act={() => openPage('duplicates')} />
          </Row>
          <Soundness />
          <Row what="Backups" state="none" bad={false}>
            <span className="dim">Precedent makes none: copy the library's folder while it is closed.</span>
          </Row>
        </tbody>
      </table>
      <div className="panel-label">On disk, {bytes(size)}</div>
      <table className="library-table health-table">
        <tbody>
          {now.size.map(({ part, bytes: n }) => (
            <Row key={part} what={parts[part] ?? part} state={bytes(n)} bad={false} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Whether everything is whole and agrees: checked on request, since every slice is read. */
function Soundness() {
  const [progress, setProgress] = useState<{ done: number; total: number } | null>(null);
  const [abort, setAbort] = useState<AbortController | null>(null);
  const verify = useMutation({
    mutationFn: (repair: boolean) => {
      const cancel = new AbortController();
      setAbort(cancel);
      setProgress(null);
      return callEngine('verify.run', { repair }, { onProgress: setProgress, signal: cancel.signal });
    },
    onError: (error) => failed('The library was not checked', error),
    onSettled: () => setAbort(null),
  });
  const problems = verify.data?.problems ?? [];
  const open = problems.filter(({ repaired }) => !repaired).length;
  const state = verify.data
    ? problems.length === 0
      ? 'sound'
      : `${count(problems.length, 'problem')}, ${problems.length - open} repaired`
    : 'not checked';
  return (
    <Row what="Whole and in agreement" state={state} bad={open > 0}>
      {verify.isPending ? (
        <>
          <Progress
            w={120}
            aria-label="Progress"
            value={progress ? (100 * progress.done) / Math.max(1, progress.total) : 0}
          />
          <Mend text="Cancel" act={() => abort?.abort()} />
        </>
      ) : (
        <>
          <Mend text="Check" act={() => verify.mutate(false)} />
          {open > 0 && <Mend text="Repair" act={() => verify.mutate(true)} />}
        </>
      )}
      {problems.length > 0 && (
        <ul className="warnings">
          {problems.slice(0, 20).map(({ what, where, repaired }) => (
            <li key={`${what} ${where}`}>
              {what} ({where}){repaired ? ', repaired' : ''}
            </li>
          ))}
        </ul>
      )}
    </Row>
  );
}
