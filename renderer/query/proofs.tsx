/** How a diagnosis was proven, as a mark that is read at a glance: a tick for tissue, weaker signs for weaker proof. */
import type { Diagnosis } from '../../native/contract/model.ts';

interface ProofMark {
  readonly sign: string;
  readonly text: string;
  readonly strength: 'strong' | 'fair' | 'weak';
}

export const proofMarks: Readonly<Record<Diagnosis['proof'], ProofMark>> = {
  histology: { sign: '✓', text: 'Proven by histology', strength: 'strong' },
  surgery: { sign: '✓', text: 'Proven by surgery', strength: 'strong' },
  'follow-up': { sign: '◔', text: 'Proven by follow-up', strength: 'fair' },
  'imaging only': { sign: '○', text: 'Imaging only, not proven', strength: 'weak' },
  none: { sign: '–', text: 'No proof', strength: 'weak' },
};

export function DiagnosisText({ diagnosis }: { diagnosis: Diagnosis | undefined }) {
  if (!diagnosis) return <span className="diagnosis none">No diagnosis</span>;
  const proof = proofMarks[diagnosis.proof];
  return (
    <span className="diagnosis" title={`${diagnosis.diagnosis} · ${proof.text}`}>
      <span className="diagnosis-name">{diagnosis.diagnosis}</span>
      <span className={`proof ${proof.strength}`}>
        {proof.sign} {diagnosis.proof}
      </span>
    </span>
  );
}
