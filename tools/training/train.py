"""Trains the built-in lesion encoder, resources/encoders/builtin (see its MODEL_CARD.md), and the models of the cross-fit.

  python3 tools/training/train.py --out DIR

DIR/trunk*.pt and DIR/heads*.pt are kept and used again. Written are the encoder that is shipped, and encoders that never saw the patients of a fold:
DIR/nodules/N (of `lidc-nodules`; its network saw none of them, its kinds the other folds') and DIR/slices/N (of `lidc-slices`).
"""
import argparse
import csv
import hashlib
import json
import re
import subprocess
import time
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.linear_model import LogisticRegression

from cases import DATA, RATINGS, ROOT, fold_of, imported_cases, nodule_cases, slice_cases
from network import APPEARANCE, IDENTITY_FREQUENCIES, Appearance, Encoder, Heads, Measured, Trunk
from pictures import LEAST_TIGHT_MM, SIZE, TIGHT_MARGIN, WIDE_MM, WINDOW_LOW, WINDOW_WIDTH, Pictures

# Export traces the network with its constants, which is what is wanted.
warnings.filterwarnings("ignore", module="torch.onnx")
warnings.filterwarnings("ignore", category=torch.jit.TracerWarning)

VERSION = "2.0.0"
FOLDS = 5
# A rating's values by class; a value outside every class says nothing. The first two are kinds in the embedding.
KINDS = {
    "malignancy": {1: 0, 2: 0, 4: 1, 5: 1},
    "texture": {1: 0, 2: 0, 3: 1, 4: 1, 5: 2},
    "margin": {1: 0, 2: 0, 3: 0, 4: 1, 5: 1},
    "spiculation": {1: 0, 2: 0, 3: 1, 4: 1, 5: 1},
    "lobulation": {1: 0, 2: 0, 3: 1, 4: 1, 5: 1},
    "calcification": {1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 1},
}
CLASSES = [max(classes.values()) + 1 for classes in KINDS.values()]
LOSS_SHARES = [1.0, 1.0, 0.3, 0.3, 0.3, 0.3]
EMBEDDED = ["malignancy", "texture"]

# IBSI names. Which of them each kind's regression looks at, and how much it is held back.
MEASUREMENTS = [
    "szm_zs_entr", "ngl_dc_entr", "stat_median", "stat_p10", "stat_p90", "morph_sphericity", "stat_var", "morph_pca_flatness", "morph_vol_approx",
]  # fmt: skip
REGRESSIONS = {"malignancy": (["szm_zs_entr", "ngl_dc_entr"], 0.3), "texture": (MEASUREMENTS[2:8], 0.1)}

VOLUME_AT = MEASUREMENTS.index("morph_vol_approx")

# So much that a redrawn box or a thicker slice still finds its own lesion first (tools/encoder/evaluate.ts, robustness).
IDENTITY_SHARE = 0.55

# How the parts are joined, tried on what was embedded by models that never saw it (see fitted_fusion).
FUSIONS = [
    {"identityShare": IDENTITY_SHARE, "fusedShare": f, "learned": w, "shares": [m, 0.9 - m], "sharpness": g}
    for f in (0.6, 0.8)
    for w in (0.3, 0.5)
    for m in (0.4, 0.45, 0.5)
    for g in (1.5, 2.0, 3.0)
]


def classes_of(cases):
    """Classes [n, kinds]; −1 where a case has none."""
    ratings = np.stack([c.ratings for c in cases])
    at = {name: RATINGS.index(name) for name in KINDS}
    return torch.tensor(
        [[table.get(int(r[at[k]]), -1) if np.isfinite(r[at[k]]) else -1 for k, table in KINDS.items()] for r in ratings]
    )


def ratings_of(cases):
    """Ratings [n, RATINGS], standardised; NaN where a case has none."""
    ratings = np.stack([c.ratings for c in cases])
    return torch.from_numpy((ratings - np.nanmean(ratings, 0)) / np.nanstd(ratings, 0))


