/** The evaluation of the library on one of its labels: how far its hits are to be trusted, before they are. */
import './evaluation.css';
import { Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { infoQuery } from '../library/queries.ts';
import { Empty, Failure } from '../ui/Empty.tsx';
import { useView } from '../ui/store.ts';
import { EvaluationForm } from './EvaluationForm.tsx';
import { EvaluationResult } from './EvaluationResult.tsx';
import { forgetEvaluation, useEvaluation } from './evaluationStore.ts';

export function EvaluationPage() {
  const open = useView((s) => s.dialog === 'evaluation');
  const folder = useQuery(infoQuery).data?.folder;
  const before = useRef(folder);
  useEffect(() => {
    if (before.current !== undefined && folder !== undefined && before.current !== folder) forgetEvaluation();
    before.current = folder ?? before.current;
  }, [folder]);
  return (
    <Modal
      opened={open}
      onClose={() => useView.setState({ dialog: null })}
      title="Evaluate this library"
      fullScreen
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {open && (
        <div className="evaluation" data-testid="evaluation">
          <EvaluationForm />
          <Outcome />
        </div>
      )}
    </Modal>
  );
}

function Outcome() {
  const result = useEvaluation((s) => s.result);
  const error = useEvaluation((s) => s.error);
  return (
    <div className="evaluation-outcome">
      {error && <Failure error={error} />}
      {result ? (
        <EvaluationResult evaluation={result.evaluation} kept={result.kept} />
      ) : (
        !error && (
          <Empty
            title="How far can hits be trusted here?"
            text="Every labelled lesion is searched for among the lesions of the other patients, and counted is how often the hits share its label. Choose a label and evaluate."
          />
        )
      )}
    </div>
  );
}
