"""Stands for MedImageInsight's package with a made model: 480 pixels and 77 tokens in, 1024 values out."""

import torch
from madeTowers import Image, Text
from madeVocabularies import BYTE_PAIRS, byte_pair_ids
from torchvision import transforms

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def unit(x):
    return x / x.norm(dim=-1, keepdim=True)


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.image_encoder = Image(1, 32)
        self.image_projection = torch.nn.Parameter(torch.randn(32, 1024))
        self.lang_encoder = Text(len(BYTE_PAIRS), 77)
        self.lang_projection = torch.nn.Parameter(torch.randn(32, 1024))

    def encode_image(self, image):
        return unit(self.image_encoder.forward_features(image) @ self.image_projection)

    def encode_text(self, text):
        hidden = self.lang_encoder(**text)["last_hidden_state"]
        return unit(hidden[torch.arange(len(hidden)), text["input_ids"].argmax(dim=-1)] @ self.lang_projection)


class MedImageInsight:
    def __init__(self, model_dir, vision_model_name, language_model_name):
        self.max_length = 77

    def load_model(self):
        torch.manual_seed(2)
        self.model = Model()
        resize = transforms.Resize((480, 480), interpolation=transforms.InterpolationMode.BICUBIC)
        self.preprocess = transforms.Compose([resize, transforms.ToTensor(), transforms.Normalize(MEAN, STD)])

    def tokenize(self, texts, max_length, **_):
        ids, mask = zip(*(byte_pair_ids(text, max_length) for text in texts))
        return {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask)}
