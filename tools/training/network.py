"""The lesion encoder: rings of density, edges and detail around the lesion and a small convolutional network, two scales, shared by planes."""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from pictures import SIZE, TIGHT_MARGIN, WIDE_MM, WINDOW_LOW, WINDOW_WIDTH

# Rings: of the tight picture in radii of the lesion, of the wide one in mm.
TIGHT_RINGS = [0, 0.35, 0.7, 1.0, 1.3, 1.7, 2.0]
WIDE_RINGS = [0, 2, 4, 6, 9, 13, 18, 24]
WINDOWS = [(-600, 1500), (40, 400), (-300, 1400)]
APPEARANCE = 64
# The identity's Gaussian: the squared distance of unit vectors at which it has fallen to 0.6, and how finely it is sampled.
IDENTITY_VARIANCE, IDENTITY_FREQUENCIES = 0.1, 160


def ring_weights(edges, unit):
    """[rings, SIZE²]: the mean over each ring; `unit` pixels are one of the edges' units."""
    axis = torch.arange(SIZE) - (SIZE - 1) / 2
    radius = torch.hypot(axis[None, :], axis[:, None]).flatten() / unit
    members = torch.stack([((radius >= a) & (radius < b)).float() for a, b in zip(edges, edges[1:])])
    return members / members.sum(1, keepdim=True)


class Rings(nn.Module):
    """What is measured of a picture without learning: over each ring mean and deviation of density, soft-tissue density, share of
    solid, of dense and of calcified, edges (gradient magnitude), detail (Laplacian magnitude)."""

    def __init__(self, edges, unit):
        super().__init__()
        self.register_buffer("weights", ring_weights(edges, unit))
        smooth = torch.tensor([1.0, 2, 1]) / 4
        slope = torch.tensor([-1.0, 0, 1]) / 2
        kernels = [torch.outer(smooth, smooth), torch.outer(smooth, slope), torch.outer(slope, smooth)]
        self.register_buffer("kernels", torch.stack(kernels)[:, None])
        self.dim = 8 * (len(edges) - 1)

    def forward(self, x):
        """[n, 1, SIZE, SIZE] in HU → [n, dim]."""
        hu = x.clamp(-1000, 400)
        smooth, dx, dy = F.conv2d(F.pad(hu, (1, 1, 1, 1), mode="replicate"), self.kernels).split(1, 1)
        maps = torch.cat(
            [
                smooth / 400,
                (hu / 400) ** 2,
                x.clamp(-160, 240) / 100,
                torch.sigmoid((smooth + 300) / 60),
                torch.sigmoid((smooth - 0) / 30),
                torch.sigmoid((x - 250) / 40),
                torch.sqrt(dx**2 + dy**2 + 1.0) / 100,
                (hu - smooth).abs() / 50,
            ],
            1,
        )
        rings = torch.matmul(maps.flatten(2), self.weights.t())
        mean = rings[:, 0]
        spread = torch.sqrt((rings[:, 1] - mean**2).clamp(min=1e-4))
        return torch.cat([mean, spread, rings[:, 2:].flatten(1)], 1)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.a = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.b = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.an, self.bn = nn.BatchNorm2d(outputs), nn.BatchNorm2d(outputs)
        self.skip = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        return F.relu(self.bn(self.b(F.relu(self.an(self.a(x))))) + self.skip(x))


