"""Trains the built-in shape encoder (resources/encoders/shape) on AdrenalMNIST3D's training shapes: see MODEL_CARD.md there.

  python3 tools/training/shape.py choose   cross-validation inside the training set, every candidate in one table
  python3 tools/training/shape.py train    the chosen candidate on the whole training set, written as model.onnx and encoder.json
"""
import argparse
import hashlib
import json
import math
import os
import re
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("PRECEDENT_SHARED", ROOT.parent / "shared"))
OUT = ROOT / "resources/encoders/shape"
SIZE, MM = 32, 2.0
FOLDS, REPEATS = 5, 2

SIGMAS = [1.5, 2, 3, 4, 5, 7]
RADII = [2, 4, 6, 8, 10, 12, 15, 18, 22, 26, 32]
EROSIONS = 4


def sampling_matrix(low, high, voxels):
    """[SIZE, voxels]: what native/encoder/sampling.ts does along one axis of 1 mm voxels, two points averaged in each step of 2 mm."""
    matrix = np.zeros((SIZE, voxels), np.float32)
    for row in range(SIZE):
        point = (low + high) / 2 + (row - (SIZE - 1) / 2) * MM
        for offset in (-0.5, 0.5):
            at = min(max(point + offset, 0), voxels - 1)
            below = int(at)
            matrix[row, below] += (1 - (at - below)) / 2
            if at > below:
                matrix[row, below + 1] += (at - below) / 2
    return matrix


def crop(mask):
    """A binary shape at 1 mm → [SIZE]³ memberships 0…1 around the centre of its box."""
    points = np.argwhere(mask)
    low, high = points.min(0), points.max(0)
    x = mask.astype(np.float32)
    for axis in range(3):
        x = np.moveaxis(np.tensordot(sampling_matrix(low[axis], high[axis], mask.shape[axis]), x, (1, axis)), 0, axis)
    return x


