/** The picture of a lesion, and a quiet sign in its place while it is missing. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { callEngine } from '../engine.ts';
import { infoQuery } from '../library/queries.ts';
import { thumbnailUrl } from '../urls.ts';

export function Thumbnail({ lesion, size }: { lesion: string; size: number }) {
  // A lesion may be listed a moment before its picture is drawn: asked again when the library has changed.
  const { dataUpdatedAt } = useQuery(infoQuery);
  const asked = `${lesion} ${dataUpdatedAt}`;
  const [missing, setMissing] = useState<string | null>(null);
  const [mended, setMended] = useState(false);
  const onError = () => {
    setMissing(asked);
    if (mended) return;
    // Drawn again where it is missing or damaged; a second failure is an answer.
    callEngine('files.mend', { kind: 'thumbnail', id: lesion }).then(
      () => {
        setMended(true);
        setMissing(null);
      },
      () => setMended(true),
    );
  };
  return (
    <span className="thumbnail" style={{ width: size, height: size }}>
      {missing === asked ? (
        <svg viewBox="0 0 24 24" width={size * 0.5} height={size * 0.5} role="img" aria-label="No picture">
          <title>No picture</title>
          <circle cx="12" cy="12" r="8" fill="none" stroke="currentColor" strokeWidth="1.2" />
          <circle cx="12" cy="12" r="2.6" fill="none" stroke="currentColor" strokeWidth="1.2" />
        </svg>
      ) : (
        <img src={thumbnailUrl(lesion)} alt="" loading="lazy" draggable={false} onError={onError} />
      )}
    </span>
  );
}