class Trunk(nn.Module):
    """Pictures → what is seen: [n, 2, planes, SIZE, SIZE] → (rings [n, R], convolutional features [n, C]), means over the planes."""

    def __init__(self, width=16):
        super().__init__()
        self.rings = nn.ModuleList(
            [Rings(TIGHT_RINGS, SIZE / (2 * TIGHT_MARGIN)), Rings(WIDE_RINGS, SIZE / WIDE_MM)]
        )
        self.nets = nn.ModuleList(
            [
                nn.Sequential(
                    nn.Conv2d(len(WINDOWS), width, 3, 2, 1, bias=False),
                    nn.BatchNorm2d(width),
                    nn.ReLU(),
                    Block(width, width, 1),
                    Block(width, 2 * width, 2),
                    Block(2 * width, 4 * width, 2),
                )
                for _ in range(2)
            ]
        )
        self.ring_dim = sum(r.dim for r in self.rings)
        self.net_dim = 2 * 2 * 4 * width

    def forward(self, pictures):
        n, planes = pictures.shape[0], pictures.shape[2]
        rings, features = [], []
        for scale in range(2):
            hu = (pictures[:, scale] * WINDOW_WIDTH + WINDOW_LOW).reshape(-1, 1, SIZE, SIZE)
            rings.append(self.rings[scale](hu))
            shown = torch.cat([((hu - c) / w).clamp(-0.5, 0.5) * 2 for c, w in WINDOWS], 1)
            h = self.nets[scale](shown)
            features.append(torch.cat([h.mean((2, 3)), h.amax((2, 3))], 1))
        mean = lambda parts: torch.cat(parts, 1).reshape(n, planes, -1).mean(1)
        return mean(rings), mean(features)


class Standardised(nn.Module):
    """Rings and log diameter, standardised by the training cases; noise and gaps while training."""

    def __init__(self, dim):
        super().__init__()
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("sd", torch.ones(dim))

    def fit(self, values):
        self.mean.copy_(values.mean(0))
        self.sd.copy_(values.std(0).clamp(min=1e-3))

    def forward(self, x):
        z = ((x - self.mean) / self.sd).clamp(-4, 4)
        if self.training:
            z = (z + 0.3 * torch.randn_like(z)) * (torch.rand_like(z) > 0.1)
        return z


class Heads(nn.Module):
    """What is seen → logits of each kind, and the ratings. `kinds` are the numbers of classes."""

    def __init__(self, ring_dim, net_dim, kinds, ratings, hidden=96, dropout=0.4):
        super().__init__()
        self.standardised = Standardised(ring_dim + 1)
        self.narrow = nn.Linear(net_dim, 32)
        self.drop = nn.Dropout(dropout)
        self.a, self.b = nn.Linear(ring_dim + 33, hidden), nn.Linear(hidden, hidden)
        self.kinds = nn.ModuleList([nn.Linear(hidden, n) for n in kinds])
        self.ratings = nn.Linear(hidden, ratings)

    def forward(self, rings, features, size):
        z = self.standardised(torch.cat([rings, size], 1))
        h = torch.cat([z, F.relu(self.narrow(self.drop(features)))], 1)
        h = self.drop(F.relu(self.b(self.drop(F.relu(self.a(h))))))
        return [kind(h) for kind in self.kinds], self.ratings(h)


class Appearance(nn.Module):
    """What is seen → a unit vector in which two views of one lesion are near and other lesions are far."""

    def __init__(self, ring_dim, net_dim):
        super().__init__()
        self.standardised = Standardised(ring_dim + 1)
        self.a, self.b = nn.Linear(ring_dim + 1 + net_dim, 128), nn.Linear(128, APPEARANCE)

    def forward(self, rings, features, size):
        z = self.standardised(torch.cat([rings, size], 1))
        return F.normalize(self.b(F.relu(self.a(torch.cat([z, features], 1)))), dim=1)


class Measured(nn.Module):
    """IBSI measurements → logits of each kind, by logistic regression on standardised values, and the values as angles."""

    def __init__(self, names, kinds):
        super().__init__()
        self.logs = [name in LOGARITHMIC for name in names]
        self.register_buffer("mean", torch.zeros(len(names)))
        self.register_buffer("sd", torch.ones(len(names)))
        self.kinds = nn.ModuleList([nn.Linear(len(names), n) for n in kinds])

    def standardised(self, measurements):
        logs = torch.tensor(self.logs)
        values = torch.where(logs, torch.log10(measurements.clamp(min=1e-3)), measurements)
        return ((values - self.mean) / self.sd).clamp(-4, 4)

    def forward(self, measurements):
        z = self.standardised(measurements)
        angle = math.pi / 2 * z / torch.sqrt(1 + z * z)
        return [kind(z) for kind in self.kinds], torch.cat([torch.cos(angle), torch.sin(angle)], 1) / math.sqrt(z.shape[1])


