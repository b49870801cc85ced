"""Cuts the encoder's input out of the cases' views, as the product's preprocessing does, and varies it for training."""
import numpy as np
import torch
import torch.nn.functional as F

SIZE = 48
TIGHT_MARGIN, LEAST_TIGHT_MM = 2.0, 10.0
WIDE_MM = 48.0
# One window holds all that is shown; the network cuts its own out of it.
WINDOW_LOW, WINDOW_WIDTH = -1000.0, 2000.0


class Pictures:
    """The views of all cases as tensors, so that a batch is cut by one call. Index n, view v: `tight[first[n] + v]`."""

    def __init__(self, cases):
        self.first = np.cumsum([0] + [len(c.tight) for c in cases])[:-1]
        self.views = np.array([len(c.tight) for c in cases])
        stack = lambda name: [torch.from_numpy(v) for c in cases for v in getattr(c, name)]
        self.tight, self.wide = stack("tight"), stack("wide")
        self.tight_mm = torch.tensor([c.tight_mm for c in cases])
        self.wide_mm = torch.tensor([c.wide_mm for c in cases])
        self.diameter = torch.tensor([c.diameter_mm for c in cases])

    def planes(self, n):
        """The views through the centre: one of a single slice, three (axial, coronal, sagittal) of a volume."""
        return [0] if self.views[n] == 1 else [3, 4, 5]

    def central(self, indices):
        """[n, 2 scales, 3 planes, SIZE, SIZE] in 0…1, unvaried; a single slice stands for every plane."""
        rows = []
        for n in indices:
            planes = self.planes(n)
            rows.append(self._cut([n] * 3, (planes * 3)[:3], None).movedim(0, 1))
        return torch.stack(rows)

    def varied(self, indices, random, planes=3):
        """[n, 2, planes, SIZE, SIZE]: other planes, orientation, box drawn otherwise (±30% size, ±20% shift), thicker slices, noise."""
        n = len(indices)
        views = []
        for index in indices:
            # Views 0–2 and 6–8 of a volume lie beside the centre.
            beside = 3 * int(random.integers(3))
            views.append([0] * 3 if self.views[index] == 1 else beside + random.permutation(3))
        # One draw per lesion: its planes share the box, the scanner and the orientation.
        draw = {
            "angle": torch.from_numpy(random.uniform(0, 2 * np.pi, n)).float(),
            "flip": torch.from_numpy(random.choice([-1.0, 1.0], n)).float(),
            "size": torch.from_numpy(np.exp(random.uniform(-0.27, 0.27, n))).float(),
            "shift": torch.from_numpy(random.uniform(-0.2, 0.2, (n, 2))).float(),
            "blur": torch.from_numpy(np.where(random.random(n) < 0.5, random.uniform(0, 1.2, n), 0)).float(),
            "thick": torch.from_numpy(np.where(random.random(n) < 0.35, random.uniform(1, 5, n), 0)).float(),
            "noise": torch.from_numpy(random.uniform(0, 45, n)).float(),
            "offset": torch.from_numpy(random.normal(0, 12, n)).float(),
        }
        rows = [self._cut(indices, [int(v[k]) for v in views], draw, random) for k in range(planes)]
        return torch.stack(rows, 2)

    def _cut(self, indices, views, draw, random=None):
        """[n, 2, SIZE, SIZE] of one view each."""
        n = len(indices)
        d = self.diameter[indices]
        size = draw["size"] if draw else torch.ones(n)
        sides = [(TIGHT_MARGIN * d * size).clamp(min=LEAST_TIGHT_MM), torch.full((n,), WIDE_MM)]
        pictures = []
        for source, mm, side in ((self.tight, self.tight_mm, sides[0]), (self.wide, self.wide_mm, sides[1])):
            cut = torch.empty(n, SIZE, SIZE)
            step = side / SIZE
            for r, (index, v) in enumerate(zip(indices, views)):
                picture = source[self.first[index] + v]
                # grid_sample's unit is half the picture's side; a step longer than a pixel is averaged over 2 × 2 or 3 × 3 points.
                half = picture.shape[0] * float(mm[index]) / 2
                times = min(3, max(1, int(np.ceil(float(step[r] / mm[index]) - 0.25))))
                theta = torch.tensor([[1.0, 0, 0], [0, 1.0, 0]]) * float(side[r]) / 2 / half
                if draw:
                    c, s = torch.cos(draw["angle"][r]), torch.sin(draw["angle"][r])
                    turn = torch.stack([torch.stack([c * draw["flip"][r], -s]), torch.stack([s * draw["flip"][r], c])])
                    theta = torch.cat([turn @ theta[:, :2], (draw["shift"][r] * d[r] / half)[:, None]], 1)
                grid = F.affine_grid(theta[None], (1, 1, SIZE * times, SIZE * times), align_corners=False)
                fine = F.grid_sample(picture[None, None], grid, padding_mode="border", align_corners=False)
                cut[r] = F.avg_pool2d(fine, times)[0, 0]
            if draw:
                cut = self._degrade(cut, step, draw, random)
            pictures.append(cut)
        return ((torch.stack(pictures, 1) - WINDOW_LOW) / WINDOW_WIDTH).clamp(0, 1)

    def _degrade(self, cut, step, draw, random):
        out = cut.clone()
        for r in range(len(cut)):
            if draw["blur"][r] > 0:
                out[r] = blurred(out[r], float(draw["blur"][r] / step[r]), both=True)
            if draw["thick"][r] > 0:
                out[r] = blurred(out[r], float(draw["thick"][r] / step[r]) / 3.46, both=False)
        noise = torch.from_numpy(random.standard_normal(cut.shape)).float()
        return out + noise * draw["noise"][:, None, None] + draw["offset"][:, None, None]


def blurred(picture, sigma, both):
    """Gaussian blur of `sigma` pixels along both axes, or along the rows' direction alone."""
    if sigma < 0.2:
        return picture
    radius = min(12, int(np.ceil(2.5 * sigma)))
    kernel = torch.exp(-0.5 * (torch.arange(-radius, radius + 1) / sigma) ** 2)
    kernel = kernel / kernel.sum()
    x = picture[None, None]
    x = F.conv2d(F.pad(x, (0, 0, radius, radius), mode="replicate"), kernel[None, None, :, None])
    if both:
        x = F.conv2d(F.pad(x, (radius, radius, 0, 0), mode="replicate"), kernel[None, None, None, :])
    return x[0, 0]
