/** The latest changes by hand, as the audit tells of them, each of which can be brought back. */
import { Button } from '@mantine/core';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { callEngine, libraryKey } from '../../engine.ts';
import { Empty, Failure, Loading } from '../../ui/Empty.tsx';
import { moment, whole } from '../../ui/format.ts';
import { undoChange } from '../edits.ts';

const changesQuery = queryOptions({
  queryKey: [libraryKey, 'changes'],
  queryFn: ({ signal }) => callEngine('library.changes', {}, { signal }),
});

export function HistoryPage() {
  const changes = useQuery(changesQuery);
  if (changes.error) return <Failure error={changes.error} retry={() => void changes.refetch()} />;
  if (!changes.data) return <Loading text="Reading the history" />;
  if (changes.data.length === 0)
    return (
      <Empty
        title="Nothing was changed by hand yet"
        text="Every change of labels and diagnoses and every merge is written down here, and can be brought back."
      />
    );
  return (
    <div className="library-scroll">
      <table className="library-table" data-testid="history">
        <thead>
          <tr>
            <th>When</th>
            <th>Who</th>
            <th>What</th>
            <th className="end">Changed</th>
            <th />
          </tr>
        </thead>
        <tbody>
          {changes.data.map((change) => (
            <tr key={change.id} data-undone={change.undoneBy !== undefined}>
              <td className="number">{moment(change.at)}</td>
              <td>{change.user}</td>
              <td>{change.what}</td>
              <td className="end number">{whole(change.rows)}</td>
              <td className="end">
                {change.undoneBy === undefined ? (
                  <Button size="compact-xs" variant="default" onClick={() => void undoChange(change)}>
                    Undo
                  </Button>
                ) : (
                  <span className="dim">undone</span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
