/** The page of the second window: the comparison above, the hits below it or over the whole window. */
import { Button } from '@mantine/core';
import { IconWindowMinimize } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { bridge } from '../bridge.ts';
import { Compare } from '../compare/Compare.tsx';
import { infoQuery } from '../library/queries.ts';
import { useColumns } from '../query/columns/columnsStore.ts';
import { MethodColumns } from '../query/columns/MethodColumns.tsx';
import { DistributionPanel } from '../query/DistributionPanel.tsx';
import { HitStrip } from '../query/HitStrip.tsx';
import { useResults } from '../query/results.ts';
import { Failure, Loading } from '../ui/Empty.tsx';
import { minus } from '../ui/format.ts';
import { RuntimeBanner } from '../ui/RuntimeBanner.tsx';
import { StatusBar } from '../ui/StatusBar.tsx';
import { useView } from '../ui/store.ts';
import { useKeys } from '../ui/useKeys.ts';
import { KeysHelp } from '../viewer/KeysHelp.tsx';
import { useShownKey } from '../viewer/ownKeys.ts';
import { toggleHitsWindow } from './hitsWindow.ts';
import './windows.css';

export function HitsPage() {
  useKeys();
  const compare = useView((s) => s.compare);
  const columns = useColumns((s) => s.open);
  const cornerText = useView((s) => s.cornerText);
  const layout = useResults((s) => s.layout);
  const info = useQuery(infoQuery);
  const app = useQuery({ queryKey: ['app'], queryFn: () => bridge.appInfo() });
  return (
    <div className="app" data-testid="hits-page" data-corner-text={cornerText ? 'shown' : 'hidden'}>
      <RuntimeBanner app={app.data} />
      <HitsHead />
      {info.error && !info.data ? (
        <div className="viewer-empty">
          <Failure error={info.error} retry={() => void info.refetch()} />
        </div>
      ) : !info.data ? (
        <div className="viewer-empty">
          <Loading text="Waiting for the engine" />
        </div>
      ) : (
        <main className="hits-page" data-results={layout} data-comparing={compare !== null || columns}>
          {(compare || columns) && (
            <div className="stage">
              <div className="stage-layer">
                {compare ? <Compare comparison={compare} /> : <MethodColumns />}
              </div>
            </div>
          )}
          <aside className="side" aria-label="Distribution">
            <DistributionPanel />
          </aside>
          <HitStrip />
        </main>
      )}
      <StatusBar />
      <KeysHelp />
    </div>
  );
}

function HitsHead() {
  const { width, center } = useView((s) => s.window);
  const subject = useView((s) => s.subject);
  const keyOf = useShownKey();
  return (
    <header className="toolbar hits-page-head">
      <span className="brand">Precedent · hits</span>
      <span className="dim">
        {subject && `${subject.title} · `}W {width} C {minus(center)}
      </span>
      <span className="spacer" />
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<IconWindowMinimize size={13} />}
        data-testid="hits-back"
        onClick={toggleHitsWindow}
      >
        Back to the first window <kbd>{keyOf('hitsWindow')}</kbd>
      </Button>
    </header>
  );
}
