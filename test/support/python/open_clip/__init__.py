"""Stands for open_clip with a made model: 224 pixels and 256 tokens in, 512 values out."""

import torch
from madeTowers import Image, Text
from madeVocabularies import save_wordpiece, wordpiece_ids
from torchvision import transforms

MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.visual = Image(512, 16)
        self.text = Text(128, 256)
        self.proj = torch.nn.Linear(32, 512, bias=False)

    def encode_image(self, image, normalize=False):
        return self.visual(image)

    def encode_text(self, text, normalize=False):
        hidden = self.text(text, (text != 0).long())["last_hidden_state"]
        return self.proj(hidden[:, 0])


class Tokenizer:
    def __init__(self):
        self.tokenizer = self

    def __call__(self, texts):
        return torch.tensor([wordpiece_ids(text, 256) for text in texts])

    def save_pretrained(self, folder):
        save_wordpiece(folder)


def create_model_from_pretrained(name):
    torch.manual_seed(1)
    bicubic = transforms.InterpolationMode.BICUBIC
    resize = [transforms.Resize(224, interpolation=bicubic), transforms.CenterCrop(224)]
    return Model(), transforms.Compose([*resize, transforms.ToTensor(), transforms.Normalize(MEAN, STD)])


def get_tokenizer(name):
    return Tokenizer()
