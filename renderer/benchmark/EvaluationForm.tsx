/** What to evaluate: the label and its classes, by which methods and encoder, and whose lesions ask and are found. */
import {
  ActionIcon,
  Button,
  Checkbox,
  NumberInput,
  Pill,
  Progress,
  SegmentedControl,
  Select,
  TextInput,
  Tooltip,
} from '@mantine/core';
import { IconPlayerStop, IconPlus, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { Filter } from '../../native/contract/engine.ts';
import { callEngine, libraryKey } from '../engine.ts';
import { infoQuery } from '../library/queries.ts';
import { Empty, Failure, Loading } from '../ui/Empty.tsx';
import { count } from '../ui/format.ts';
import { LabelMenu } from '../ui/LabelMenu.tsx';
import { byImportance } from '../ui/labels.ts';
import {
  type ClassRow,
  classCounts,
  classesProblem,
  classesText,
  evaluable,
  type FieldValues,
  isNumeric,
  proposedClasses,
} from './classes.ts';
import { cancelEvaluation, runEvaluation, setForm, useEvaluation } from './evaluationStore.ts';

export function EvaluationForm() {
  const info = useQuery(infoQuery);
  const form = useEvaluation((s) => s.form);
  const running = useEvaluation((s) => s.running);
  const encoders = useQuery({
    queryKey: [libraryKey, 'encoders'],
    queryFn: ({ signal }) => callEngine('encoders.list', {}, { signal }),
  });
  const methods = useQuery({
    queryKey: [libraryKey, 'methods', form.encoder],
    queryFn: ({ signal }) => callEngine('methods.list', { encoder: form.encoder ?? undefined }, { signal }),
  });
  if (info.error) return <Failure error={info.error} retry={() => void info.refetch()} />;
  if (!info.data) return <Loading text="Reading the labels" />;
  const fields = evaluable(info.data.fields);
  const ordered = byImportance(fields.map(({ name }) => name));
  const field = fields.find(({ name }) => name === (form.field ?? ordered[0])) ?? fields[0];
  if (!field) {
    return (
      <Empty
        title="No label to evaluate"
        text="Import a table of labels, or label lesions in the details: at least two values are needed."
      />
    );
  }
  const rows = form.classes?.of === field.name ? form.classes.rows : proposedClasses(field);
  const problem = rows ? classesProblem(rows) : null;
  const runnable = methods.data?.filter(({ refusal }) => refusal === undefined) ?? [];
  const refused = methods.data?.filter(({ refusal }) => refusal !== undefined) ?? [];
  const chosen = runnable.filter(({ name }) => form.methods?.includes(name) ?? true);
  const run = () =>
    void runEvaluation({
      field: field.name,
      classes: rows ? classesText(rows) : undefined,
      methods: chosen.map(({ name }) => name),
      encoder: form.encoder ?? undefined,
      queries: form.queries ?? undefined,
      gallery: form.gallery ?? undefined,
    });
  return (
    <form
      className="evaluation-form"
      aria-label="What to evaluate"
      onSubmit={(event) => {
        event.preventDefault();
        run();
      }}
    >
      <Select
        size="xs"
        label="Label"
        data-autofocus
        allowDeselect={false}
        searchable={ordered.length > 12}
        data={[...ordered]}
        value={field.name}
        onChange={(name) => setForm({ field: name })}
      />
      <Classes field={field} rows={rows} />
      {problem && (
        <p className="failure" role="alert">
          {problem}
        </p>
      )}
      <Select
        size="xs"
        label="Encoder"
        allowDeselect={false}
        data={(encoders.data?.encoders ?? [])
          .filter(({ forLesions }) => forLesions)
          .map(({ id, version }) => ({ value: id, label: `${id} ${version}` }))}
        value={form.encoder ?? encoders.data?.encoders.find(({ isDefault }) => isDefault)?.id ?? null}
        onChange={(encoder) => setForm({ encoder, methods: null })}
      />
      <fieldset className="methods">
        <legend>Methods</legend>
        {methods.error ? (
          <Failure error={methods.error} retry={() => void methods.refetch()} />
        ) : (
          runnable.map(({ name, title }) => (
            <Tooltip key={name} label={title} multiline maw={320} openDelay={300} position="right">
              <div>
                <Checkbox
                  size="xs"
                  label={name}
                  checked={chosen.some((one) => one.name === name)}
                  onChange={() => {
                    const names = chosen.map((one) => one.name);
                    setForm({
                      methods: names.includes(name) ? names.filter((one) => one !== name) : [...names, name],
                    });
                  }}
                />
              </div>
            </Tooltip>
          ))
        )}
        {methods.data && runnable.length === 0 && (
          <p className="dim">This encoder has embedded nothing here: choose it in the settings first.</p>
        )}
        {refused.length > 0 && (
          <details>
            <summary className="dim">{count(refused.length, 'method')} cannot run here</summary>
            <ul className="refused">
              {refused.map(({ name, refusal }) => (
                <li key={name}>
                  <b>{name}</b>: {refusal}
                </li>
              ))}
            </ul>
          </details>
        )}
      </fieldset>
      <Subset what="Asking" filter={form.queries} set={(queries) => setForm({ queries })} />
      <Subset what="Found" filter={form.gallery} set={(gallery) => setForm({ gallery })} />
      <div className="evaluation-run">
        <Button
          type="submit"
          size="compact-sm"
          data-testid="evaluation-run"
          disabled={running !== null || problem !== null || chosen.length === 0}
        >
          Evaluate
        </Button>
        {running && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconPlayerStop size={13} />}
            data-testid="evaluation-cancel"
            onClick={cancelEvaluation}
          >
            Cancel
          </Button>
        )}
      </div>
      {running && (
        <div aria-live="polite">
          <Progress
            aria-label="Progress"
            animated={running.total === 0}
            value={running.total === 0 ? 100 : (100 * running.done) / running.total}
          />
          <p className="dim">
            {running.total === 0
              ? 'Preparing; lesions that are not embedded yet are waited for…'
              : `${running.done} of ${count(running.total, 'lesion')}`}
          </p>
        </div>
      )}
    </form>
  );
}

