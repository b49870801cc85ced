/** What an import brought, and every file that it left out with the reason. */
import { Table } from '@mantine/core';
import type { ImportReport } from '../../../native/contract/jobs.ts';
import { count } from '../../ui/format.ts';
import { useIdentity } from '../../ui/identity.ts';

const mostRows = 500;

/** Those of the numbers that are not 0. */
function listed(...parts: readonly Parameters<typeof count>[]): string {
  const some = parts.filter(([n]) => n > 0).map((part) => count(...part));
  return some.length > 0 ? some.join(', ') : 'Nothing';
}

export function ImportReportTable({ report }: { report: ImportReport }) {
  const identity = useIdentity();
  const { imported, unchanged, skipped, warnings } = report;
  return (
    <div className="dialog" data-testid="import-report">
      <Table withRowBorders={false} verticalSpacing={2} fz="sm">
        <Table.Tbody>
          <Table.Tr>
            <Table.Th w={110}>Imported</Table.Th>
            <Table.Td>
              {listed(
                [imported.patients, 'patient'],
                [imported.studies, 'study', 'studies'],
                [imported.volumes, 'volume'],
                [imported.lesions, 'lesion'],
                [imported.reports, 'report'],
              )}
            </Table.Td>
          </Table.Tr>
          <Table.Tr>
            <Table.Th>Unchanged</Table.Th>
            <Table.Td>
              {listed([unchanged, 'series in the library already', 'series in the library already'])}
            </Table.Td>
          </Table.Tr>
          <Table.Tr>
            <Table.Th>Skipped</Table.Th>
            <Table.Td>{listed([skipped.length, 'file or folder', 'files or folders'])}</Table.Td>
          </Table.Tr>
        </Table.Tbody>
      </Table>
      {skipped.length > 0 && (
        <div className="report-list">
          <Table stickyHeader layout="fixed" fz="xs" verticalSpacing={3}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th w="62%">File</Table.Th>
                <Table.Th>Reason</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {skipped.slice(0, mostRows).map(({ path, reason }, n) => (
                <Table.Tr key={`${path} ${reason}`}>
                  <Table.Td className="path">{identity.text(path) || `file ${n + 1}`}</Table.Td>
                  <Table.Td>{reason}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
          {skipped.length > mostRows && <p className="panel-note">… and {skipped.length - mostRows} more.</p>}
        </div>
      )}
      {warnings.length > 0 && !identity.hidden && (
        <ul className="warnings">
          {warnings.slice(0, mostRows).map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
