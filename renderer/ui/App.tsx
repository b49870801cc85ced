/** The window: library, viewer or comparison, details and hits, and what is said on every screen. */
import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type DragEvent, useEffect, useState } from 'react';
import { menuImportMessage } from '../../native/contract/bridge.ts';
import { EvaluationPage } from '../benchmark/EvaluationPage.tsx';
import { bridge } from '../bridge.ts';
import { Compare } from '../compare/Compare.tsx';
import { ReturnBar } from '../compare/ReturnBar.tsx';
import { isConverting } from '../encryption/state.ts';
import { onEncoder, onProcess, useEngineLine } from '../engine.ts';
import { KeyImageList } from '../keyImages/KeyImageList.tsx';
import { Demonstration } from '../library/Demonstration.tsx';
import { DeleteDialog } from '../library/deletion/DeleteDialog.tsx';
import { ImportDialog } from '../library/importing/ImportDialog.tsx';
import { addSources, useOpened } from '../library/importing/opened.ts';
import { LesionDetails } from '../library/LesionDetails.tsx';
import { chooseImport, LibraryPanel } from '../library/LibraryPanel.tsx';
import { LibraryPage } from '../library/page/LibraryPage.tsx';
import { infoQuery } from '../library/queries.ts';
import { VolumeLesions } from '../library/VolumeLesions.tsx';
import { AnnotationList } from '../measure/AnnotationList.tsx';
import { useColumns } from '../query/columns/columnsStore.ts';
import { MethodColumns } from '../query/columns/MethodColumns.tsx';
import { DistributionPanel } from '../query/DistributionPanel.tsx';
import { HitStrip } from '../query/HitStrip.tsx';
import { ProposalPanel } from '../query/ProposalPanel.tsx';
import { useResults } from '../query/results.ts';
import { useProposalMeasurements } from '../query/useProposal.ts';
import { Settings } from '../settings/Settings.tsx';
import { TagViewer } from '../tags/TagViewer.tsx';
import { Tour } from '../tour/Tour.tsx';
import { KeysHelp } from '../viewer/KeysHelp.tsx';
import { Toolbar } from '../viewer/Toolbar.tsx';
import { Viewer } from '../viewer/Viewer.tsx';
import { HitsApart } from '../windows/HitsApart.tsx';
import { useWindows } from '../windows/state.ts';
import { Failure, Loading } from './Empty.tsx';
import { failed, notice } from './notice.ts';
import { ReadOnlyBanner } from './ReadOnlyBanner.tsx';
import { RuntimeBanner } from './RuntimeBanner.tsx';
import { StatusBar } from './StatusBar.tsx';
import { chosenProposal, useView } from './store.ts';
import { useKeys } from './useKeys.ts';

export function App() {
  useKeys();
  useProposalMeasurements();
  useNotices();
  useOpened();
  const drop = useDrop();
  const apart = useWindows((s) => s.apart);
  const compare = useView((s) => (apart ? null : s.compare));
  const columns = useColumns((s) => s.open) && !apart;
  const covered = compare !== null || columns;
  const layout = useResults((s) => s.layout);
  const cornerText = useView((s) => s.cornerText);
  const app = useQuery({ queryKey: ['app'], queryFn: () => bridge.appInfo() });
  const info = useQuery(infoQuery);
  const [skipDemonstration, setSkipDemonstration] = useState(false);
  const empty = info.data?.demonstration === true && info.data.counts.lesions === 0;
  const [creating, setCreating] = useState(false);
  useEffect(() => {
    if (empty && !skipDemonstration) setCreating(true);
  }, [empty, skipDemonstration]);

  return (
    <div className="app" data-corner-text={cornerText ? 'shown' : 'hidden'} {...drop.handlers}>
      <RuntimeBanner app={app.data} />
      <ReadOnlyBanner />
      <Toolbar />
      {creating ? (
        <Demonstration
          leave={() => {
            setSkipDemonstration(true);
            setCreating(false);
          }}
        />
      ) : info.error && !info.data ? (
        <div className="viewer-empty">
          <Failure error={info.error} retry={() => void info.refetch()} />
        </div>
      ) : !info.data ? (
        <div className="viewer-empty">
          <Loading text="Waiting for the engine" />
        </div>
      ) : (
        <main className="main" data-results={apart ? 'apart' : layout}>
          <LibraryPanel />
          <div className="stage">
            <ReturnBar />
            {/* The viewer keeps its place under the comparison, so that Esc shows it exactly as it was. */}
            <div className="stage-layer" data-hidden={covered} inert={covered}>
              <Viewer />
            </div>
            {columns && !compare && (
              <div className="stage-layer">
                <MethodColumns />
              </div>
            )}
            {compare && (
              <div className="stage-layer">
                <Compare comparison={compare} />
              </div>
            )}
          </div>
          <SidePanel />
          {apart ? <HitsApart /> : <HitStrip />}
        </main>
      )}
      <StatusBar />
      {drop.over && <div className="drop">Drop to import into the library</div>}
      <ImportDialog />
      <KeysHelp />
      <TagViewer />
      <EvaluationPage />
      <LibraryPage />
      <DeleteDialog />
      <Settings app={app.data} />
      <Tour />
    </div>
  );
}

