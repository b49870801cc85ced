"""Compares volumes that Precedent has read with what pydicom and nibabel read from the same files.

Standard input is JSON: { folder, seed, volumes: [{ series, path, dims, spacingMm, originMm, direction, interpolated, nifti }] },
where `nifti` is the volume's export in HU. One line is printed for each series of the folder, then the counts as JSON.
Where voxels had to be interpolated, the series must be a ramp whose formula lies beside it in truth.json.
"""

import json
import os
import sys

import nibabel
import numpy
import pydicom

VOXELS = 1000
POSITION_MM = 1e-3
SPACING_MM = 1e-4
DIRECTION = 1e-5
# Stored values are rounded, and what lies between two of them is rounded again.
INTERPOLATED_HU = 1.0


def ct_series(folder):
    """Series Instance UID, or the folder where there is none -> data sets (without pixels) of CT slices, with their paths."""
    found = {}
    for root, _, names in os.walk(folder):
        for name in sorted(names):
            path = os.path.join(root, name)
            try:
                data = pydicom.dcmread(path, stop_before_pixels=True)
            except Exception:
                continue
            kind = [str(part) for part in data.get("ImageType", [])]
            if data.get("Modality") != "CT" or "LOCALIZER" in kind or "ImagePositionPatient" not in data:
                continue
            found.setdefault(data.get("SeriesInstanceUID") or root, []).append((path, data))
    return found


def slice_order(slices):
    """Positions, their places along the normal, and the slices, ascending; and the row and column directions."""
    axes = numpy.array(slices[0][1].ImageOrientationPatient, float)
    row, column = axes[:3], axes[3:]
    normal = numpy.cross(row, column)
    along = lambda one: float(numpy.dot(normal, numpy.array(one[1].ImagePositionPatient, float)))
    ordered = sorted(slices, key=along)
    positions = numpy.array([one[1].ImagePositionPatient for one in ordered], float)
    return ordered, positions, row, column, normal


def read_values(path):
    """The slice in HU, row by row."""
    data = pydicom.dcmread(path)
    return data.pixel_array * float(data.get("RescaleSlope", 1)) + float(data.get("RescaleIntercept", 0))


def differs(what, ours, theirs, tolerance):
    ours, theirs = numpy.asarray(ours, float), numpy.asarray(theirs, float)
    if ours.shape != theirs.shape or not numpy.allclose(ours, theirs, rtol=0, atol=tolerance):
        return [f"{what} {ours.tolist()} where {theirs.tolist()} belongs"]
    return []


def our_affine(volume):
    """4 x 4, indices to LPS in mm."""
    affine = numpy.eye(4)
    affine[:3, :3] = numpy.array(volume["direction"], float).reshape(3, 3).T * volume["spacingMm"]
    affine[:3, 3] = volume["originMm"]
    return affine


def lps(affine):
    return numpy.diag([-1, -1, 1, 1]) @ affine


def random_voxels(dims, seed):
    return numpy.random.default_rng(seed).integers(0, dims, size=(VOXELS, 3))


def compare_voxels(ours, theirs):
    wrong = numpy.abs(ours - theirs) > 1e-3 * numpy.maximum(1, numpy.abs(theirs) * 1e-3)
    return [f"{int(wrong.sum())} of {len(ours)} voxels differ, by up to {numpy.abs(ours - theirs).max():g} HU"] if wrong.any() else []


def compare_slices(volume, voxels, slices, seed):
    ordered, positions, row, column, normal = slice_order(slices)
    first = ordered[0][1]
    along = positions @ normal
    spacing = (along[-1] - along[0]) / (len(along) - 1) if len(along) > 1 else float(first.get("SliceThickness", 1))
    down, across = [float(value) for value in first.PixelSpacing]
    wrong = differs("dimensions", volume["dims"], [first.Columns, first.Rows, len(ordered)], 0)
    if wrong:
        return wrong
    wrong += differs("origin", volume["originMm"], positions[0], POSITION_MM)
    wrong += differs("spacing", volume["spacingMm"], [across, down, spacing], SPACING_MM)
    wrong += differs("direction", volume["direction"], [*row, *column, *normal], DIRECTION)
    chosen = random_voxels(volume["dims"], seed)
    theirs = numpy.empty(VOXELS)
    for k in numpy.unique(chosen[:, 2]):
        values = read_values(ordered[k][0])
        here = chosen[:, 2] == k
        theirs[here] = values[chosen[here, 1], chosen[here, 0]]
    return wrong + compare_voxels(voxels[tuple(chosen.T)], theirs)


