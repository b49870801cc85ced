/** Keeps of a free text the words that can be trusted to name anatomy, disease or technique, and drops all others. */

const words = new Set(
  `
  gtv gtvp gtvn gtvt igtv ctv ptv itv prv tumor tumour tumors tumours lesion lesions nodule nodules mass masses met mets
  metastasis metastases cyst cysts carcinoma sarcoma lymphoma melanoma adenoma hemangioma haemangioma hcc fnh abscess
  polyp ggo ggn finding findings target roi segment segmentation structure contour boost edema oedema necrosis calcification
  lung lungs liver spleen pancreas kidney kidneys adrenal adrenals gallbladder bladder colon rectum sigmoid bowel duodenum
  stomach esophagus oesophagus heart aorta trachea bronchus carina brain brainstem cerebellum spinal spinalcord cord canal
  spine vertebra vertebrae sacrum rib ribs sternum clavicle femur femoral humerus scapula pelvis hip bone bones muscle
  thyroid larynx pharynx parotid parotids mandible lens eye eyes orbit optic nerve chiasm cochlea tongue lip oral cavity
  breast breasts prostate uterus cervix ovary ovaries vagina seminal vesicle vesicles node nodes lymph mediastinum pleura
  peritoneum skin body external couch table chest thorax abdomen abdominal thoracic head neck extremity leg arm thigh vein
  artery portal vena cava lobe left right l r lt rt both total bilateral upper lower middle superior inferior anterior
  posterior medial lateral proximal distal primary residual recurrent benign malignant
  ct cect ncct pet spect mr scan series image images axial coronal sagittal recon reconstruction thin thick slice slices
  mm kv soft tissue standard sharp smooth kernel window contrast enhanced unenhanced native plain without with w wo pre post
  iv arterial venous portalvenous delayed late early phase nephrographic excretory oral rectal low dose follow up baseline
  inspiration expiration helical spiral sequence angio perfusion screening topogram scout
  minus sub not excl and or of in the
  `
    .trim()
    .split(/\s+/),
);

const maxLength = 64;
const separator = /^[ _+./-]{1,3}$/;

/**
 * The known words of a text in their order, with at most one number of one or two digits behind one of them; no
 * name, place, identifier or date is among what is kept, unless it is spelled like a known word. Empty when none is known.
 */
export function cleanDescriptor(text: string): string {
  let kept = '';
  let end = 0;
  let numbers = 0;
  for (const { 0: token, index } of text.slice(0, 1024).matchAll(/[A-Za-z]+|\d+|[\u0080-\uffff]+/g)) {
    const pieces = known(token) ? [token] : splitCase(token).filter(known);
    const between = text.slice(end, index);
    const joined = between === '' || separator.test(between);
    // A number belongs to the word before it (GTV 2); more digits after it would make it a date.
    const isNumber = /^\d{1,2}$/.test(token) && kept !== '' && numbers === 0 && joined;
    const endsHere = !/^[ ./-]?\d/.test(text.slice(index + token.length));
    const piece = isNumber && endsHere ? token : pieces.join(' ');
    if (piece === '') continue;
    if (isNumber) numbers++;
    const joint = joined ? between : ' ';
    const next = kept === '' ? piece : `${kept}${joint}${piece}`;
    if (next.length > maxLength) break;
    kept = next;
    end = index + token.length;
  }
  return kept;
}

function known(token: string): boolean {
  return words.has(token.toLowerCase());
}

function splitCase(token: string): readonly string[] {
  return token.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g) ?? [];
}