function SidePanel() {
  const proposal = useView((s) => s.proposal);
  const lesion = useView((s) => s.lesion);
  const shown = useView(chosenProposal);
  return (
    <aside className="side" aria-label="Details">
      <div className="side-top">
        {proposal && lesion && (
          <SegmentedControl
            className="side-switch"
            size="xs"
            fullWidth
            aria-label="Shown lesion"
            value={shown ? 'proposal' : 'lesion'}
            onChange={(value) => useView.setState({ chosen: value === 'proposal' ? 'proposal' : 'lesion' })}
            data={[
              { value: 'proposal', label: 'Marked' },
              { value: 'lesion', label: 'Library' },
            ]}
          />
        )}
        {shown ? (
          <ProposalPanel key={shown.volume.id} proposal={shown} />
        ) : lesion ? (
          <LesionDetails key={lesion.id} chosen={lesion} />
        ) : (
          <VolumeLesions />
        )}
        <AnnotationList />
        <KeyImageList />
      </div>
      <DistributionPanel />
    </aside>
  );
}

/** Says when a process died and when it is back. */
function useNotices(): void {
  useEffect(
    () =>
      onProcess((now, before) => {
        if (now.process === 'engine') return;
        const name = now.process === 'inference' ? 'Inference' : 'Reader';
        const again = before?.state === 'restarting' || (before ? now.restarts > before.restarts : false);
        if (now.state === 'restarting' && before?.state !== 'restarting')
          notice('warning', `${name} stopped`, 'It is being started again.');
        else if (now.state === 'running' && again) notice('done', `${name} restarted`);
        else if (now.state === 'failed' && before?.state !== 'failed')
          notice(
            'error',
            `${name} does not start`,
            'Restart Precedent; if that does not help, run precedent doctor.',
          );
      }),
    [],
  );
  useEffect(
    () =>
      onEncoder(({ encoder, dropped }) => {
        if (dropped)
          notice(
            'warning',
            `${dropped.provider} failed and is no longer used`,
            `Lesions are described on ${encoder.provider} from now on; precedent doctor says why.`,
          );
      }),
    [],
  );
  useEffect(
    () =>
      useEngineLine.subscribe((now, before) => {
        if (isConverting()) return;
        if (now.line === 'lost' && before.line === 'connected')
          notice(
            'warning',
            'Engine stopped',
            'It is being started again; what was running has to be repeated.',
          );
        else if (now.line === 'connected' && before.line === 'lost') notice('done', 'Engine restarted');
      }),
    [],
  );
  useEffect(() => {
    const onMessage = (event: MessageEvent) => {
      if (event.source === window && event.data === menuImportMessage) void chooseImport('folder');
    };
    window.addEventListener('message', onMessage);
    return () => window.removeEventListener('message', onMessage);
  }, []);
}

function useDrop() {
  const [over, setOver] = useState(false);
  const carriesFiles = (event: DragEvent) => event.dataTransfer.types.includes('Files');
  return {
    over,
    handlers: {
      onDragOver: (event: DragEvent) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        setOver(true);
      },
      onDragLeave: (event: DragEvent) => {
        if (event.relatedTarget === null) setOver(false);
      },
      onDrop: (event: DragEvent) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        setOver(false);
        bridge
          .grantDropped([...event.dataTransfer.files])
          .then(addSources)
          .catch((error: unknown) => failed('What was dropped could not be opened', error));
      },
    },
  };
}
