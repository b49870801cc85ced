/** The chosen library lesion: measurements, diagnosis, labels that can be changed, and its mask as a file. */
import { ActionIcon, Button, Group, Menu, TextInput, Tooltip } from '@mantine/core';
import { IconDownload, IconListSearch, IconTrash, IconX } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { LesionRow } from '../../native/contract/model.ts';
import { bridge } from '../bridge.ts';
import { callEngine } from '../engine.ts';
import { useExportRefusal } from '../lock/session.ts';
import { TermItems } from '../query/HitActions.tsx';
import { DiagnosisText } from '../query/proofs.tsx';
import { useIdentity } from '../ui/identity.ts';
import { Measures } from '../ui/Measures.tsx';
import { failed, notice } from '../ui/notice.ts';
import { lesionQuery, volumeQuery } from '../viewer/lesionMasks.ts';
import { CaptionText } from './CaptionText.tsx';
import { askToDelete } from './deletion/deletion.ts';
import { editLesions } from './edits.ts';
import { infoQuery, labelsOf } from './queries.ts';

const sources: Readonly<Record<LesionRow['source'], string>> = {
  rtstruct: 'RTSTRUCT contours',
  mask: 'mask file',
  mark: 'marked here',
};

export function LesionDetails({ chosen }: { chosen: LesionRow }) {
  const identity = useIdentity();
  const fresh = useQuery(lesionQuery(chosen.id));
  const lesion = fresh.data?.lesion ?? chosen;
  const volume = useQuery(volumeQuery(lesion.volume));
  const label = useMutation({
    mutationFn: ({ name, value }: { name: string; value: string | null }) =>
      editLesions([lesion.id], [{ name, value }]),
  });
  const saveMask = useMutation({
    mutationFn: async () => {
      const target = await bridge.chooseExport(`${lesion.name.replaceAll(/[^\p{L}\p{N}_-]+/gu, '_')}.nii.gz`);
      if (!target) return null;
      await callEngine('export.run', { lesion: lesion.id, target: target.token });
      return target.label;
    },
    onSuccess: (label) => {
      if (label) notice('done', 'Mask exported', label);
    },
    onError: (error) => failed('The mask was not exported', error),
  });
  const refusal = useExportRefusal();
  return (
    <section className="panel" data-testid="lesion-panel" aria-label="Lesion">
      <header className="panel-head">
        <b className="lesion-color" title={lesion.name}>
          {lesion.name}
        </b>
        <Group gap={4} wrap="nowrap">
          <Menu position="bottom-end" withinPortal>
            <Menu.Target>
              <ActionIcon size="sm" variant="subtle" color="gray" aria-label="Make it a part of the search">
                <IconListSearch size={14} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <TermItems lesion={lesion.id} patient={lesion.patient} name={lesion.name} />
            </Menu.Dropdown>
          </Menu>
          <Tooltip label={refusal ?? 'Export the mask (NIfTI)'}>
            <ActionIcon
              size="sm"
              variant="subtle"
              color="gray"
              aria-label="Export the mask"
              loading={saveMask.isPending}
              disabled={refusal !== undefined}
              onClick={() => saveMask.mutate()}
            >
              <IconDownload size={14} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label="Delete from the library">
            <ActionIcon
              size="sm"
              variant="subtle"
              color="gray"
              aria-label="Delete the lesion"
              onClick={() =>
                askToDelete({
                  subject: { lesions: [lesion.id] },
                  what: 'this lesion',
                  patient: lesion.patient,
                })
              }
            >
              <IconTrash size={14} />
            </ActionIcon>
          </Tooltip>
        </Group>
      </header>
      <p className="panel-note">
        {identity.whole(lesion.patient)} · {sources[lesion.source]}
        {lesion.embedded ? '' : ' · not yet searchable'}
      </p>
      <Measures of={lesion} />
      {lesion.organs.map(({ organ, inside, ofOrgan, where }) => (
        <p key={organ} className="panel-note">
          {organ}
          {where ? `, ${where}` : ''} · {Math.round(100 * inside)}% inside
          {ofOrgan > 0 ? ` · ${(100 * ofOrgan).toPrecision(2)}% of it` : ''}
        </p>
      ))}
      <CaptionText lesion={lesion} />
      <div className="panel-label">Diagnosis</div>
      <DiagnosisText diagnosis={lesion.diagnosis} />
      <div className="panel-label">Labels</div>
      <dl className="label-list">
        {Object.entries(lesion.labels).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {value}
              <ActionIcon
                size="xs"
                variant="subtle"
                color="gray"
                aria-label={`Remove the label ${name}`}
                onClick={() => label.mutate({ name, value: null })}
              >
                <IconX size={11} />
              </ActionIcon>
            </dd>
          </div>
        ))}
      </dl>
      {volume.data?.volume.warnings.map((warning) => (
        <p key={warning} className="panel-note">
          {warning}
        </p>
      ))}
      <AddLabel add={(name, value) => label.mutate({ name, value })} />
    </section>
  );
}

function AddLabel({ add }: { add: (name: string, value: string) => void }) {
  const info = useQuery(infoQuery);
  const [name, setName] = useState('');
  const [value, setValue] = useState('');
  return (
    <form
      className="add-label"
      onSubmit={(event) => {
        event.preventDefault();
        if (!name.trim() || !value.trim()) return;
        add(name.trim(), value.trim());
        setName('');
        setValue('');
      }}
    >
      <datalist id="known-labels">
        {labelsOf(info.data?.fields).map((field) => (
          <option key={field.name} value={field.name} />
        ))}
      </datalist>
      <TextInput
        size="xs"
        flex={1}
        placeholder="Label"
        aria-label="New label's name"
        list="known-labels"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        size="xs"
        flex={1}
        placeholder="Value"
        aria-label="New label's value"
        value={value}
        onChange={(event) => setValue(event.currentTarget.value)}
      />
      <Button size="compact-xs" variant="default" type="submit" disabled={!name.trim() || !value.trim()}>
        Add
      </Button>
    </form>
  );
}