def compare_ramp(volume, voxels, slices, truth, seed):
    """Voxels inside of what was scanned have the ramp's value at their place; every scanned corner lies in the volume."""
    _, positions, row, column, normal = slice_order(slices)
    first = slices[0][1]
    down, across = [float(value) for value in first.PixelSpacing]
    width, height = (first.Columns - 1) * across, (first.Rows - 1) * down
    affine = our_affine(volume)
    corners = [p + a * row * width + b * column * height for p in positions for a in (0, 1) for b in (0, 1)]
    indices = numpy.c_[corners, numpy.ones(len(corners))] @ numpy.linalg.inv(affine).T
    wrong = []
    if (indices[:, :3] < -0.51).any() or (indices[:, :3] > numpy.array(volume["dims"]) - 0.49).any():
        wrong.append("scanned points lie outside of the volume")
    chosen = random_voxels(volume["dims"], seed)
    places = (numpy.c_[chosen, numpy.ones(VOXELS)] @ affine.T)[:, :3]
    along = places @ normal
    marks = positions @ normal
    start = numpy.array([numpy.interp(along, marks, positions[:, axis]) for axis in range(3)]).T
    u, v = (places - start) @ row, (places - start) @ column
    edge = 1e-6
    inside = (along >= marks[0] - edge) & (along <= marks[-1] + edge)
    inside &= (u >= -edge) & (u <= width + edge) & (v >= -edge) & (v <= height + edge)
    if inside.sum() < 0.4 * VOXELS:
        wrong.append(f"only {int(inside.sum())} of {VOXELS} voxels lie in what was scanned")
    expected = truth["base"] + places[inside] @ numpy.array(truth["perMm"])
    off = numpy.abs(voxels[tuple(chosen[inside].T)] - expected)
    if (off > INTERPOLATED_HU).any():
        wrong.append(f"{int((off > INTERPOLATED_HU).sum())} of {len(off)} voxels are off the ramp, by up to {off.max():.2f} HU")
    return wrong


def compare_nifti(volume, voxels, path, seed):
    image = nibabel.load(path)
    affine = lps(image.affine)
    spacing = numpy.linalg.norm(affine[:3, :3], axis=0)
    wrong = differs("dimensions", volume["dims"], image.shape[:3], 0)
    if wrong:
        return wrong
    wrong += differs("origin", volume["originMm"], affine[:3, 3], POSITION_MM)
    wrong += differs("spacing", volume["spacingMm"], spacing, SPACING_MM)
    wrong += differs("direction", volume["direction"], (affine[:3, :3] / spacing).T.ravel(), DIRECTION)
    chosen = random_voxels(volume["dims"], seed)
    return wrong + compare_voxels(voxels[tuple(chosen.T)], image.get_fdata()[tuple(chosen.T)])


def main():
    asked = json.load(sys.stdin)
    folder, volumes, seed = asked["folder"], asked["volumes"], asked["seed"]
    wrong_series = 0
    total = 0

    def told(name, how, wrong):
        nonlocal wrong_series, total
        total += 1
        wrong_series += bool(wrong)
        print(f"{'✗' if wrong else '✓'} {name}: {'; '.join(wrong) if wrong else how}")

    for uid, slices in sorted(ct_series(folder).items(), key=lambda one: one[1][0][0]):
        where = os.path.dirname(slices[0][0])
        name = os.path.relpath(where, folder)
        ours = [v for v in volumes if v["series"] == uid or v["path"] == where]
        if len(ours) != 1:
            told(name, "", [f"{len(ours)} volumes were read from it"])
            continue
        [volume] = ours
        exported = nibabel.load(volume["nifti"])
        voxels = exported.get_fdata()
        wrong = differs("the export's affine", lps(exported.affine), our_affine(volume), 1e-2)
        truth = os.path.join(where, "truth.json")
        if volume["interpolated"]:
            if not os.path.exists(truth):
                told(name, "", ["voxels were interpolated and nothing says what they should be"])
                continue
            with open(truth, encoding="utf8") as file:
                wrong += compare_ramp(volume, voxels, slices, json.load(file), seed)
            how = "interpolated, on the ramp"
        else:
            wrong += compare_slices(volume, voxels, slices, seed)
            how = "as pydicom"
        told(name, f"{' × '.join(map(str, volume['dims']))}, {how}", wrong)

    for volume in volumes:
        if not volume["path"].endswith((".nii", ".nii.gz")):
            continue
        wrong = compare_nifti(volume, nibabel.load(volume["nifti"]).get_fdata(), volume["path"], seed)
        told(os.path.relpath(volume["path"], folder), f"{' × '.join(map(str, volume['dims']))}, as nibabel", wrong)
    print(json.dumps({"series": total, "wrong": wrong_series}))


main()
