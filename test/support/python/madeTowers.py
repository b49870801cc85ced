"""Small image and text towers with random weights: what the export is tried on where there are no real ones."""

import torch


class Image(torch.nn.Module):
    def __init__(self, dim, patch):
        super().__init__()
        self.dim_out = 32
        self.enable_checkpoint = True
        self.patches = torch.nn.Conv2d(3, 32, patch, patch)
        self.norm = torch.nn.LayerNorm(32)
        self.out = torch.nn.Linear(32, dim, bias=False)

    def forward_features(self, image):
        rows = self.patches(image).flatten(2).transpose(1, 2)
        return self.norm(torch.nn.functional.gelu(rows).mean(dim=1))

    def forward(self, image):
        return self.out(self.forward_features(image))


class Text(torch.nn.Module):
    """[n, length, 32] of ids and their mask, by one layer of attention without and one with a norm before it."""

    def __init__(self, vocabulary, length):
        super().__init__()
        self.words = torch.nn.Embedding(vocabulary, 32)
        self.places = torch.nn.Parameter(torch.randn(length, 32) * 0.02)
        self.attention = torch.nn.MultiheadAttention(32, 4)
        self.norm = torch.nn.LayerNorm(32)

    def forward(self, input_ids, attention_mask=None):
        x = (self.words(input_ids) + self.places).permute(1, 0, 2)
        x = x + self.attention(x, x, x, key_padding_mask=attention_mask == 0, need_weights=False)[0]
        return {"last_hidden_state": self.norm(x).permute(1, 0, 2)}