def supervised_loss(logits, ratings, classes, wanted, unknown):
    """Cross entropy of each kind where it is known, distance of the ratings; a lesion that is no nodule should be of no kind."""
    loss = torch.zeros(())
    for k, (share, out) in enumerate(zip(LOSS_SHARES, logits)):
        known = classes[:, k] >= 0
        if known.any():
            loss = loss + share * F.cross_entropy(out[known], classes[known, k], label_smoothing=0.1)
        if unknown.any():
            loss = loss - 0.2 * share * F.log_softmax(out[unknown], 1).mean()
    rated = torch.isfinite(wanted)
    return loss + 0.7 * F.smooth_l1_loss(ratings[rated], wanted[rated]) if rated.any() else loss


def sampling(cases, classes):
    """The rarer textures, those whose malignancy is known, and the nodules in 3D come up more often."""
    texture, malignancy = classes[:, 1].numpy(), classes[:, 0].numpy()
    weight = np.select([texture == 0, texture == 1], [2.0, 1.7], 1.0) * np.where(malignancy >= 0, 1.4, 1.0)
    weight *= np.array([2.0 if c.source == "lidc-nodules" else 1.0 for c in cases])
    return weight / weight.sum()


def log_diameter(pictures, indices, random=None):
    d = torch.log10(pictures.diameter[indices])[:, None]
    return d + 0.04 * torch.from_numpy(random.standard_normal(d.shape)).float() if random else d


