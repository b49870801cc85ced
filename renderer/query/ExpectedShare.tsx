/** What the hits of a search are worth, where the library was evaluated and that was kept. */
import type { Expectation } from '../../native/contract/model.ts';

export function ExpectedShare({ expected: { field, precision, chance, pairs } }: { expected: Expectation }) {
  return (
    <p className="panel-note" data-testid="expected-share">
      Of hits this near, <b>{Math.round(100 * precision)}%</b> in this library shared the {field} class (n ={' '}
      {pairs.toLocaleString('en')}); by chance {Math.round(100 * chance)}%.
    </p>
  );
}
