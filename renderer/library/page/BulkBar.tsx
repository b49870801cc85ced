/** What can be done with the selected lesions: set a label or a diagnosis with its proof, take a label away, export them. */
import { Autocomplete, Button, Select } from '@mantine/core';
import { useState } from 'react';
import type { LabelChange } from '../../../native/contract/library.ts';
import { type Diagnosis, type FieldInfo, proofs } from '../../../native/contract/model.ts';
import { count } from '../../ui/format.ts';
import { askToDelete } from '../deletion/deletion.ts';
import { editLesions } from '../edits.ts';
import { labelsOf } from '../queries.ts';
import { deselect, usePage } from './pageState.ts';
import { TeachingMenu } from './TeachingMenu.tsx';

export function BulkBar({ fields }: { fields: readonly FieldInfo[] }) {
  const selected = usePage((s) => s.selected);
  const [name, setName] = useState('');
  const [value, setValue] = useState('');
  const [proof, setProof] = useState<Diagnosis['proof'] | null>(null);
  const [busy, setBusy] = useState(false);
  const labels = labelsOf(fields);
  const isDiagnosis = name.trim() === 'diagnosis';
  const none = selected.size === 0;
  const change = async (changes: readonly LabelChange[]) => {
    setBusy(true);
    if (await editLesions([...selected], changes)) setValue('');
    setBusy(false);
  };
  return (
    <form
      className="bulk-bar"
      aria-label="Change the selected lesions"
      onSubmit={(event) => {
        event.preventDefault();
        if (none || !name.trim() || !value.trim()) return;
        void change([
          { name: name.trim(), value: value.trim() },
          ...(isDiagnosis && proof ? [{ name: 'proof', value: proof }] : []),
        ]);
      }}
    >
      <b data-testid="selected-count" aria-live="polite">
        {none ? 'No lesion selected' : `${count(selected.size, 'lesion')} selected`}
      </b>
      <Autocomplete
        size="xs"
        w={150}
        placeholder="Label"
        aria-label="Label to change"
        disabled={none}
        limit={50}
        data={[...new Set([...labels.map((field) => field.name), 'diagnosis'])]}
        value={name}
        onChange={setName}
      />
      <Autocomplete
        size="xs"
        w={190}
        placeholder="Value"
        aria-label="Value to set"
        disabled={none}
        limit={50}
        data={fields.find((field) => field.name === name.trim())?.values.map((one) => one.value) ?? []}
        value={value}
        onChange={setValue}
      />
      {isDiagnosis && (
        <Select
          size="xs"
          w={140}
          placeholder="Proof as it is"
          aria-label="What the diagnosis rests on"
          clearable
          data={[...proofs]}
          value={proof}
          onChange={(one) => setProof(proofs.find((known) => known === one) ?? null)}
        />
      )}
      <Button
        size="compact-xs"
        type="submit"
        loading={busy}
        disabled={none || !name.trim() || !value.trim()}
        data-testid="bulk-set"
      >
        Set
      </Button>
      <Button
        size="compact-xs"
        variant="default"
        loading={busy}
        disabled={none || !name.trim()}
        onClick={() => void change([{ name: name.trim(), value: null }])}
        data-testid="bulk-remove"
      >
        Remove
      </Button>
      <span className="spacer" />
      <TeachingMenu />
      <Button
        size="compact-xs"
        variant="subtle"
        color="red"
        disabled={none}
        data-testid="bulk-delete"
        onClick={() =>
          askToDelete({ subject: { lesions: [...selected] }, what: count(selected.size, 'lesion') })
        }
      >
        Delete…
      </Button>
      <Button size="compact-xs" variant="subtle" color="gray" disabled={none} onClick={deselect}>
        Deselect
      </Button>
    </form>
  );
}
