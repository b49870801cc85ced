/** What the library may hold twice, side by side: one of both is kept and takes over the other's, or they are said to be two things. */
import { Button, Group, Progress } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { Duplicate } from '../../../native/contract/library.ts';
import type { LesionRow, PatientRow, VolumeRow } from '../../../native/contract/model.ts';
import { callEngine, libraryKey, queryClient } from '../../engine.ts';
import { DiagnosisText } from '../../query/proofs.tsx';
import { Empty, Failure } from '../../ui/Empty.tsx';
import { count, percent } from '../../ui/format.ts';
import { type Identity, useIdentity } from '../../ui/identity.ts';
import { Measures } from '../../ui/Measures.tsx';
import { failed, notice } from '../../ui/notice.ts';
import { Thumbnail } from '../../ui/Thumbnail.tsx';
import { madeChange } from '../edits.ts';

const duplicatesKey = [libraryKey, 'duplicates'];

export function DuplicatesPage() {
  const [progress, setProgress] = useState<{ done: number; total: number } | null>(null);
  const pairs = useQuery({
    queryKey: duplicatesKey,
    queryFn: ({ signal }) => callEngine('library.duplicates', {}, { signal, onProgress: setProgress }),
  });
  if (pairs.error) return <Failure error={pairs.error} retry={() => void pairs.refetch()} />;
  if (!pairs.data && pairs.fetchStatus === 'idle')
    return (
      <Empty title="The search was cancelled">
        <Button size="compact-xs" variant="default" onClick={() => void pairs.refetch()}>
          Look again
        </Button>
      </Empty>
    );
  if (!pairs.data)
    return (
      <div className="library-wait" role="status">
        <span>Comparing masks, names and voxels</span>
        <Progress
          aria-label="Progress"
          value={progress ? (100 * progress.done) / Math.max(1, progress.total) : 0}
        />
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => void queryClient.cancelQueries({ queryKey: duplicatesKey })}
        >
          Cancel
        </Button>
      </div>
    );
  if (pairs.data.length === 0)
    return (
      <Empty
        title="Nothing seems to be here twice"
        text="Looked for: lesions of one volume whose masks overlap, patients of the same name and date of birth, volumes with the same voxels."
      />
    );
  return (
    <div className="library-scroll" data-testid="duplicates">
      {pairs.data.map((pair) => (
        <Pair key={pair.key} pair={pair} />
      ))}
    </div>
  );
}

interface Side {
  /** As `library.merge` takes it. */
  readonly id: string;
  readonly shown: ReactNode;
}

/** What a pair is, how it is told apart, and what keeping one of both does. */
function described(
  pair: Duplicate,
  identity: Identity,
): { why: string; does: string; sides: readonly [Side, Side] } {
  switch (pair.kind) {
    case 'lesion': {
      const [a, b] = pair.lesions.map((one) => ({ id: one.id, shown: <LesionSide lesion={one} /> }));
      return {
        why: `Two lesions of one volume; their masks agree by ${percent(pair.dice)} (Dice)`,
        does: 'The other lesion goes; its labels, diagnosis and marks that this one lacks are taken over.',
        sides: [a, b],
      };
    }
    case 'patient': {
      const [a, b] = pair.patients.map((one) => ({
        id: one.patient,
        shown: <PatientSide patient={one} identity={identity} />,
      }));
      return {
        why: 'Two patients of the same name and date of birth',
        does: 'The studies of the other are taken over, and that identity goes.',
        sides: [a, b],
      };
    }
    case 'volume': {
      const [a, b] = pair.volumes.map((one) => ({
        id: one.id,
        shown: <VolumeSide volume={one} identity={identity} />,
      }));
      return {
        why: 'Two volumes with the same voxels, imported under different UIDs',
        does: 'The lesions and measurements of the other are brought over; the other volume stays, without them.',
        sides: [a, b],
      };
    }
  }
}

function Pair({ pair }: { pair: Duplicate }) {
  const identity = useIdentity();
  const [keep, setKeep] = useState<0 | 1 | null>(null);
  const { why, does, sides } = described(pair, identity);
  const merge = useMutation({
    mutationFn: (at: 0 | 1) =>
      callEngine('library.merge', { kind: pair.kind, keep: sides[at].id, other: sides[1 - at].id }),
    onSuccess: ({ change }) => {
      if (change) madeChange(change);
      notice('done', change?.what ?? 'There was nothing to bring over', change ? 'Ctrl Z undoes it.' : '');
    },
    onError: (error) => failed('They were not merged', error),
    onSettled: () => setKeep(null),
  });
  const apart = useMutation({
    mutationFn: () => callEngine('library.keepApart', { key: pair.key }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: duplicatesKey }),
    onError: (error) => failed('That was not kept', error),
  });
  return (
    <section className="pair" data-testid="duplicate" data-kind={pair.kind} aria-label={why}>
      <header>
        <b>{why}</b>
        <span className="spacer" />
        <Button size="compact-xs" variant="subtle" color="gray" onClick={() => apart.mutate()}>
          They are two things
        </Button>
      </header>
      <div className="pair-sides">
        {([0, 1] as const).map((at) => (
          <div key={sides[at].id} className="pair-side" data-kept={keep === at}>
            {sides[at].shown}
            <Button
              size="compact-xs"
              variant="default"
              aria-label={`Keep the ${at === 0 ? 'left' : 'right'} one`}
              onClick={() => setKeep(at)}
            >
              Keep this one
            </Button>
          </div>
        ))}
      </div>
      {keep !== null && (
        <Group gap={8} className="sure" role="alert">
          <span>{does}</span>
          <Button size="compact-xs" loading={merge.isPending} onClick={() => merge.mutate(keep)}>
            {pair.kind === 'volume' ? 'Bring them over' : 'Merge'}
          </Button>
          <Button size="compact-xs" variant="default" onClick={() => setKeep(null)}>
            Cancel
          </Button>
        </Group>
      )}
    </section>
  );
}

const drawn: Readonly<Record<LesionRow['source'], string>> = {
  rtstruct: 'RTSTRUCT contours',
  mask: 'mask file',
  mark: 'marked here',
};

function LesionSide({ lesion }: { lesion: LesionRow }) {
  const identity = useIdentity();
  return (
    <div className="pair-lesion">
      <Thumbnail lesion={lesion.id} size={96} />
      <div>
        <b>{lesion.name}</b>
        <p className="dim">
          {identity.whole(lesion.patient)} · {drawn[lesion.source]}
        </p>
        <Measures of={lesion} />
        <DiagnosisText diagnosis={lesion.diagnosis} />
        <dl className="label-list">
          {Object.entries(lesion.labels).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </div>
    </div>
  );
}

function PatientSide({ patient, identity }: { patient: PatientRow; identity: Identity }) {
  return (
    <div>
      <b>{identity.whole(patient.patient)}</b>
      <p className="dim">
        {patient.sex ? `${patient.sex} · ` : ''}
        {count(patient.studies, 'study', 'studies')} · {count(patient.lesions, 'lesion')}
      </p>
    </div>
  );
}

function VolumeSide({ volume, identity }: { volume: VolumeRow; identity: Identity }) {
  return (
    <div>
      <b>{identity.whole(volume.patient)}</b>
      <p className="dim">
        {identity.text(volume.description) || 'Volume'} · {volume.dims.join(' × ')} ·{' '}
        {count(volume.lesions, 'lesion')}
      </p>
    </div>
  );
}