function Classes({ field, rows }: { field: FieldValues; rows: readonly ClassRow[] | null }) {
  const set = (next: readonly ClassRow[] | null) => setForm({ classes: { of: field.name, rows: next } });
  const change = (at: number, patch: Partial<ClassRow>) =>
    set(rows?.map((row, n) => (n === at ? { ...row, ...patch } : row)) ?? null);
  const { classes, none } = classCounts(field, rows);
  const most = [...classes].sort(([, a], [, b]) => b - a);
  return (
    <div className="classes">
      {isNumeric(field) && (
        <SegmentedControl
          size="xs"
          fullWidth
          aria-label="Classes"
          value={rows ? 'ranges' : 'values'}
          onChange={(value) => set(value === 'ranges' ? proposedClasses(field) : null)}
          data={[
            { value: 'ranges', label: 'Ranges' },
            { value: 'values', label: 'Each value' },
          ]}
        />
      )}
      {rows?.map((row, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity but their place
        <div key={at} className="class-row">
          <TextInput
            size="xs"
            aria-label={`Name of class ${at + 1}`}
            value={row.name}
            onChange={(event) => change(at, { name: event.currentTarget.value })}
          />
          {(['from', 'to'] as const).map((end) => (
            <NumberInput
              key={end}
              size="xs"
              hideControls
              aria-label={`Class ${at + 1} ${end}`}
              value={row[end]}
              onChange={(value) => {
                if (typeof value === 'number') change(at, { [end]: value });
              }}
            />
          ))}
          <ActionIcon
            size="sm"
            variant="subtle"
            color="gray"
            aria-label={`Remove class ${at + 1}`}
            disabled={rows.length < 3}
            onClick={() => set(rows.filter((_, n) => n !== at))}
          >
            <IconX size={13} />
          </ActionIcon>
        </div>
      ))}
      {rows && (
        <button
          type="button"
          className="text-button"
          onClick={() => {
            const last = Math.max(...rows.map(({ to }) => to));
            set([...rows, { name: `class ${rows.length + 1}`, from: last + 1, to: last + 1 }]);
          }}
        >
          <IconPlus size={13} /> Class
        </button>
      )}
      <p className="dim">
        {most
          .slice(0, 6)
          .map(([name, n]) => `${name} ${n}`)
          .join(', ')}
        {most.length > 6 ? ` and ${most.length - 6} more` : ''}
        {none > 0 ? `; ${none} in no class take no part` : ''}
      </p>
    </div>
  );
}

function Subset({
  what,
  filter,
  set,
}: {
  what: string;
  filter: Filter | null;
  set: (filter: Filter | null) => void;
}) {
  return (
    <div className="subset">
      <span className="dim">{what}</span>
      {filter ? (
        <Pill
          size="sm"
          withRemoveButton
          removeButtonProps={{ 'aria-label': `${what}: all lesions` }}
          onRemove={() => set(null)}
        >
          {filter.field} = {filter.value}
        </Pill>
      ) : (
        <LabelMenu name="all lesions" pick={set} />
      )}
    </div>
  );
}
