/** The text that stands in an archive for whoever finds it. */

export const readMe = `This folder holds everything of a Precedent library, patients' names included. Keep it as you keep the library.

precedent-archive.json   what was written: counts, and the schema whose tables these are
tables/NAME.jsonl        a table of the catalog, one JSON object a line
volumes/ID.nii.gz        a volume in HU (NIfTI-1)
masks/ID.nii.gz          a lesion or organ: 1 inside, on the part of its volume's grid that its box is
embeddings/*.npy         embeddings, float16, a row each (NumPy)
originals/ID/            private copies of a volume's original files, where the library keeps them
encoders/                encoders that were added to the library
SHA256SUMS               checksums: sha256sum -c SHA256SUMS

In a row, {"file": F, "row": N} stands for bytes that are in the file F, {"base64": B} for other bytes.
Volumes and lesions are named by their "uid", which the tables refer to by "id".

To make a library of it again: precedent import FOLDER --library NEW

Research use, not for primary diagnosis.
`;