def parts_of(n, size=128):
    return np.array_split(np.arange(n), 1 + n // size)


def train_trunk(cases, seed=1, epochs=24, batch=64):
    """The convolutional network and the appearance: kinds and ratings, and two views of one lesion alike (InfoNCE, van den Oord 2018)."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    pictures = Pictures(cases)
    classes, wanted = classes_of(cases), ratings_of(cases)
    unknown = torch.tensor([not np.isfinite(c.ratings).any() for c in cases])
    trunk = Trunk()
    heads = Heads(trunk.ring_dim, trunk.net_dim, CLASSES, len(RATINGS))
    appearance = Appearance(trunk.ring_dim, trunk.net_dim)
    with torch.no_grad():
        trunk.eval()
        rings = torch.cat([trunk(pictures.central(part))[0] for part in parts_of(len(cases))])
    for module in (heads, appearance):
        module.standardised.fit(torch.cat([rings, log_diameter(pictures, np.arange(len(cases)))], 1))
    modules = torch.nn.ModuleList([trunk, heads, appearance])
    steps = epochs * len(cases) // batch
    optimiser = torch.optim.AdamW(modules.parameters(), 2e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    share, started = sampling(cases, classes), time.time()
    own = torch.arange(batch)
    for step in range(steps):
        modules.train()
        chosen = random.choice(len(cases), batch, replace=False, p=share)
        seen = [(*trunk(pictures.varied(chosen, random, planes=1)), log_diameter(pictures, chosen, random)) for _ in range(2)]
        supervised = sum(supervised_loss(*heads(*s), classes[chosen], wanted[chosen], unknown[chosen]) for s in seen)
        a, b = (appearance(*s) for s in seen)
        alike = a @ b.t() / 0.1
        contrast = (F.cross_entropy(alike, own) + F.cross_entropy(alike.t(), own)) / 2
        optimiser.zero_grad()
        (supervised + contrast).backward()
        optimiser.step()
        schedule.step()
        if (step + 1) % 100 == 0:
            print(f"  step {step + 1}/{steps} kinds {supervised:.3f} appearance {contrast:.3f} {time.time() - started:.0f} s", flush=True)
    return trunk.eval(), appearance.eval()


def trunk_of(path, cases):
    """The trunk and the appearance in `path`, trained on `cases` when the file is not there."""
    if not path.exists():
        print(f"training {path.name} on {len(cases)} lesions", flush=True)
        trunk, appearance = train_trunk(cases)
        torch.save({"trunk": trunk.state_dict(), "appearance": appearance.state_dict()}, path)
    state = torch.load(path)
    trunk = Trunk()
    appearance = Appearance(trunk.ring_dim, trunk.net_dim)
    trunk.load_state_dict(state["trunk"])
    appearance.load_state_dict(state["appearance"])
    return trunk.eval(), appearance.eval()


def see(trunk, cases, varied=4, seed=0):
    """What the trunk sees of each case as it is and varied: rings, features, size, each [1 + varied, n, …]."""
    pictures, random = Pictures(cases), np.random.default_rng(seed)
    rounds = []
    with torch.no_grad():
        for v in range(1 + varied):
            seen = []
            for part in parts_of(len(cases)):
                shown = pictures.varied(part, random) if v else pictures.central(part)
                seen.append((*trunk(shown), log_diameter(pictures, part, random if v else None)))
            rounds.append([torch.cat(s) for s in zip(*seen)])
    return [torch.stack(r) for r in zip(*rounds)]


def train_heads(seen, cases, seed, epochs=60, batch=64):
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    classes, wanted = classes_of(cases), ratings_of(cases)
    unknown = torch.tensor([not np.isfinite(c.ratings).any() for c in cases])
    share = sampling(cases, classes)
    rounds, n = seen[0].shape[:2]
    heads = Heads(seen[0].shape[2], seen[1].shape[2], CLASSES, len(RATINGS))
    heads.standardised.fit(torch.cat([seen[0], seen[2]], 2).flatten(0, 1))
    steps = epochs * n // batch
    optimiser = torch.optim.AdamW(heads.parameters(), 2e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    heads.train()
    for _ in range(steps):
        chosen, round_ = random.choice(n, batch, p=share), random.integers(rounds, size=batch)
        loss = supervised_loss(*heads(*(s[round_, chosen] for s in seen)), classes[chosen], wanted[chosen], unknown[chosen])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    # Beyond these two the kinds shaped what is seen; the embedding does not carry them.
    heads.kinds = torch.nn.ModuleList([heads.kinds[list(KINDS).index(k)] for k in EMBEDDED])
    return heads.eval()


def fit_measured(cases, table):
    """A regression for each embedded kind, its classes weighted alike, on `table` [n, MEASUREMENTS] of the cases."""
    classes = classes_of(cases)
    measured = Measured(MEASUREMENTS, [CLASSES[list(KINDS).index(k)] for k in EMBEDDED])
    values = torch.from_numpy(table).float()
    logs = torch.tensor(measured.logs)
    values = torch.where(logs, torch.log10(values.clamp(min=1e-3)), values)
    measured.mean.copy_(values.mean(0))
    measured.sd.copy_(values.std(0))
    z = measured.standardised(torch.from_numpy(table).float()).numpy()
    for kind, linear in zip(EMBEDDED, measured.kinds):
        names, strength = REGRESSIONS[kind]
        used = [MEASUREMENTS.index(name) for name in names]
        own = classes[:, list(KINDS).index(kind)].numpy()
        fit = LogisticRegression(C=strength, max_iter=5000, class_weight="balanced").fit(z[own >= 0][:, used], own[own >= 0])
        weight = np.zeros((linear.out_features, len(MEASUREMENTS)), np.float32)
        # Two classes come as one row: the second's logit.
        weight[-len(fit.coef_) :, used] = fit.coef_
        bias = np.zeros(linear.out_features, np.float32)
        bias[-len(fit.intercept_) :] = fit.intercept_
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weight))
            linear.bias.copy_(torch.from_numpy(bias))
    return measured.eval()


def precision(similarity, classes, k=5):
    """P@k and its mean over the classes; each case is another patient's."""
    known = np.flatnonzero(classes >= 0)
    s, own = similarity[np.ix_(known, known)].copy(), classes[known]
    np.fill_diagonal(s, -np.inf)
    nearest = np.argsort(-s, 1, kind="stable")[:, :k]
    p = (own[nearest] == own[:, None]).mean(1)
    return p.mean(), np.mean([p[own == c].mean() for c in np.unique(own)])


def fitted_fusion(embed, classes):
    """The fusion with which the cases find their like best: the mean of P@5 and macro-P@5 over the embedded kinds. `embed(fusion)`
    gives every case as embedded by a model that did not see it."""

    def score(fusion):
        e = embed(fusion)
        return np.mean([precision(e @ e.T, classes[:, list(KINDS).index(k)]) for k in EMBEDDED])

    return max(FUSIONS, key=score)


def write_encoder(folder, encoder, training):
    """encoder.json and model.onnx, whose output is compared with the network's own."""
    folder.mkdir(parents=True, exist_ok=True)
    encoder.eval()
    torch.manual_seed(0)
    example = (torch.rand(2, 6, SIZE, SIZE), encoder.measured.mean + encoder.measured.sd * torch.randn(2, len(MEASUREMENTS)))
    with torch.no_grad():
        dim = encoder(*example).shape[1]
    model = folder / "model.onnx"
    torch.onnx.export(
        encoder, example, str(model), opset_version=16, input_names=["pictures", "measurements"], output_names=["embedding"],
        dynamic_axes={"pictures": {0: "n"}, "measurements": {0: "n"}, "embedding": {0: "n"}},
    )  # fmt: skip
    kinds = sum(k.out_features for k in encoder.measured.kinds)
    lengths = [kinds + APPEARANCE, kinds + APPEARANCE, kinds + 2 * len(MEASUREMENTS), 2 * IDENTITY_FREQUENCIES]
    ends = np.cumsum([0, *lengths]).tolist()
    typical = [round(float(10**m if log else m), 4) for m, log in zip(encoder.measured.mean, encoder.measured.logs)]
    manifest = {
        "format": 2,
        "id": "precedent-lesion",
        "version": VERSION,
        "title": "Built-in: lesion network and measurements",
        "licence": "MIT",
        "kind": "multi-plane",
        "training": training,
        "model": {"file": "model.onnx", "sha256": hashlib.sha256(model.read_bytes()).hexdigest()},
        "input": {
            "name": "pictures",
            "shape": [6, SIZE, SIZE],
            "planes": ["axial", "coronal", "sagittal"],
            "scales": [{"kind": "tight", "margin": TIGHT_MARGIN}, {"kind": "fieldOfView", "mm": WIDE_MM}],
            "size": SIZE,
            "windows": [{"name": "wide", "center": WINDOW_LOW + WINDOW_WIDTH / 2, "width": WINDOW_WIDTH}],
            "measurements": {"name": "measurements", "of": [{"name": n, "typical": t} for n, t in zip(MEASUREMENTS, typical)]},
        },
        "output": {
            "name": "embedding",
            "dim": dim,
            "parts": [{"name": n, "from": a, "to": b} for n, a, b in zip(["fused", "learned", "measured", "identity"], ends, ends[1:])],
        },
    }
    # Lists of plain values on one line each, as the formatter leaves them.
    in_line = lambda m: "[" + ", ".join(re.split(r",\s+", m[1])) + "]"
    text = re.sub(r"\[\s+([^\[\]{}]+?)\s+\]", in_line, json.dumps(manifest, indent=2))
    (folder / "encoder.json").write_text(text + "\n")
    print(f"{folder}: {model.stat().st_size} bytes, {dim} values, fusion {encoder.fusion}")


def named(cases):
    """The patients of the cases, as a manifest lists them."""
    return sorted({f"{c.source} {c.patient}" for c in cases})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--heads", type=int, default=4, help="networks whose kinds are averaged")
    options = parser.parse_args()
    out = options.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    # One thread: the tensors are small, and threads that wait for each other cost more than they bring.
    torch.set_num_threads(1)

    slices, nodules = slice_cases(), nodule_cases()
    other = imported_cases("sarcoma", DATA / "sarcoma-dicom", out / "sarcoma") + imported_cases("phantom", None, out / "phantom")
    measurements = out / "measurements.json"
    if not measurements.exists():
        subprocess.run([str(ROOT / "node_modules/.bin/node"), "tools/training/measure.ts", str(measurements)], cwd=ROOT, check=True)
    rows = {row["name"]: row["mask"] for row in json.loads(measurements.read_text())}
    table = np.array([[rows[c.name][m] for m in MEASUREMENTS] for c in nodules])
    folds = {name: np.array([fold_of(c.patient, FOLDS) for c in cases]) for name, cases in (("nodules", nodules), ("slices", slices))}
    shared = {c.patient for c in slices} & {c.patient for c in nodules}
    if shared:
        raise SystemExit("a patient is in both data sets: nothing measured across them would count")

    def heads_of(name, seen, cases):
        """Networks trained on what the trunk sees of the cases; kept in DIR as the trunks are."""
        path = out / f"heads-{name}.pt"
        if not path.exists():
            torch.save([train_heads(seen(), cases, seed) for seed in range(options.heads)], path)
        return torch.load(path)

    trunk, appearance = trunk_of(out / "trunk.pt", slices + other)
    everything = slices + nodules + other
    seen = cache(lambda: see(trunk, everything))
    at = np.arange(len(slices), len(slices) + len(nodules))
    # Nodules: the trunk saw none of them; the kinds of fold N are trained on the other folds.
    fold_models = []
    for fold in range(FOLDS):
        keep = np.setdiff1d(np.arange(len(everything)), at[folds["nodules"] == fold])
        kept = [everything[n] for n in keep]
        heads = heads_of(f"nodules-{fold}", lambda: [s[:, keep] for s in seen()], kept)
        own = folds["nodules"] != fold
        fold_models.append((heads, fit_measured([c for c, o in zip(nodules, own) if o], table[own])))
        print(f"nodules fold {fold}: trained on {own.sum()} nodules, {np.sum(~own)} never seen", flush=True)
    central = torch.cat([Pictures(nodules).central(part) for part in parts_of(len(nodules))]).flatten(1, 2)
    values = torch.from_numpy(table).float()

    def embed(fusion):
        """Each nodule by the model of its fold."""
        rows = []
        for heads, measured in fold_models:
            with torch.no_grad():
                rows.append(Encoder(trunk, heads, appearance, measured, VOLUME_AT, fusion).eval()(central, values).numpy())
        return np.stack(rows)[folds["nodules"], np.arange(len(nodules))]

    classes = classes_of(nodules).numpy()
    # One fusion for all folds, so that their embeddings can be compared: these few numbers alone are fitted on what is measured.
    fusion = fitted_fusion(embed, classes)
    for fold, (heads, measured) in enumerate(fold_models):
        kept = slices + [c for c, f in zip(nodules, folds["nodules"]) if f != fold]
        write_encoder(out / f"nodules/{fold}", Encoder(trunk, heads, appearance, measured, VOLUME_AT, fusion), named(kept))

    # What is shipped has seen everything that is listed beside it.
    heads = heads_of("all", seen, everything)
    measured = fit_measured(nodules, table)
    builtin = ROOT / "resources/encoders/builtin"
    write_encoder(builtin, Encoder(trunk, heads, appearance, measured, VOLUME_AT, fusion), "training.txt")
    folded = [f"{name} fold={fold_of(name.split()[1], FOLDS)}" for name in named(slices + nodules)]
    (builtin / "training.txt").write_text("\n".join(sorted(folded + named(other))) + "\n")

    # Slices: trunk and kinds of fold N saw none of its patients. Their HU as they are, for the evaluation.
    (out / "slices").mkdir(exist_ok=True)
    np.load(DATA / "lidc-slices/slices.npz")["hu"].astype("<i2").tofile(out / "slices/hu.i16")
    for fold in range(FOLDS):
        kept = [c for c, f in zip(slices, folds["slices"]) if f != fold]
        trunk, appearance = trunk_of(out / f"trunk-without-{fold}.pt", kept + other)
        seen_here = kept + nodules + other
        heads = heads_of(f"slices-{fold}", lambda: see(trunk, seen_here), seen_here)
        write_encoder(out / f"slices/{fold}", Encoder(trunk, heads, appearance, measured, VOLUME_AT, fusion), named(kept))


if __name__ == "__main__":
    main()
