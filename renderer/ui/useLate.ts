/** Signs of waiting that appear only when a wait is long enough to be noticed. */
import { useEffect, useState } from 'react';

/** True once `busy` has lasted for `ms`: a sign that comes and goes at once is unrest, and drawing it takes time as well. */
export function useLate(busy: boolean, ms = 700): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!busy) {
      setLate(false);
      return;
    }
    const timer = setTimeout(() => setLate(true), ms);
    return () => clearTimeout(timer);
  }, [busy, ms]);
  return busy && late;
}