LOGARITHMIC = {"stat_var", "morph_vol_approx"}
# log10 of a sphere's diameter is a third of log10 of its volume and of this.
SPHERE = math.log10(6 / math.pi)


class Encoder(nn.Module):
    """The whole encoder: four parts, each of one length whatever the lesion, so that each can be searched alone.

    Within a part, two lesions' dot product is Σ share · P(both are of one kind), their kinds taken as independent (the probability
    ranking principle: Robertson, J. Documentation 33, 1977); what is left of its length is appearance, or the measurements themselves.
    The fused part's logits are the weighted mean of the learned and the measured part's. The fourth part tells lesions apart: Fourier
    features (Rahimi and Recht, NeurIPS 2007) of a narrow Gaussian of the appearance, near 0 for all but the lesion itself and its doubles,
    so that a lesion finds itself again without a say in what else is found."""

    def __init__(self, trunk, heads, appearance, measured, volume_at, fusion):
        super().__init__()
        self.trunk, self.heads, self.appearance, self.measured = trunk, nn.ModuleList(heads), appearance, measured
        self.volume_at, self.fusion = volume_at, fusion
        draw = torch.Generator().manual_seed(7)
        frequencies = torch.randn(APPEARANCE, IDENTITY_FREQUENCIES, generator=draw) / math.sqrt(IDENTITY_VARIANCE)
        self.register_buffer("frequencies", frequencies)

    def forward(self, pictures, measurements):
        """[n, 6, SIZE, SIZE] in 0…1 and [n, M] in their own units → [n, dim] of length 1."""
        volume = measurements[:, self.volume_at : self.volume_at + 1].clamp(min=1)
        seen = (*self.trunk(pictures.reshape(-1, 2, 3, SIZE, SIZE)), (torch.log10(volume) + SPHERE) / 3)
        outputs = [head(*seen)[0] for head in self.heads]
        learned = [centred(sum(o[k] for o in outputs) / len(outputs)) for k in range(len(self.measured.kinds))]
        measured, angles = self.measured(measurements)
        measured = [centred(m) for m in measured]
        look = self.appearance(*seen)
        f = self.fusion
        fused = [f["learned"] * a + (1 - f["learned"]) * b for a, b in zip(learned, measured)]
        phase = look @ self.frequencies
        identity = torch.cat([torch.cos(phase), torch.sin(phase)], 1) / math.sqrt(IDENTITY_FREQUENCIES)
        rest = 1 - f["identityShare"]
        parts = [
            (part(fused, f["shares"], f["sharpness"], look), rest * f["fusedShare"]),
            (part(learned, f["shares"], f["sharpness"], look), rest * (1 - f["fusedShare"]) / 2),
            (part(measured, f["shares"], f["sharpness"], angles), rest * (1 - f["fusedShare"]) / 2),
            (identity, f["identityShare"]),
        ]
        return torch.cat([p * math.sqrt(share) for p, share in parts], 1)


def centred(logits):
    """Of mean 0 over the classes: what is the same for all says nothing."""
    return logits - logits.mean(1, keepdim=True)


def part(logits, shares, sharpness, rest):
    """Of length 1: each kind's probabilities at the length √share, and `rest` (unit vectors) at what is left."""
    kinds = torch.cat([math.sqrt(a) * torch.softmax(k * sharpness, 1) for k, a in zip(logits, shares)], 1)
    return torch.cat([kinds, torch.sqrt((1 - (kinds**2).sum(1, keepdim=True)).clamp(min=0)) * rest], 1)
