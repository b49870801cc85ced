"""The training cases: pictures of lesions in HU with their ratings, read from the shared data and from generated patients."""
import csv
import hashlib
import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import nibabel
import numpy as np
from scipy import ndimage

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("PRECEDENT_SHARED", ROOT.parent / "shared")) / "data"
RATINGS = ["malignancy", "texture", "subtlety", "sphericity", "margin", "lobulation", "spiculation", "calcification"]

# The sources that crops are cut from: a view of the lesion at its own scale, and one at a fixed scale.
TIGHT_PIXELS, TIGHT_SIDES = 96, 2.8
WIDE_PIXELS, WIDE_MM = 72, 1.0


@dataclass
class Case:
    """One lesion. `tight` and `wide` are [views, pixels, pixels] in HU; `*_mm` is a pixel's side; ratings are NaN where unknown."""

    source: str
    name: str
    patient: str
    diameter_mm: float
    tight: np.ndarray
    tight_mm: float
    wide: np.ndarray
    wide_mm: float
    ratings: np.ndarray = field(default_factory=lambda: np.full(len(RATINGS), np.nan, np.float32))


def fold_of(patient: str, folds: int = 5) -> int:
    """The fold of a patient: from the hash of its name, so that it never depends on order or on what else is there."""
    return hashlib.sha256(patient.encode()).digest()[0] % folds


def ratings_of(row) -> np.ndarray:
    return np.array([float(row[name]) if row.get(name) else np.nan for name in RATINGS], np.float32)


def slice_cases() -> list[Case]:
    """The largest slice of each nodule of `lidc-slices`; its diameter is that of the circle of its area."""
    with open(DATA / "lidc-slices/labels.csv") as f:
        rows = list(csv.DictReader(f))
    packed = np.load(DATA / "lidc-slices/slices.npz")
    if [int(row["noduleID"]) for row in rows] != packed["nodule"].tolist():
        raise SystemExit("lidc-slices: the labels and the slices are not in the same order")
    cases = []
    for row, hu in zip(rows, packed["hu"]):
        mm = float(row["PixelSpacing"])
        view = np.clip(hu, -1000, 1000).astype(np.float32)[None]
        diameter = float(row["EquivDiameter"]) * mm
        cases.append(Case("lidc-slices", row["noduleID"], row["patient"], diameter, view, mm, view, mm, ratings_of(row)))
    return cases


def nodule_cases() -> list[Case]:
    """The nodules of `lidc-nodules`, each of another patient."""
    with open(DATA / "lidc-nodules/labels.csv") as f:
        rows = list(csv.DictReader(f))
    cases = []
    for row in rows:
        image, mask = (DATA / f"lidc-nodules/{row['case']}{suffix}.nii.gz" for suffix in ("", "_mask"))
        cases.append(case_of("lidc-nodules", row["case"], row["case"], image, mask, ratings_of(row)))
    return cases


def imported_cases(source: str, folder: Path | None, library: Path) -> list[Case]:
    """Lesions of a library that the `precedent` command makes: of a folder of DICOM, or of generated patients."""
    ours = ["npm", "run", "-s", "precedent", "--"]
    run = lambda *args: subprocess.run([*ours, *args], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    listed = library.parent / f"{source}.json"
    if not listed.exists():
        run("import", str(folder), "--library", str(library)) if folder else run("demo", "--library", str(library))
        listed.write_text(run("list", "lesions", "--library", str(library), "--json"))
    cases = []
    for n, lesion in enumerate(json.loads(listed.read_text())):
        image, mask = library.parent / f"{source}-{n}.nii.gz", library.parent / f"{source}-{n}-mask.nii.gz"
        if not mask.exists():
            run("export", "--library", str(library), "--volume", lesion["volume"], "--to", str(image))
            run("export", "--library", str(library), "--lesion", lesion["id"], "--to", str(mask))
        # Imported again, ids are new; a lesion is named by its place in the list.
        cases.append(case_of(source, f"{source}-{n}", lesion["patient"], image, mask, None))
    return cases


def case_of(source, name, patient, image_path, mask_path, ratings) -> Case:
    """Views of a 3D lesion through the centre of its box and a little beside it: axial, coronal and sagittal of the patient."""
    image = nibabel.as_closest_canonical(nibabel.load(image_path))
    mask = nibabel.as_closest_canonical(nibabel.load(mask_path))
    hu = np.clip(np.asarray(image.dataobj, np.float32), -1000, 1000)
    inside = np.asarray(mask.dataobj) > 0
    spacing = np.array(image.header.get_zooms()[:3], float)
    bounds = [np.flatnonzero(inside.any(tuple({0, 1, 2} - {axis}))) for axis in range(3)]
    centre = np.array([(b[0] + b[-1]) / 2 for b in bounds])
    diameter = float(np.cbrt(6 / np.pi * inside.sum() * spacing.prod()))
    tight_mm = TIGHT_SIDES * max(diameter, 6) / TIGHT_PIXELS
    views = lambda pixels, mm: np.stack(
        [view(hu, spacing, centre, axes, offset, pixels, mm) for offset in (-0.15 * diameter, 0, 0.15 * diameter) for axes in PLANES]
    )
    case = Case(source, name, patient, diameter, views(TIGHT_PIXELS, tight_mm), tight_mm, views(WIDE_PIXELS, WIDE_MM), WIDE_MM)
    if ratings is not None:
        case.ratings = ratings
    return case


# Rows towards, columns towards, normal: axes of RAS+ storage with their sign, so that pictures stand as the product shows them.
PLANES = [((0, -1), (1, -1), 2), ((0, -1), (2, -1), 1), ((1, -1), (2, -1), 0)]


def view(hu, spacing, centre, axes, offset_mm, pixels, mm):
    """A square of a plane, each pixel the mean of up to 3 × 3 × 3 trilinear samples over its own width."""
    (right, right_sign), (down, down_sign), normal = axes
    at = (np.arange(pixels) - (pixels - 1) / 2) * mm
    counts = {axis: min(3, max(1, int(np.ceil(mm / spacing[axis] - 0.25)))) for axis in (right, down, normal)}
    total = np.zeros((pixels, pixels), np.float32)
    shares = lambda axis: ((np.arange(counts[axis]) + 0.5) / counts[axis] - 0.5) * mm
    for a in shares(right):
        for b in shares(down):
            for c in shares(normal):
                index = [None, None, None]
                index[right] = np.broadcast_to(centre[right] + right_sign * (at[None, :] + a) / spacing[right], total.shape)
                index[down] = np.broadcast_to(centre[down] + down_sign * (at[:, None] + b) / spacing[down], total.shape)
                index[normal] = np.full(total.shape, centre[normal] + (offset_mm + c) / spacing[normal])
                total += ndimage.map_coordinates(hu, index, order=1, mode="nearest")
    return total / (counts[right] * counts[down] * counts[normal])