class Measures(nn.Module):
    """[n, 1, SIZE, SIZE, SIZE] memberships → [n, 66] measures that stay the same when the shape is mirrored or its axes are swapped."""

    def __init__(self):
        super().__init__()
        axis = (torch.arange(SIZE) - (SIZE - 1) / 2) * MM
        self.register_buffer("axis", axis)
        distance = axis[None] - axis[:, None]
        blurs = []
        for sigma in [1.0] + SIGMAS:
            blur = torch.exp(-(distance**2) / (2 * sigma**2))
            blurs.append(blur / blur[SIZE // 2].sum())
        self.register_buffer("blurs", torch.stack(blurs))
        self.register_buffer("balls", 4 / 3 * math.pi * torch.tensor(RADII).float() ** 3)

    def blurred(self, x, n):
        """x [b, SIZE, SIZE, SIZE] smoothed by the nth Gaussian, axis by axis."""
        g = self.blurs[n]
        x = torch.matmul(g, torch.matmul(x, g))
        return torch.matmul(g, x.reshape(-1, SIZE, SIZE * SIZE)).reshape(-1, SIZE, SIZE, SIZE)

    @staticmethod
    def along(x):
        """Greatest of three neighbours along each axis."""
        return [F.max_pool3d(x, k, 1, [side // 2 for side in k]) for k in ([3, 1, 1], [1, 3, 1], [1, 1, 3])]

    @classmethod
    def dilated(cls, x, step):
        """By the cross and the cube in turn, which together come near a ball."""
        if step % 2:
            return F.max_pool3d(x, 3, 1, 1)
        a, b, c = cls.along(x)
        return torch.maximum(torch.maximum(a, b), c)

    def moments(self, x, mass):
        """Centroid [n, 3] and log of the variances along the principal axes, ascending (O. K. Smith, CACM 4, 1961)."""
        sides = [x.sum((2, 3)), x.sum((1, 3)), x.sum((1, 2))]
        mean = [(side * self.axis).sum(1) / mass for side in sides]
        own = MM**2 / 12
        xx, yy, zz = [(side * self.axis**2).sum(1) / mass - m**2 + own for side, m in zip(sides, mean)]
        mixed = [(x.sum(d) * self.axis[:, None] * self.axis).sum((1, 2)) / mass for d in (3, 2, 1)]
        xy, xz, yz = [m - mean[a] * mean[b] for m, (a, b) in zip(mixed, ((0, 1), (0, 2), (1, 2)))]
        q = (xx + yy + zz) / 3
        off = xy**2 + xz**2 + yz**2
        p = torch.sqrt(((xx - q) ** 2 + (yy - q) ** 2 + (zz - q) ** 2 + 2 * off) / 6 + 1e-6)
        a, b, c, d, e, f = (xx - q) / p, (yy - q) / p, (zz - q) / p, xy / p, xz / p, yz / p
        half = (a * (b * c - f * f) - d * (d * c - f * e) + e * (d * f - b * e)) / 2
        angle = torch.acos(half.clamp(-0.99999, 0.99999)) / 3
        large = q + 2 * p * torch.cos(angle)
        small = q + 2 * p * torch.cos(angle + 2 * math.pi / 3)
        axes = torch.stack([small, 3 * q - large - small, large], 1)
        return torch.stack(mean, 1), torch.log(axes.clamp(min=own / 2))

    def forward(self, x):
        inside = x[:, 0]
        mass = inside.sum((1, 2, 3)).clamp(min=1.0)
        volume = mass * MM**3
        centroid, axes = self.moments(inside, mass)
        smooth = self.blurred(inside, 0)
        dx = smooth[:, 2:, 1:-1, 1:-1] - smooth[:, :-2, 1:-1, 1:-1]
        dy = smooth[:, 1:-1, 2:, 1:-1] - smooth[:, 1:-1, :-2, 1:-1]
        dz = smooth[:, 1:-1, 1:-1, 2:] - smooth[:, 1:-1, 1:-1, :-2]
        area = torch.sqrt((dx**2 + dy**2 + dz**2) / 4 + 1e-12).sum((1, 2, 3)) * MM**2
        out = [torch.log(volume), torch.log(area), torch.log(area**1.5 / volume)]
        # Local thickness: how full Gaussians of several widths are where the shape is.
        for n in range(len(SIGMAS)):
            full = self.blurred(inside, n + 1)
            out.append(full.flatten(1).amax(1))
            power = full
            for root in (1, 2, 4, 8):
                out.append(((power * inside).sum((1, 2, 3)) / mass) ** (1 / root))
                power = power * power
        # Granulometry: what erosion leaves, and what opening gives back.
        eroded = x
        for step in range(EROSIONS):
            eroded = -self.dilated(-eroded, step)
            opened = eroded
            for back in range(step, -1, -1):
                opened = self.dilated(opened, back)
            out.append(torch.log(eroded.sum((1, 2, 3, 4)) * MM**3 + 1))
            out.append(opened.sum((1, 2, 3, 4)) / mass)
        # Rings about the centroid: the share of the shape in each, and how full each is.
        square = [(self.axis[None] - centroid[:, d : d + 1]) ** 2 for d in range(3)]
        radius = torch.sqrt(square[0][:, :, None, None] + square[1][:, None, :, None] + square[2][:, None, None, :])
        within = [(((edge - radius) / MM + 0.5).clamp(0, 1) * inside).sum((1, 2, 3)) for edge in RADII]
        within = torch.stack(within, 1)
        rings = within - F.pad(within, (1, 0))[:, :-1]
        shells = (self.balls - F.pad(self.balls, (1, 0))[:-1]) / MM**3
        return torch.cat([torch.stack(out, 1), axes, rings / mass[:, None], rings / shells], 1)


class Standardised(nn.Module):
    def __init__(self, values):
        super().__init__()
        self.register_buffer("mean", values.mean(0))
        self.register_buffer("sd", values.std(0).clamp(min=1e-6))

    def forward(self, values):
        return ((values - self.mean) / self.sd).clamp(-4, 4)


class Linear(nn.Module):
    """Logistic regression on standardised measures z [n, m] → probability of a mass [n]."""

    def __init__(self, z, y, penalty=5.0):
        super().__init__()
        self.linear = nn.Linear(z.shape[1], 1)
        nn.init.zeros_(self.linear.weight)
        optimiser = torch.optim.LBFGS(self.parameters(), max_iter=200, line_search_fn="strong_wolfe")

        def loss():
            optimiser.zero_grad()
            value = F.binary_cross_entropy_with_logits(self.linear(z)[:, 0], y) + penalty / len(y) * (self.linear.weight**2).sum()
            value.backward()
            return value

        optimiser.step(loss)

    def forward(self, z):
        return torch.sigmoid(self.linear(z))[:, 0]


class Nets(nn.Module):
    """The mean of small networks that differ in their start and in the order of the cases."""

    def __init__(self, z, y, members, hidden, decay, epochs, seed, batch=64):
        super().__init__()
        g = torch.Generator().manual_seed(seed)
        uniform = lambda *shape: (torch.rand(shape, generator=g) * 2 - 1) * math.sqrt(6 / (shape[1] + shape[2]))
        self.a = nn.Parameter(uniform(members, z.shape[1], hidden))
        self.a0 = nn.Parameter(torch.zeros(members, 1, hidden))
        self.b = nn.Parameter(uniform(members, hidden, 1))
        self.b0 = nn.Parameter(torch.zeros(members, 1, 1))
        optimiser = torch.optim.Adam(self.parameters(), 5e-3, weight_decay=decay)
        for _ in range(epochs):
            order = torch.stack([torch.randperm(len(y), generator=g) for _ in range(members)])
            for some in order.split(batch, 1):
                loss = F.binary_cross_entropy_with_logits(self.logits(z[some])[..., 0], y[some])
                optimiser.zero_grad()
                (loss * members).backward()
                optimiser.step()

    def logits(self, z):
        return torch.matmul(F.relu(torch.matmul(z, self.a) + self.a0), self.b) + self.b0

    def forward(self, z):
        return torch.sigmoid(self.logits(z[None]))[..., 0].mean(0)


class Encoder(nn.Module):
    """
    [√share · (1 − p, p), the rest of the unit length: appearance], p the sharpened probability of a mass. The dot product of two is
    share times the probability that both are of one kind (Robertson, "The probability ranking principle in IR", 1977), plus
    what they look alike: the cosine of the measures' whitened principal components.
    """

    def __init__(self, measures, standardised, classifiers, components, share, sharpness):
        super().__init__()
        self.measures, self.standardised, self.classifiers = measures, standardised, nn.ModuleList(classifiers)
        self.register_buffer("components", components)
        self.share, self.sharpness = share, sharpness

    def probability(self, z):
        return torch.stack([classifier(z) for classifier in self.classifiers]).mean(0)

    def embed(self, z):
        p = self.probability(z).clamp(1e-4, 1 - 1e-4)
        mass, normal = p**self.sharpness, (1 - p) ** self.sharpness
        kind = torch.stack([normal, mass], 1) / (mass + normal)[:, None] * math.sqrt(self.share)
        rest = torch.sqrt((1 - (kind**2).sum(1, keepdim=True)).clamp(min=1e-6))
        return torch.cat([kind, rest * F.normalize(torch.matmul(z, self.components), dim=1)], 1)

    def forward(self, x):
        return self.embed(self.standardised(self.measures(x)))


def whitening(z, count):
    """[m, count]: to principal components of variance one."""
    _, s, v = torch.linalg.svd(z, full_matrices=False)
    return v[:count].t() / s[:count] * math.sqrt(len(z))


CLASSIFIERS = {
    "linear": lambda z, y, seed: [Linear(z, y)],
    "8 nets": lambda z, y, seed: [Nets(z, y, 8, 48, 5e-4, 60, seed)],
    "linear + 8 nets": lambda z, y, seed: [Linear(z, y), Nets(z, y, 8, 48, 5e-4, 60, seed)],
    "linear + 8 long nets": lambda z, y, seed: [Linear(z, y), Nets(z, y, 8, 48, 1e-4, 120, seed)],
}
COMPONENTS, SHARES, SHARPNESS = [8, 12, 16, 24], [0.8, 0.95], [1, 2]


def figures(scores, queries, gallery):
    """mAP@5 and ACC@1 of each query, as native/benchmark/metrics.ts defines them."""
    order = np.argsort(-scores, 1, kind="stable")[:, :5]
    right = (gallery[order] == queries[:, None]).astype(float)
    found = right.sum(1)
    precision = right.cumsum(1) / np.arange(1, 6)
    return (right * precision).sum(1) / np.maximum(found, 1), right[:, 0]


def folds(y, seed):
    """The fold of each case, classes spread evenly."""
    random, fold = np.random.default_rng(seed), np.zeros(len(y), int)
    for kind in np.unique(y):
        members = random.permutation(np.flatnonzero(y == kind))
        fold[members] = np.arange(len(members)) % FOLDS
    return fold


def load_train():
    """Memberships [n, 1, SIZE, SIZE, SIZE] and labels of the training set; the validation set stays closed here."""
    with np.load(SHARED / "data/adrenal-shapes/adrenal64.npz") as data:
        shapes, labels = data["train_images"], data["train_labels"].ravel()
    return torch.from_numpy(np.stack([crop(shape > 0) for shape in shapes]))[:, None], labels


def measured(module, x):
    with torch.no_grad():
        return torch.cat([module(part) for part in x.split(27)])


def choose(values, y):
    """Each row: the held-out fold asked against the other four, which the model was trained on, and against itself, which it never saw."""
    table = {}

    def note(key, scores, unseen, te, tr, probability=None):
        np.fill_diagonal(unseen, -np.inf)
        row = [*(f.mean() for f in figures(scores, y[te], y[tr])), *(f.mean() for f in figures(unseen, y[te], y[te]))]
        table.setdefault(key, []).append(row + [np.nan if probability is None else ((probability > 0.5) == y[te]).mean()])

    for repeat in range(REPEATS):
        fold = folds(y, repeat)
        for k in range(FOLDS):
            tr, te = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
            standardised = Standardised(values[tr])
            z = standardised(values)
            near = -torch.cdist(z[te], z).numpy()
            note(("plain: distance of the measures",), near[:, tr], near[:, te].copy(), te, tr)
            w = F.normalize(torch.matmul(z, whitening(z[tr], 24)), dim=1)
            cos = torch.matmul(w[te], w.t()).numpy()
            note(("appearance alone, 24",), cos[:, tr], cos[:, te].copy(), te, tr)
            for name, fit in CLASSIFIERS.items():
                classifiers = fit(z[tr], torch.from_numpy(y[tr]).float(), 100 * repeat + k)
                for count in COMPONENTS:
                    components = whitening(z[tr], count)
                    for share in SHARES:
                        for sharpness in SHARPNESS:
                            encoder = Encoder(None, standardised, classifiers, components, share, sharpness)
                            with torch.no_grad():
                                e, p = encoder.embed(z), encoder.probability(z[te]).numpy()
                            scores = torch.matmul(e[te], e.t()).numpy()
                            note((name, count, share, sharpness), scores[:, tr], scores[:, te].copy(), te, tr, p)
    ranked = sorted(((np.mean(rows, 0), key) for key, rows in table.items()), key=lambda row: -row[0][:2].sum())
    print(f"always normal: {(y == 0).mean():.3f} / {(y == 0).mean():.3f}")
    print("mAP@5 ACC@1 (unseen gallery: mAP@5 ACC@1) accuracy of the classifier · candidate")
    for row, key in ranked:
        print(" ".join(f"{value:.3f}" for value in row), "·", *key)


# Of the candidates of `choose` that are alike (0.005 of the first), the one whose probabilities hold for a gallery it never saw,
# and that needs no sharpening.
CHOSEN = ("linear + 8 nets", 16, 0.95, 1)


def train(values, y, module, x):
    name, count, share, sharpness = CHOSEN
    standardised = Standardised(values)
    z = standardised(values)
    encoder = Encoder(module, standardised, CLASSIFIERS[name](z, torch.from_numpy(y).float(), 0), whitening(z, count), share, sharpness).eval()
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / "model.onnx"
    torch.onnx.export(
        encoder, x[:2], path, opset_version=17, input_names=["input"], output_names=["embedding"],
        dynamic_axes={"input": {0: "batch"}, "embedding": {0: "batch"}},
    )
    manifest = {
        "format": 2,
        "id": "precedent-shape",
        "version": "1.0.0",
        "title": "Built-in: shape of a mask",
        "licence": "MIT",
        "kind": "volume",
        "model": {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()},
        "input": {
            "name": "input",
            "layout": "NCDHW",
            "size": [SIZE, SIZE, SIZE],
            "crop": {"kind": "fieldOfView", "mm": SIZE * MM},
            # A mask is embedded as 40 HU in −100 HU: this window makes 0 and 1 of them again.
            "windows": [{"name": "shape", "center": -30, "width": 140}],
        },
        "output": {"name": "embedding", "dim": count + 2},
    }
    text = json.dumps(manifest, indent=2)
    # The formatter of the project keeps short lists on one line.
    text = re.sub(r"\[\s+([\d,\s]+?)\s+\]", lambda found: f"[{' '.join(found[1].split())}]", text)
    (OUT / "encoder.json").write_text(text + "\n")
    print(f"wrote {path.name}, {path.stat().st_size / 1e6:.2f} MB")
    return encoder


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["choose", "train"])
    parser.add_argument("--cache", help="keep the measures of the training set in this file")
    parser.add_argument("--reference", help="write twelve inputs and torch's embeddings of them to this file")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    started = time.time()
    module = Measures().eval()
    if args.cache and os.path.exists(args.cache):
        kept = np.load(args.cache)
        x, y, values = torch.from_numpy(kept["x"]), kept["y"], torch.from_numpy(kept["values"])
    else:
        x, y = load_train()
        values = measured(module, x)
        if args.cache:
            np.savez(args.cache, x=x[:12].numpy(), y=y, values=values.numpy())
    print(f"{len(y)} training shapes, {values.shape[1]} measures, {time.time() - started:.0f} s")
    if args.what == "choose":
        choose(values, y)
    else:
        encoder = train(values, y, module, x)
        if args.reference:
            with torch.no_grad():
                e = encoder(x[:12])
            Path(args.reference).write_text(json.dumps({"input": x[:12].flatten(1).tolist(), "embedding": e.tolist()}))
    print(f"{time.time() - started:.0f} s")


if __name__ == "__main__":
    main()
